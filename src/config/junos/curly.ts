/**
 * The curly form, token by token: blocks, statements, lists, and tags such as `inactive:` in front
 * of them.
 *
 * Invariants: every fault has one position and is reported once. After a fault, reading continues
 * with the most likely meaning, so that the surrounding statements are read correctly. Nesting does
 * not use the call stack.
 */

import type { Span } from '../report.js';
import type { Lexer } from './lexer.js';
import type { Reach, Syntax } from './syntax.js';
import {
  createNode,
  extend,
  markInactive,
  mixActivity,
  type Node,
  type Path,
  put,
  startPath,
  type Word,
} from './tree.js';

interface Curly {
  /** Reads one token. */
  readonly take: () => void;
  /** Whether the reader is between two statements of the top level. */
  readonly idle: () => boolean;
  /** Sets the level that the following statements belong to. */
  readonly setLevel: (level: readonly Word[]) => void;
  /** Reports what is still open at the end of the text. Returns the number of open blocks. */
  readonly end: () => number;
  readonly closedEarly: () => number;
}

const TAGS: ReadonlySet<string> = new Set(['inactive:', 'active:', 'protect:', 'unprotect:', 'replace:', 'delete:']);
const MAX_DEPTH = 256;

interface Block {
  readonly node: Node;
  readonly open: Span;
  /** Indentation of the line in which the block was opened. */
  readonly indent: number;
}

interface Pending {
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

/**
 * Whether the part missing at the end of the text may concern backup routers. `cut`: the text ends
 * inside a statement.
 */
function mayGoOn({ word, children }: Node, cut: boolean): boolean {
  if (word !== 'system' && word !== 'groups') return false;
  const stanza = children?.get('backup-router') ?? children?.get('inet6-backup-router');
  return cut || word === 'groups' || stanza?.children === undefined;
}

export function createCurly(
  root: Node,
  lexer: Lexer,
  report: Syntax,
  byIndent: boolean,
  isCommands: () => boolean,
  isNoise: (offset: number) => boolean,
): Curly {
  let base = root;
  const blocks: Block[] = [];
  let pending: Pending | undefined;
  let closedEarly = 0;
  let stopped = false;

  const here = (): Span => ({ start: lexer.start(), end: lexer.end() });
  const parent = (): Node => blocks.at(-1)?.node ?? base;
  const syntax = (span: Span, message: string, suggestion: string, reach: Reach = 'lines', from?: number): void =>
    report.error(span, { code: 'syntax', message, suggestion }, reach, from);

  const begin = (): Pending =>
    (pending ??= {
      path: startPath(parent()),
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
    });

  const endList = (at: Span): void => {
    if (pending?.list === undefined) return;
    const line = report.lineOf(at.start);
    if (pending.nested === undefined)
      syntax(
        pending.list,
        'the list that begins here does not end',
        `write ']' ${line === report.lineOf(pending.list.start) ? 'after its last item' : `in front of line ${line}`}`,
      );
    pending.list = undefined;
  };

  /** Ends the statement, with or without a block after it. */
  const finish = (): Node | undefined => {
    if (pending === undefined) return undefined;
    const { path, inactive, deleted, before } = pending;
    const mixed = before !== undefined && mixActivity(path, inactive, before);
    if (inactive && !mixed) markInactive(path);
    const node = path.cursor;
    if (deleted) parent().children?.delete(path.first?.word ?? '');
    pending = undefined;
    return node;
  };

  const missingSemicolon = (before: string, reach: Reach = 'lines'): void => {
    if (pending === undefined) return;
    if (pending.words === 0)
      syntax(here(), `a statement is missing in front of ${before}`, 'remove the tag, or write what it is for');
    else if (blocks.length === 0 && isCommands())
      syntax(
        { start: pending.end - 1, end: pending.end },
        'this line is neither a command nor a statement',
        "begin it with 'set', or end it with ';'",
        'lines',
        pending.start,
      );
    else
      syntax(
        { start: pending.end - 1, end: pending.end },
        "';' is missing after this statement",
        "end it with ';'",
        reach,
        pending.start,
      );
  };

  const word = (): void => {
    const { list, inactiveItem } = begin();
    const p = pending!;
    const span = here();
    const text = lexer.text();
    p.end = span.end;
    if (list !== undefined) {
      if (text === 'inactive:') {
        p.inactiveItem = true;
        return;
      }
      if (TAGS.has(text)) return;
      const item = put(p.path.cursor, { text, span });
      if (inactiveItem) item.inactive = true;
      p.inactiveItem = false;
      return;
    }
    if (p.words === 0 && TAGS.has(text)) {
      if (text === 'inactive:') p.inactive = true;
      if (text === 'delete:') p.deleted = true;
      if (text === 'replace:') p.replaces = true;
      return;
    }
    if (p.words === 0 && p.replaces) parent().children?.delete(text);
    if (p.words === 0 && text === 'destination') {
      const known = parent().children?.get(text)?.children;
      if (known !== undefined) p.before = new Set(known.keys());
    }
    p.words++;
    extend(p.path, { text, span });
  };

  const open = (): void => {
    const span = here();
    endList(span);
    const indent = pending?.indent ?? lexer.indent();
    if (pending === undefined || pending.words === 0)
      syntax(span, 'a block without a name', 'write the statement it belongs to in front of it', 'block');
    const node = finish() ?? parent();
    if (blocks.length >= MAX_DEPTH) {
      report.error(
        span,
        {
          code: 'too-deep',
          message: `nested deeper than ${MAX_DEPTH} levels`,
          suggestion: 'is a brace not closed?',
        },
        'text',
      );
      stopped = true;
      return lexer.stop();
    }
    blocks.push({ node, open: span, indent });
  };

  const close = (): void => {
    const span = here();
    endList(span);
    if (pending !== undefined) missingSemicolon("'}'");
    finish();
    if (blocks.pop() === undefined)
      syntax(span, "there is no block that this '}' could close", 'remove it, or is a { missing above?', 'block');
  };

  /**
   * Closes blocks by indentation: a line not indented further than the line of a block is outside
   * that block.
   */
  const closeByIndent = (): void => {
    if (!byIndent || !lexer.firstOnLine() || pending?.list !== undefined) return;
    const closing = lexer.kind() === '}';
    while (blocks.length > 0) {
      const { indent, open: opened } = blocks.at(-1)!;
      if (closing ? lexer.indent() >= indent : lexer.indent() > indent) break;
      if (pending !== undefined) missingSemicolon('the next one');
      finish();
      blocks.pop();
      closedEarly++;
      syntax(
        opened,
        'the block that begins here does not end',
        `write '}' in front of line ${report.lineOf(lexer.start())}`,
        'rest',
      );
    }
  };

  const take = (): void => {
    closeByIndent();
    const kind = lexer.kind();
    if (
      pending !== undefined &&
      pending.list === undefined &&
      lexer.firstOnLine() &&
      (kind === 'word'
        ? pending.words > 0 || lexer.indent() <= pending.indent
        : (kind === '[' || kind === '{') && isNoise(lexer.start()))
    ) {
      missingSemicolon('this line');
      finish();
      // The line may be a command, a prompt or a level, so the caller looks at it again.
      return;
    }
    if (kind === 'word') {
      word();
    } else if (kind === '[') {
      if (pending === undefined || pending.words === 0) {
        syntax(here(), 'a list without a name', 'write the statement it belongs to in front of it');
        // The items go into a node that is not part of the tree.
        Object.assign(begin(), { words: 1, list: here(), end: lexer.end() }).path.cursor = createNode('', here());
      } else if (pending.list === undefined) pending.list = here();
      else {
        pending.nested = (pending.nested ?? 0) + 1;
        syntax(here(), 'a list within a list', "remove the '[', and its ']'");
      }
    } else if (kind === ']') {
      if (pending?.list === undefined) syntax(here(), "there is no list that this ']' could end", 'remove it');
      else if ((pending.nested ?? 0) > 0) pending.nested!--;
      else {
        pending.list = undefined;
        pending.path.listed = true;
        pending.end = lexer.end();
      }
    } else if (kind === '{') open();
    else if (kind === '}') close();
    else if (kind === ';') {
      endList(here());
      if (pending !== undefined && pending.words === 0) missingSemicolon("';'");
      finish();
    }
    lexer.advance();
  };

  return {
    take,
    idle: () => blocks.length === 0 && pending === undefined,
    setLevel: (level) => {
      const path = startPath(root);
      for (const w of level) extend(path, w);
      base = path.cursor;
    },
    end: () => {
      if (stopped) return 0;
      endList(here());
      const [outer] = blocks;
      const complete = byIndent && base === root && outer !== undefined && !mayGoOn(outer.node, pending !== undefined);
      missingSemicolon('the end', blocks.length === 0 ? 'lines' : complete ? 'statement' : 'text');
      finish();
      const last = blocks.at(-1);
      if (last !== undefined)
        syntax(
          last.open,
          `the block that begins here does not end${blocks.length === 1 ? '' : `, nor ${blocks.length === 2 ? 'does the one' : `do the ${blocks.length - 1}`} around it`}`,
          `write '${'}'.repeat(Math.min(8, blocks.length))}' at the end of the file`,
          complete ? 'nothing' : 'text',
        );
      return blocks.length;
    },
    closedEarly: () => closedEarly,
  };
}
