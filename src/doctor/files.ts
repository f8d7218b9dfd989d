/**
 * The files of the host as evidence: a plain map from absolute path to what is there, and a few
 * pure questions to it. Reading them is gather/files.ts's; what they mean is the checks'.
 *
 * Invariant: a path below a directory that could not be listed is unseen, not absent.
 */

import { type Seen, seen, unseen } from './seen.js';

export type FileEntry =
  | {
      readonly kind: 'file';
      readonly text: string /** Where a symbolic link of this name points. */;
      readonly target?: string;
    }
  | { readonly kind: 'directory' }
  /** A socket, a device: there, and not for reading. */
  | { readonly kind: 'other' }
  | { readonly kind: 'unreadable'; readonly why: string };

export type FileTree = ReadonlyMap<string, FileEntry>;

/** Text and where it was found. */
export interface FoundFile {
  readonly path: string;
  readonly text: string;
}

/** The text of a file; undefined: there is no such file. */
export function textOf(tree: FileTree, path: string): Seen<string | undefined> {
  const entry = tree.get(path);
  if (entry?.kind === 'unreadable') return unseen(`${path}: ${entry.why}`);
  if (entry?.kind === 'file') return seen(entry.text);
  const closed = closedAncestor(tree, path);
  return closed === undefined ? seen(undefined) : unseen(closed);
}

/** The trimmed text, for files of one value; undefined when absent or unreadable. */
export function valueOf(tree: FileTree, path: string): string | undefined {
  const entry = tree.get(path);
  return entry?.kind === 'file' ? entry.text.trim() : undefined;
}

export function exists(tree: FileTree, path: string): boolean {
  return tree.has(path);
}

/** The readable files directly in a directory whose names end so, by name. */
export function filesIn(tree: FileTree, directory: string, suffix: string): readonly FoundFile[] {
  const found: FoundFile[] = [];
  for (const [path, entry] of tree) {
    if (entry.kind !== 'file' || !path.startsWith(`${directory}/`) || !path.endsWith(suffix)) continue;
    if (!path.slice(directory.length + 1).includes('/')) found.push({ path, text: entry.text });
  }
  return found.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Why something of these could not be read; undefined: all of it was, or is not there. */
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
