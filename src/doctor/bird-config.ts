/**
 * BIRD's configuration as a list of statements, each with the blocks around it. The source is the
 * main file and every file that it includes. Pure. The statements are not interpreted here.
 */

import { type FileTree, textOf, unreadableOf } from './files.js';

export const BIRD_FILES: readonly string[] = ['/etc/bird/bird.conf', '/etc/bird.conf'];
/** The same limit as BIRD's (conf/cf-lex.l). */
const MAX_DEPTH = 8;
const MAX_FILES = 200;
const MAX_INCLUDES = 1_000;
/** Blocks around a statement. Each statement names them all. */
const MAX_BLOCKS = 32;
/** Length of all texts, an included one as often as it is included. */
const MAX_LENGTH = 16 << 20;

export interface BirdStatement {
  /** The position of the first character: `/etc/bird/bird.conf:12`. */
  readonly where: string;
  /** The statement without its `;` or its block. Each run of white space is one blank. */
  readonly text: string;
  /**
   * The headers of the blocks around it, outermost first: `protocol kernel`. Blocks with equal
   * headers differ in `block`.
   */
  readonly within: readonly string[];
  /** The number of the outermost block; undefined outside any block. */
  readonly block: number | undefined;
}

interface BirdConfig {
  readonly statements: readonly BirdStatement[];
  /** What could not be read. If set, a statement that was not found may still exist. */
  readonly why: string | undefined;
  /** Whether a configuration was found at all. */
  readonly any: boolean;
}

interface Piece {
  readonly where: string;
  readonly text: string;
}

/** `mains`: the candidates for BIRD's main configuration file. */
export function birdConfig(files: FileTree, mains: readonly string[] = BIRD_FILES): BirdConfig {
  const reader = new Reader(files);
  const any = mains.map((path) => reader.read(path, [])).some(Boolean);
  const { statements, deep } = statementsOf(reader.pieces);
  return {
    statements,
    why: reader.why ?? deep ?? (any ? undefined : `no ${mains.join(' or ')}`),
    any,
  };
}

/**
 * Collects the lines in the order in which BIRD reads them: an included file replaces its
 * `include`.
 */
class Reader {
  readonly pieces: Piece[] = [];
  why: string | undefined;
  #files = 0;
  #includes = 0;
  #length = 0;

  constructor(readonly tree: FileTree) {}

  /** `around`: the files that include it, outermost first. */
  read(path: string, around: readonly string[]): boolean {
    const text = textOf(this.tree, path);
    if (text.kind === 'unseen') this.why ??= text.why;
    if (text.kind === 'unseen' || text.value === undefined) return false;
    if (around.includes(path)) {
      this.why ??= `${path} includes itself`;
      return true;
    }
    if (around.length > MAX_DEPTH || ++this.#files > MAX_FILES) {
      this.why ??= `${path} was not read: too many files`;
      return true;
    }
    if ((this.#length += text.value.length) > MAX_LENGTH) {
      this.why ??= `${path} was not read: too large, with the files before`;
      return true;
    }
    for (const [i, line] of withoutComments(text.value).split('\n').entries()) {
      const where = `${path}:${i + 1}`;
      let at = 0;
      for (const match of line.matchAll(INCLUDE)) {
        this.pieces.push({ where, text: line.slice(at, match.index) });
        at = match.index + match[0].length;
        this.#include(absolute(match[1]!, path), [...around, path]);
      }
      if (line.trim() !== '') this.pieces.push({ where, text: `${line.slice(at)}\n` });
    }
    return true;
  }

  #include(pattern: string, around: readonly string[]): void {
    const from = around.at(-1)!;
    if (++this.#includes > MAX_INCLUDES) {
      this.why ??= `${from}: too many includes`;
      return;
    }
    const found = [...this.tree.keys()].filter((name) => matches(pattern, name)).sort();
    const closed = unreadableOf(this.tree, [pattern.slice(0, pattern.lastIndexOf('/'))]);
    // A pattern may match nothing; a file that is named must exist.
    if (found.length === 0 && (closed !== undefined || !/^[^*?[]*\/[^/]*[*?][^/[]*$/.test(pattern)))
      this.why ??= closed ?? `${from} includes ${pattern}, which was not read`;
    for (const path of found) if (!this.read(path, around)) this.why ??= `${from} includes ${path}, which was not read`;
  }
}

const INCLUDE = /\binclude\s+"([^"\n]+)"\s*;?/g;

/** `deep`: set if the rest was left out. */
function statementsOf(pieces: readonly Piece[]): Pick<BirdConfig, 'statements'> & { readonly deep?: string } {
  const statements: BirdStatement[] = [];
  const within: string[] = [];
  let blocks = 0;
  let text = '';
  let where: string | undefined;
  const take = (): string => {
    const whole = text.replace(/\s+/g, ' ').trim();
    text = '';
    return whole;
  };
  const end = (): void => {
    const at = where;
    const whole = take();
    where = undefined;
    if (whole === '' || at === undefined) return;
    statements.push({ where: at, text: whole, within: [...within], block: within.length > 0 ? blocks : undefined });
  };
  for (const piece of pieces) {
    for (const [token] of piece.text.matchAll(/"[^"\n]*"|[;{}"]|[^;{}"]+/g)) {
      if (token === ';') end();
      else if (token === '{') {
        const header = take();
        where = undefined;
        if (within.length === 0) blocks++;
        if (within.push(header) > MAX_BLOCKS) return { statements, deep: `${piece.where}: too many blocks in blocks` };
      } else if (token === '}') {
        end();
        within.pop();
      } else {
        if (token.trim() !== '') where ??= piece.where;
        text += token;
      }
    }
  }
  end();
  return { statements };
}

/** The patterns that a file includes, as absolute paths. */
export function includesOf(text: string, path: string): readonly string[] {
  return [...withoutComments(text).matchAll(INCLUDE)].map(([, name]) => absolute(name!, path));
}

/** A relative path is relative to the directory of the including file. */
function absolute(name: string, path: string): string {
  return name.startsWith('/') ? name : `${path.slice(0, path.lastIndexOf('/'))}/${name}`;
}

/** `*` and `?` within a name, as glob(7). Takes no longer than both lengths multiplied. */
export function matches(pattern: string, path: string): boolean {
  let [at, i] = [0, 0];
  /** The last `*`, and up to where it takes the path. */
  let [star, taken] = [-1, 0];
  while (i < path.length) {
    const wanted = pattern[at];
    if (wanted === '*') [star, taken] = [at++, i];
    else if (wanted === path[i] || (wanted === '?' && path[i] !== '/')) [at, i] = [at + 1, i + 1];
    else if (star >= 0 && path[taken] !== '/') [at, i] = [star + 1, ++taken];
    else return false;
  }
  while (pattern[at] === '*') at++;
  return at === pattern.length;
}

/** Replaces comments by blanks. Line breaks and quoted strings are kept. */
function withoutComments(text: string): string {
  return text.replace(/"[^"\n]*"|#[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/g, (part) =>
    part.startsWith('"') ? part : part.replace(/[^\n]/g, ' '),
  );
}
