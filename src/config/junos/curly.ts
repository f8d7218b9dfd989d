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
import { isTag, listItem, type OpenStatement, statementAt, tag } from './open-statement.js';
import type { Reach, Syntax } from './syntax.js';
import { createNode, extend, markInactive, mixActivity, type Node, startPath, type Word } from './tree.js';

const MAX_DEPTH = 256;

interface Block {
  readonly node: Node;
  readonly open: Span;
  /** Indentation of the line in which the block was opened. */
  readonly indent: number;
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

/** What is read, and how the caller tells its own lines from statements. */
interface CurlyText {
  readonly root: Node;
  readonly lexer: Lexer;
  readonly report: Syntax;
  /** Whether blocks end by indentation too: the text has too few closing braces. */
  readonly byIndent: boolean;
  /** Whether the text has commands too. */
  readonly isCommands: () => boolean;
  /** Whether what is at the offset belongs to the terminal. */
  readonly isNoise: (offset: number) => boolean;
}

export class Curly {
  readonly #text: CurlyText;
  readonly #lexer: Lexer;
  #base: Node;
  readonly #blocks: Block[] = [];
  #pending: OpenStatement | undefined;
  #closedEarly = 0;
  #stopped = false;

  constructor(text: CurlyText) {
    this.#text = text;
    this.#lexer = text.lexer;
    this.#base = text.root;
  }

  /** Reads one token. */
  take(): void {
    this.#closeByIndent();
    if (this.#isMissingSemicolon()) {
      this.#missingSemicolon('this line');
      this.#finish();
      // The line may be a command, a prompt or a level, so the caller looks at it again.
      return;
    }
    switch (this.#lexer.kind()) {
      case 'word':
        this.#word();
        break;
      case '[':
        this.#openList();
        break;
      case ']':
        this.#closeList();
        break;
      case '{':
        this.#open();
        break;
      case '}':
        this.#close();
        break;
      case ';':
        this.#semicolon();
        break;
    }
    this.#lexer.advance();
  }

  /** Whether the reader is between two statements of the top level. */
  idle(): boolean {
    return this.#blocks.length === 0 && this.#pending === undefined;
  }

  /** Sets the level that the following statements belong to. */
  setLevel(level: readonly Word[]): void {
    const path = startPath(this.#text.root);
    for (const word of level) extend(path, word);
    this.#base = path.cursor;
  }

  /** How many blocks were closed by indentation. */
  closedEarly(): number {
    return this.#closedEarly;
  }

  /** Reports what is still open at the end of the text. Returns the number of open blocks. */
  end(): number {
    if (this.#stopped) return 0;
    this.#endList(this.#here());
    const { byIndent, root } = this.#text;
    const open = this.#blocks.length;
    const [outer] = this.#blocks;
    const complete =
      byIndent && this.#base === root && outer !== undefined && !mayGoOn(outer.node, this.#pending !== undefined);
    this.#missingSemicolon('the end', open === 0 ? 'lines' : complete ? 'statement' : 'text');
    this.#finish();
    const last = this.#blocks.at(-1);
    if (last !== undefined)
      this.#syntax(
        last.open,
        `the block that begins here does not end${open === 1 ? '' : `, nor ${open === 2 ? 'does the one' : `do the ${open - 1}`} around it`}`,
        `write '${'}'.repeat(Math.min(8, open))}' at the end of the file`,
        complete ? 'nothing' : 'text',
      );
    return open;
  }

  #here(): Span {
    return { start: this.#lexer.start(), end: this.#lexer.end() };
  }

  #parent(): Node {
    return this.#blocks.at(-1)?.node ?? this.#base;
  }

  #syntax(span: Span, message: string, suggestion: string, reach: Reach = 'lines', from?: number): void {
    this.#text.report.error(span, { code: 'syntax', message, suggestion }, reach, from);
  }

  /** The statement that is being read; begins one if there is none. */
  #begin(): OpenStatement {
    this.#pending ??= statementAt(this.#lexer, startPath(this.#parent()));
    return this.#pending;
  }

  /** Ends the statement, with or without a block after it. */
  #finish(): Node | undefined {
    if (this.#pending === undefined) return undefined;
    const { path, inactive, deleted, before } = this.#pending;
    const mixed = before !== undefined && mixActivity(path, inactive, before);
    if (inactive && !mixed) markInactive(path);
    const node = path.cursor;
    if (deleted) this.#parent().children?.delete(path.first?.word ?? '');
    this.#pending = undefined;
    return node;
  }

  #word(): void {
    const pending = this.#begin();
    const word: Word = { text: this.#lexer.text(), span: this.#here() };
    pending.end = word.span.end;
    if (pending.list !== undefined) listItem(pending, word);
    else if (pending.words === 0 && isTag(word.text)) tag(pending, word.text);
    else this.#statementWord(pending, word);
  }

  #statementWord(pending: OpenStatement, word: Word): void {
    const { text } = word;
    if (pending.words === 0 && pending.replaces) this.#parent().children?.delete(text);
    if (pending.words === 0 && text === 'destination') {
      const known = this.#parent().children?.get(text)?.children;
      if (known !== undefined) pending.before = new Set(known.keys());
    }
    pending.words++;
    extend(pending.path, word);
  }

  #openList(): void {
    const span = this.#here();
    const pending = this.#pending;
    if (pending === undefined || pending.words === 0) {
      this.#syntax(span, 'a list without a name', 'write the statement it belongs to in front of it');
      // The items go into a node that is not part of the tree.
      Object.assign(this.#begin(), { words: 1, list: span, end: span.end }).path.cursor = createNode('', span);
    } else if (pending.list === undefined) pending.list = span;
    else {
      pending.nested = (pending.nested ?? 0) + 1;
      this.#syntax(span, 'a list within a list', "remove the '[', and its ']'");
    }
  }

  #closeList(): void {
    const pending = this.#pending;
    if (pending?.list === undefined)
      this.#syntax(this.#here(), "there is no list that this ']' could end", 'remove it');
    else if ((pending.nested ?? 0) > 0) pending.nested!--;
    else {
      pending.list = undefined;
      pending.path.listed = true;
      pending.end = this.#lexer.end();
    }
  }

  /** Ends a list that has no end of its own. */
  #endList(at: Span): void {
    const pending = this.#pending;
    if (pending?.list === undefined) return;
    const { report } = this.#text;
    const line = report.lineOf(at.start);
    if (pending.nested === undefined)
      this.#syntax(
        pending.list,
        'the list that begins here does not end',
        `write ']' ${line === report.lineOf(pending.list.start) ? 'after its last item' : `in front of line ${line}`}`,
      );
    pending.list = undefined;
  }

  #open(): void {
    const span = this.#here();
    this.#endList(span);
    const pending = this.#pending;
    const indent = pending?.indent ?? this.#lexer.indent();
    if (pending === undefined || pending.words === 0)
      this.#syntax(span, 'a block without a name', 'write the statement it belongs to in front of it', 'block');
    const node = this.#finish() ?? this.#parent();
    if (this.#blocks.length < MAX_DEPTH) {
      this.#blocks.push({ node, open: span, indent });
      return;
    }
    this.#text.report.error(
      span,
      {
        code: 'too-deep',
        message: `nested deeper than ${MAX_DEPTH} levels`,
        suggestion: 'is a brace not closed?',
      },
      'text',
    );
    this.#stopped = true;
    this.#lexer.stop();
  }

  #close(): void {
    const span = this.#here();
    this.#endList(span);
    if (this.#pending !== undefined) this.#missingSemicolon("'}'");
    this.#finish();
    if (this.#blocks.pop() === undefined)
      this.#syntax(span, "there is no block that this '}' could close", 'remove it, or is a { missing above?', 'block');
  }

  /**
   * Closes blocks by indentation: a line not indented further than the line of a block is outside
   * that block.
   */
  #closeByIndent(): void {
    const lexer = this.#lexer;
    if (!this.#text.byIndent || !lexer.firstOnLine() || this.#pending?.list !== undefined) return;
    const closing = lexer.kind() === '}';
    for (let block = this.#blocks.at(-1); block !== undefined; block = this.#blocks.at(-1)) {
      if (closing ? lexer.indent() >= block.indent : lexer.indent() > block.indent) break;
      if (this.#pending !== undefined) this.#missingSemicolon('the next one');
      this.#finish();
      this.#blocks.pop();
      this.#closedEarly++;
      this.#syntax(
        block.open,
        'the block that begins here does not end',
        `write '}' in front of line ${this.#text.report.lineOf(lexer.start())}`,
        'rest',
      );
    }
  }

  #semicolon(): void {
    this.#endList(this.#here());
    if (this.#pending?.words === 0) this.#missingSemicolon("';'");
    this.#finish();
  }

  /** Whether the token begins another line than the statement that is being read. */
  #isMissingSemicolon(): boolean {
    const lexer = this.#lexer;
    const pending = this.#pending;
    if (pending === undefined || pending.list !== undefined || !lexer.firstOnLine()) return false;
    const kind = lexer.kind();
    return kind === 'word'
      ? pending.words > 0 || lexer.indent() <= pending.indent
      : (kind === '[' || kind === '{') && this.#text.isNoise(lexer.start());
  }

  #missingSemicolon(before: string, reach: Reach = 'lines'): void {
    const pending = this.#pending;
    if (pending === undefined) return;
    const last = { start: pending.end - 1, end: pending.end };
    if (pending.words === 0)
      this.#syntax(
        this.#here(),
        `a statement is missing in front of ${before}`,
        'remove the tag, or write what it is for',
      );
    else if (this.#blocks.length === 0 && this.#text.isCommands())
      this.#syntax(
        last,
        'this line is neither a command nor a statement',
        "begin it with 'set', or end it with ';'",
        'lines',
        pending.start,
      );
    else this.#syntax(last, "';' is missing after this statement", "end it with ';'", reach, pending.start);
  }
}
