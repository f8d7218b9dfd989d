/**
 * The statement tree. Every word of a statement is a child of the word before it, so that
 * `a { b c; }`, `a b { c; }`, `a b c;` and `set a b c` give the same tree. The items of a list are
 * siblings.
 *
 * There is no schema, with one exception: the address of a backup router is a value, and what
 * follows it belongs to the backup router and not to the address (`backup-router A destination X`
 * is the same as two statements).
 */

import type { Span } from '../report.js';

export interface Statement {
  readonly word: string;
  /** Where the statement was mentioned last. */
  readonly span: Span;
  /** `inactive:` or `deactivate`: the statement and everything below it are ignored. */
  readonly inactive: boolean;
  /**
   * In the order of first mention. undefined instead of an empty map, because most statements have
   * no children.
   */
  readonly children: ReadonlyMap<string, Statement> | undefined;
}

/** A statement while it is being read. */
export interface Node extends Statement {
  span: Span;
  inactive: boolean;
  children: Map<string, Node> | undefined;
}

/** A word and its position. */
export interface Word {
  readonly text: string;
  readonly span: Span;
}

/**
 * Statements that `inactive:` deactivates as a whole: `inactive: backup-router A destination X;`.
 */
const WHOLE: ReadonlySet<string> = new Set([
  'backup-router',
  'inet6-backup-router',
  'destination',
  'apply-groups',
  'apply-groups-except',
]);

export function createNode(word: string, span: Span): Node {
  return { word, span, inactive: false, children: undefined };
}

/** Whether the word is the value of the statement, so that the next word is its sibling. */
export function isValue(parent: Statement, word: string): boolean {
  return (parent.word === 'backup-router' || parent.word === 'inet6-backup-router') && /^\d|:/.test(word);
}

/** A statement being added, word by word. */
export interface Path {
  /** The nodes of the first and the last word. */
  first: Node | undefined;
  last: Node | undefined;
  /** The node whose child the next word becomes. */
  cursor: Node;
  /** The node whose child the last word is. */
  above: Node;
  /** A list has just ended. */
  listed: boolean;
}

export function startPath(root: Node): Path {
  return { first: undefined, last: undefined, cursor: root, above: root, listed: false };
}

/**
 * Adds the word to the path. Behind a list, a word that is no value is a statement beside the one
 * with the list: `destination [ A B ] destination C`.
 */
export function extend(path: Path, word: Word): void {
  if (path.listed && !isValue(path.above, word.text)) path.cursor = path.above;
  path.listed = false;
  path.above = path.cursor;
  const child = put(path.cursor, word);
  path.first ??= child;
  path.last = child;
  if (!isValue(path.cursor, word.text)) path.cursor = child;
}

/** Adds a child, or updates the position of an existing one. */
export function put(parent: Node, { text, span }: Word): Node {
  parent.children ??= new Map();
  let child = parent.children.get(text);
  if (child === undefined) {
    child = createNode(text, span);
    parent.children.set(text, child);
  } else child.span = span;
  return child;
}

/** Marks what `inactive:` in front of the statement deactivates. */
export function markInactive({ first, last }: Path): void {
  const node = first !== undefined && WHOLE.has(first.word) ? first : last;
  if (node !== undefined) node.inactive = true;
}

/**
 * Handles a list that is mentioned both with and without `inactive:`: each item is active or not as
 * its own mention says. `before`: the items of earlier mentions. Returns false if this is not such
 * a list.
 */
export function mixActivity({ first }: Path, inactive: boolean, before: ReadonlySet<string>): boolean {
  if (first === undefined || first.inactive === inactive) return false;
  const named = [...(first.children?.values() ?? [])].filter(({ word }) => before.has(word) !== inactive);
  if (inactive && named.length === 0) return false;
  for (const node of named) node.inactive = true;
  first.inactive = false;
  return true;
}

/** The statement at the end of the path, and its parent. undefined if there is none. */
export function find(root: Node, words: readonly Word[]): { readonly parent: Node; readonly node: Node } | undefined {
  let cursor = root;
  let found: { readonly parent: Node; readonly node: Node } | undefined;
  for (const { text } of words) {
    const node = cursor.children?.get(text);
    if (node === undefined) return undefined;
    found = { parent: cursor, node };
    if (!isValue(cursor, text)) cursor = node;
  }
  return found;
}
