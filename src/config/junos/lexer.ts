/**
 * Junos text -> tokens, one at a time. Handles quotes and comments, but not prompts, commands or
 * braces.
 *
 * Invariants: each character is looked at a bounded number of times. A string or comment without an
 * end takes up the rest of its line, never the rest of the file.
 */

import type { Syntax } from './syntax.js';

type TokenKind = 'word' | '{' | '}' | '[' | ']' | ';' | 'end';

export interface Lexer {
  /** The current token. */
  readonly kind: () => TokenKind;
  readonly start: () => number;
  readonly end: () => number;
  /** The text of a word, without quotes and escapes. */
  readonly text: () => string;
  /** Whether only space precedes the token on its line. */
  readonly firstOnLine: () => boolean;
  /** Characters before the first token or comment of the line. */
  readonly indent: () => number;
  /** The number of words so far. */
  readonly words: () => number;
  readonly advance: () => void;
  /** Continues with the first token at or after the offset. */
  readonly jump: (offset: number) => void;
  /** Skips the rest of the text. */
  readonly stop: () => void;
}

const WORD = /(?:[^\s;{}[\]"<$]+|<[^>\s]{0,64}>|\$\{[^}\s]{0,64}\}|[<$])+/y;
/**
 * Characters that may be searched in vain for a closing quote. After that, strings end at the end
 * of their line.
 */
const MAX_WASTED = 1 << 23;
const STATEMENT = /^[^\n"]*\bbackup-router[ \t]+(?:[\d{]|destination)/m;
const SPACE = /[^\S\n]+/y;
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' };

/** Starts at the first token. `onComment` is called for every comment. */
export function createLexer(text: string, report: Syntax, onComment: (start: number, end: number) => void): Lexer {
  let at = 0;
  let lineStart = 0;
  let indent = 0;
  let first = true;
  /** `fresh`: only space and comments so far on this line. `led`: a comment came first. */
  let fresh = true;
  let led = false;
  let start = 0;
  let kind: TokenKind = 'end';
  let word = '';
  let wasted = 0;
  let words = 0;
  /** The rest of the text has no end of a block comment. */
  let endless = false;

  const lineEnd = (from: number): number => {
    const newline = text.indexOf('\n', from);
    return newline < 0 ? text.length : newline;
  };

  /**
   * Whether a line begins between the offset and the current position. Updates the start of the
   * line.
   */
  const newLine = (from: number): boolean => {
    const newline = text.slice(from, at).lastIndexOf('\n');
    if (newline >= 0) {
      lineStart = from + newline + 1;
      led = false;
    }
    return newline >= 0;
  };

  /**
   * Reports a comment or string over several lines that contains a backup router: it probably lacks
   * its end. For a comment, another beginning inside is required.
   */
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

  /**
   * Offset of the closing quote. Without one, offset of the end of the line (if `line`) or of the
   * text.
   */
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

  /**
   * Reads a string. If text follows the closing quote without a gap, that quote may begin another
   * string, and this one lacks its end.
   */
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
          message: 'the text continues right after the closing quote',
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
    // A semicolon at the end of the line probably does not belong to the string.
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
    // The character begins a word, so the pattern always matches.
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
