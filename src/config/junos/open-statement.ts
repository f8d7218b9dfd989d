/**
 * One statement of the curly form while it is read: its path so far, its open list, and the tags in
 * front of it.
 */

import type { Span } from '../report.js';
import type { Lexer } from './lexer.js';
import { type Path, put, type Word } from './tree.js';

const TAGS: ReadonlySet<string> = new Set(['inactive:', 'active:', 'protect:', 'unprotect:', 'replace:', 'delete:']);

export interface OpenStatement {
  readonly path: Path;
  readonly start: number;
  /** Indentation of the line in which the statement begins. */
  readonly indent: number;
  inactive: boolean;
  deleted: boolean;
  words: number;
  end: number;
  /** The open list. */
  list: Span | undefined;
  /** The number of open lists inside it. Set once a nested list has been reported. */
  nested: number | undefined;
  inactiveItem: boolean;
  /** After `replace:`, earlier statements of the same name are dropped. */
  replaces: boolean;
  /** If the statement is a `destination` list that occurred before: its items so far. */
  before: ReadonlySet<string> | undefined;
}

export function isTag(text: string): boolean {
  return TAGS.has(text);
}

/** The statement that begins at the lexer's token. */
export function statementAt(lexer: Lexer, path: Path): OpenStatement {
  return {
    path,
    start: lexer.start(),
    indent: lexer.indent(),
    inactive: false,
    deleted: false,
    words: 0,
    end: lexer.end(),
    list: undefined,
    nested: undefined,
    inactiveItem: false,
    replaces: false,
    before: undefined,
  };
}

/** A word in the list of the statement. */
export function listItem(statement: OpenStatement, word: Word): void {
  if (word.text === 'inactive:') {
    statement.inactiveItem = true;
    return;
  }
  if (isTag(word.text)) return;
  const item = put(statement.path.cursor, word);
  if (statement.inactiveItem) item.inactive = true;
  statement.inactiveItem = false;
}

/** A tag in front of a statement. */
export function tag(statement: OpenStatement, text: string): void {
  if (text === 'inactive:') statement.inactive = true;
  if (text === 'delete:') statement.deleted = true;
  if (text === 'replace:') statement.replaces = true;
}
