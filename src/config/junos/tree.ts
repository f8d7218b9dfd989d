/**
 * The statement tree: every word of a statement is a child of the word before it, so that
 * `a { b c; }`, `a b { c; }`, `a b c;` and `set a b c` are one tree, and the items of a list are siblings.
 *
 * There is no schema here but for one thing: the address of a backup router is a value, and what follows it belongs to
 * the backup router, not to the address (`backup-router A destination X` says the same as two statements).
 */

import type { Span } from '../report.js';

export interface Statement {
  readonly word: string;
  /** Where it was mentioned last. */
  readonly span: Span;
  /** `inactive:` or `deactivate`: it and what is below it does not count. */
  readonly inactive: boolean;
  /** undefined instead of an empty one: most statements have none. In the order of the first mention. */
  readonly children: ReadonlyMap<string, Statement> | undefined;
}

/** A statement while it is being read. */
export interface Node extends Statement {
  span: Span;
  inactive: boolean;
  children: Map<string, Node> | undefined;
}

/** A word at its place. */
export interface Word {
  readonly text: string;
  readonly span: Span;
}

/** Those that are deactivated whole when their statement is: `inactive: backup-router A destination X;`. */
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

/** Whether the word is the value of the statement, with its siblings behind it. */
export function isValue(parent: Statement, word: string): boolean {
  return (parent.word === 'backup-router' || parent.word === 'inet6-backup-router') && /^\d|:/.test(word);
}

/** One statement being added, word by word. */
export interface Path {
  /** Of the first word and of the last one. */
  first: Node | undefined;
  last: Node | undefined;
  /** Whose child the next word is. */
  cursor: Node;
}

export function startPath(root: Node): Path {
  return { first: undefined, last: undefined, cursor: root };
}

/** Adds the word to the path. */
export function extend(path: Path, word: Word): void {
  const child = put(path.cursor, word);
  path.first ??= child;
  path.last = child;
  if (!isValue(path.cursor, word.text)) path.cursor = child;
}

/** Adds a child, or mentions it again. */
export function put(parent: Node, { text, span }: Word): Node {
  parent.children ??= new Map();
  let child = parent.children.get(text);
  if (child === undefined) {
    child = createNode(text, span);
    parent.children.set(text, child);
  } else child.span = span;
  return child;
}

/** What `inactive:` in front of the statement deactivates. */
export function markInactive({ first, last }: Path): void {
  const node = first !== undefined && WHOLE.has(first.word) ? first : last;
  if (node !== undefined) node.inactive = true;
}

/**
 * A list that is mentioned again, once inactive and once not: what each mention names is what it says it is. `before`: what it had. Returns
 * false where that is not the case.
 */
export function mixActivity({ first }: Path, inactive: boolean, before: ReadonlySet<string>): boolean {
  if (first === undefined || first.inactive === inactive) return false;
  const named = [...(first.children?.values() ?? [])].filter(({ word }) => before.has(word) !== inactive);
  if (inactive && named.length === 0) return false;
  for (const node of named) node.inactive = true;
  first.inactive = false;
  return true;
}

/** The statement that the words lead to, and its parent; undefined when there is none. */
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
