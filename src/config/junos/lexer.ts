/**
 * Junos text -> tokens, one at a time. Knows quotes and comments; of prompts, commands and braces it knows nothing.
 *
 * Invariants: each character is looked at a bounded number of times; a string or comment without an end costs the rest
 * of its line, never the rest of the file.
 */

import type { Syntax } from './syntax.js';

export type TokenKind = 'word' | '{' | '}' | '[' | ']' | ';' | 'end';

export interface Lexer {
  /** The current token. */
  readonly kind: () => TokenKind;
  readonly start: () => number;
  readonly end: () => number;
  /** Of a word: without quotes and escapes. */
  readonly text: () => string;
  /** Whether nothing but space stands in front of it in its line. */
  readonly firstOnLine: () => boolean;
  /** Characters in front of the first token or comment of the line. */
  readonly indent: () => number;
  /** Words so far. */
  readonly words: () => number;
  readonly advance: () => void;
  /** Goes on with the first token at or behind the offset. */
  readonly jump: (offset: number) => void;
  /** Leaves the rest of the text unread. */
  readonly stop: () => void;
}

const WORD = /(?:[^\s;{}[\]"<$]+|<[^>\s]{0,64}>|\$\{[^}\s]{0,64}\}|[<$])+/y;
/** Characters looked at in search of a closing quote, in vain; beyond, strings end in their line. */
const MAX_WASTED = 1 << 23;
const STATEMENT = /^[^\n"]*\bbackup-router[ \t]+(?:[\d{]|destination)/m;
const SPACE = /[^\S\n]+/y;
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' };

/** Starts at the first token. Every comment is handed over. */
export function createLexer(text: string, report: Syntax, onComment: (start: number, end: number) => void): Lexer {
  let at = 0;
  let lineStart = 0;
  let indent = 0;
  let first = true;
  /** Nothing but space and comments has been seen in this line; a comment has. */
  let fresh = true;
  let led = false;
  let start = 0;
  let kind: TokenKind = 'end';
  let word = '';
  let wasted = 0;
  let words = 0;
  /** No comment ends any more. */
  let endless = false;

  const lineEnd = (from: number): number => {
    const newline = text.indexOf('\n', from);
    return newline < 0 ? text.length : newline;
  };

  /** Whether a line has begun between the offset and here. */
  const newLine = (from: number): boolean => {
    const newline = text.slice(from, at).lastIndexOf('\n');
    if (newline >= 0) {
      lineStart = from + newline + 1;
      led = false;
    }
    return newline >= 0;
  };

  /** What begins a second time inside is more likely to lack its end; it must not take a backup router with it. */
  const swallowed = (what: 'comment' | 'string', from: number, to: number, again: string): void => {
    const inside = text.slice(from + 2, to);
    if (!inside.includes('\n') || !STATEMENT.test(inside) || (again !== '' && !inside.includes(again))) return;
    report.error(
      { start: from, end: from + 1 },
      {
        code: 'syntax',
        message: `the ${what} that begins here goes on over a line that names a backup router`,
        suggestion: `end it where it ends, or remove that line`,
      },
      'text',
    );
  };

  const comment = (): boolean => {
    const line = text[at] === '#';
    const from = at;
    if (!line && !(text[at] === '/' && text[at + 1] === '*')) return false;
    if (fresh && !led) indent = at - lineStart;
    led ||= fresh;
    const close = line || endless ? -1 : text.indexOf('*/', at + 2);
    endless ||= !line && close < 0;
    if (!line && close < 0)
      report.error(
        { start: at, end: at + 2 },
        {
          code: 'syntax',
          message: 'the comment that begins here does not end',
          suggestion: "write '*/' where it ends",
        },
      );
    at = close < 0 ? lineEnd(at) : close + 2;
    if (!line && close >= 0) swallowed('comment', from, at, '/*');
    fresh = newLine(from) || fresh;
    onComment(from, at);
    return true;
  };

  /** Offset of the closing quote; of the end of the line or text without one. */
  const closing = (from: number, line: boolean): number => {
    let i = from;
    for (; i < text.length; i++) {
      const char = text[i];
      if (char === '"' || (line && char === '\n')) return i;
      if (char === '\\' && !(line && text[i + 1] === '\n')) i++;
    }
    return Math.min(i, text.length);
  };

  const takeString = (end: number, next: number): void => {
    word = unescape(text.slice(at + 1, end));
    at = next;
    newLine(start);
  };

  /** A quote behind which the text goes on without a gap may be the beginning of another string, of which this one lacks the end. */
  const string = (): void => {
    const far = closing(at + 1, wasted > MAX_WASTED);
    if (text[far] === '"' && /^[\s;{}[\]]?$/.test(text.slice(far + 1, far + 2))) {
      swallowed('string', at, far, '');
      return takeString(far, far + 1);
    }
    wasted += far - at;
    const near = closing(at + 1, true);
    if (text[near] === '"') {
      report.error(
        { start: near, end: near + 1 },
        {
          code: 'syntax',
          message: 'the text goes on right behind the closing quote',
          suggestion: 'put a space or a semicolon there, or a backslash in front of a quote that is part of the string',
        },
      );
      return takeString(near, near + 1);
    }
    report.error(
      { start: at, end: at + 1 },
      {
        code: 'syntax',
        message: 'the string that begins here does not end',
        suggestion: "write '\"' where it ends",
      },
      'statement',
    );
    // The semicolon at the end of the line is hardly part of it.
    let end = near;
    while (end > at + 1 && /[\s;]/.test(text[end - 1]!)) end--;
    takeString(end, end);
  };

  const advance = (): void => {
    for (;;) {
      SPACE.lastIndex = at;
      if (SPACE.test(text)) at = SPACE.lastIndex;
      if (text[at] === '\n') {
        at++;
        lineStart = at;
        fresh = true;
        led = false;
      } else if (at >= text.length || !comment()) break;
    }
    start = at;
    first = fresh;
    if (fresh && !led) indent = at - lineStart;
    fresh = false;
    const char = text[at];
    if (char === undefined) {
      kind = 'end';
      first = true;
      return;
    }
    if (char === '{' || char === '}' || char === '[' || char === ']' || char === ';') {
      kind = char;
      at++;
      return;
    }
    kind = 'word';
    words++;
    if (char === '"') return string();
    WORD.lastIndex = at;
    // Anything else is part of a word, so there is one.
    WORD.test(text);
    word = text.slice(at, WORD.lastIndex);
    at = WORD.lastIndex;
  };

  advance();
  return {
    kind: () => kind,
    start: () => start,
    end: () => at,
    text: () => word,
    firstOnLine: () => first,
    indent: () => indent,
    words: () => words,
    advance,
    jump: (offset) => {
      at = offset;
      advance();
    },
    stop: () => {
      at = text.length;
      advance();
    },
  };
}

function unescape(text: string): string {
  return text.includes('\\') ? text.replace(/\\([\s\S])/g, (_, char: string) => ESCAPES[char] ?? char) : text;
}
