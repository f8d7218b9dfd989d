/**
 * The files of the host as evidence: a map from absolute path to entry, and pure queries on it.
 * gather/files.ts reads the files; the checks interpret them.
 *
 * Invariant: a path below a directory that could not be listed is unseen, not absent.
 */

import { type Seen, seen, unseen } from './seen.js';

export type FileEntry =
  | {
      readonly kind: 'file';
      readonly text: string /** The target of a symbolic link. */;
      readonly target?: string;
    }
  | { readonly kind: 'directory' }
  | { readonly kind: 'unreadable'; readonly why: string };

export type FileTree = ReadonlyMap<string, FileEntry>;

/** The text of a file and its path. */
export interface FoundFile {
  readonly path: string;
  readonly text: string;
}

/** The text of a file; undefined if there is no such file. */
export function textOf(tree: FileTree, path: string): Seen<string | undefined> {
  const entry = tree.get(path);
  if (entry?.kind === 'unreadable') return unseen(`${path}: ${entry.why}`);
  if (entry?.kind === 'file') return seen(entry.text);
  const closed = closedAncestor(tree, path);
  return closed === undefined ? seen(undefined) : unseen(closed);
}

/** The trimmed text of a file with one value; undefined if it is absent or unreadable. */
export function valueOf(tree: FileTree, path: string): string | undefined {
  const entry = tree.get(path);
  return entry?.kind === 'file' ? entry.text.trim() : undefined;
}

export function exists(tree: FileTree, path: string): boolean {
  return tree.has(path);
}

/**
 * The readable files directly in a directory whose names end with `suffix`, in the order of their
 * names.
 */
export function filesIn(tree: FileTree, directory: string, suffix: string): readonly FoundFile[] {
  const found: FoundFile[] = [];
  for (const [path, entry] of tree) {
    if (entry.kind !== 'file' || !path.startsWith(`${directory}/`) || !path.endsWith(suffix)) continue;
    if (!path.slice(directory.length + 1).includes('/')) found.push({ path, text: entry.text });
  }
  return found.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/**
 * Why one of the paths, or something below it, could not be read. Undefined: all of it was read or
 * does not exist.
 */
export function unreadableOf(tree: FileTree, paths: readonly string[]): string | undefined {
  for (const [path, entry] of tree) {
    if (entry.kind === 'unreadable' && paths.some((one) => path === one || path.startsWith(`${one}/`)))
      return `${path}: ${entry.why}`;
  }
  return undefined;
}

function closedAncestor(tree: FileTree, path: string): string | undefined {
  for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1)) {
    const entry = tree.get(path.slice(0, at));
    if (entry?.kind === 'unreadable') return `${path.slice(0, at)}: ${entry.why}`;
  }
  return undefined;
}
