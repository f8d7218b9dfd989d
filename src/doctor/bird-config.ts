/**
 * BIRD's configuration as statements with their blocks, from its main file and everything that it includes. Pure. No statement is
 * interpreted here.
 */

import { type FileTree, textOf, unreadableOf } from './files.js';

export const BIRD_FILES: readonly string[] = ['/etc/bird/bird.conf', '/etc/bird.conf'];
/** As BIRD has it (conf/cf-lex.l). */
const MAX_DEPTH = 8;
const MAX_FILES = 200;

export interface BirdStatement {
  /** Of its first character: `/etc/bird/bird.conf:12`. */
  readonly where: string;
  /** Without the `;` or the block that ends it, blanks made one. */
  readonly text: string;
  /** The headers of the blocks around it, outermost first: `protocol kernel`. Blocks of equal headers differ by `block`. */
  readonly within: readonly string[];
  /** The number of the outermost block; undefined: outside of all. */
  readonly block: number | undefined;
}

export interface BirdConfig {
  readonly statements: readonly BirdStatement[];
  /** What could not be read, so that a statement that is not found may yet be there. */
  readonly why: string | undefined;
  /** Whether there is a configuration at all. */
  readonly any: boolean;
}

interface Piece {
  readonly where: string;
  readonly text: string;
}

/** `mains`: the files that BIRD may read first. */
export function birdConfig(files: FileTree, mains: readonly string[] = BIRD_FILES): BirdConfig {
  const reader = new Reader(files);
  const any = mains.map((path) => reader.read(path, 0)).some(Boolean);
  return {
    statements: statementsOf(reader.pieces),
    why: reader.why ?? (any ? undefined : `no ${mains.join(' or ')}`),
    any,
  };
}

/** The lines in the order in which BIRD has them: what is included stands where it is included. */
class Reader {
  readonly pieces: Piece[] = [];
  why: string | undefined;
  #files = 0;

  constructor(readonly tree: FileTree) {}

  read(path: string, depth: number): boolean {
    const text = textOf(this.tree, path);
    if (text.kind === 'unseen') this.why ??= text.why;
    if (text.kind === 'unseen' || text.value === undefined) return false;
    if (depth > MAX_DEPTH || ++this.#files > MAX_FILES) {
      this.why ??= `${path} was not read: too many files`;
      return true;
    }
    for (const [i, line] of withoutComments(text.value).split('\n').entries()) {
      const where = `${path}:${i + 1}`;
      let at = 0;
      for (const match of line.matchAll(INCLUDE)) {
        this.pieces.push({ where, text: line.slice(at, match.index) });
        at = match.index + match[0].length;
        this.#include(absolute(match[1]!, path), path, depth);
      }
      this.pieces.push({ where, text: `${line.slice(at)}\n` });
    }
    return true;
  }

  #include(pattern: string, from: string, depth: number): void {
    const found = [...this.tree.keys()].filter((name) => matches(pattern, name)).sort();
    const closed = unreadableOf(this.tree, [pattern.slice(0, pattern.lastIndexOf('/'))]);
    // A pattern of names may match nothing; a file that is named has to be there.
    if (found.length === 0 && (closed !== undefined || !/^[^*?[]*\/[^/]*[*?][^/[]*$/.test(pattern)))
      this.why ??= closed ?? `${from} includes ${pattern}, which was not read`;
    for (const path of found) this.read(path, depth + 1);
  }
}

const INCLUDE = /\binclude\s+"([^"\n]+)"\s*;?/g;

function statementsOf(pieces: readonly Piece[]): readonly BirdStatement[] {
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
    for (const [token] of piece.text.matchAll(/"[^"\n]*"|[\s\S]/g)) {
      if (token === ';') end();
      else if (token === '{') {
        const header = take();
        where = undefined;
        if (within.length === 0) blocks++;
        within.push(header);
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
  return statements;
}

/** Absolute patterns. */
export function includesOf(text: string, path: string): readonly string[] {
  return [...withoutComments(text).matchAll(INCLUDE)].map(([, name]) => absolute(name!, path));
}

/** A relative name is meant from the directory of the file. */
function absolute(name: string, path: string): string {
  return name.startsWith('/') ? name : `${path.slice(0, path.lastIndexOf('/'))}/${name}`;
}

/** `*` and `?` within a name, as glob(7). */
export function matches(pattern: string, path: string): boolean {
  if (!/[*?]/.test(pattern)) return pattern === path;
  const source = pattern.replace(/[^\w]/g, (char) => (char === '*' ? '[^/]*' : char === '?' ? '[^/]' : `\\${char}`));
  return new RegExp(`^${source}$`).test(path);
}

/** Line breaks stay, and what is quoted. */
function withoutComments(text: string): string {
  return text.replace(/"[^"\n]*"|#[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/g, (part) =>
    part.startsWith('"') ? part : part.replace(/[^\n]/g, ' '),
  );
}
