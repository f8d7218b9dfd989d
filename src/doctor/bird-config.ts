/** BIRD's configuration as lines without comments, from bird.conf and everything that it includes. Pure. */

import { type FileTree, textOf, unreadableOf } from './files.js';

export const BIRD_FILES = ['/etc/bird/bird.conf', '/etc/bird.conf'];
const MAX_FILES = 200;

export interface BirdLine {
  /** `/etc/bird/bird.conf:12`. */
  readonly where: string;
  readonly text: string;
}

/** `why`: what could not be read, so that a line that is not found may yet be there. */
export function birdLines(files: FileTree): {
  readonly lines: readonly BirdLine[];
  readonly why: string | undefined;
  /** Whether there is a configuration at all. */
  readonly any: boolean;
} {
  const lines: BirdLine[] = [];
  const open = [...BIRD_FILES];
  const seen = new Set<string>();
  let why: string | undefined;
  let any = false;
  for (let path = open.shift(); path !== undefined && seen.size < MAX_FILES; path = open.shift()) {
    if (seen.has(path)) continue;
    seen.add(path);
    const text = textOf(files, path);
    if (text.kind === 'unseen') why ??= text.why;
    if (text.kind === 'unseen' || text.value === undefined) continue;
    any = true;
    const bare = withoutComments(text.value);
    bare.split('\n').forEach((line, i) => {
      if (line.trim() !== '') lines.push({ where: `${path}:${i + 1}`, text: line.trim() });
    });
    for (const pattern of includesOf(bare, path)) {
      const found = [...files.keys()].filter((name) => matches(pattern, name)).sort();
      const closed = unreadableOf(files, [pattern.slice(0, pattern.lastIndexOf('/'))]);
      if (found.length === 0) why ??= closed ?? `${path} includes ${pattern}, which was not read`;
      open.push(...found);
    }
  }
  const none = !any && why === undefined ? `no ${BIRD_FILES.join(' or ')}` : undefined;
  return { lines, why: why ?? none, any };
}

/** Absolute patterns; a relative one is meant from the directory of the file. */
export function includesOf(text: string, path: string): readonly string[] {
  const directory = path.slice(0, path.lastIndexOf('/'));
  return [...withoutComments(text).matchAll(/^\s*include\s+"([^"\n]+)"/gm)].map(([, name]) =>
    name!.startsWith('/') ? name! : `${directory}/${name!}`,
  );
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
