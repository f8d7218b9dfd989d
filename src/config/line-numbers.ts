/**
 * What an editor, a pager or a mail has put in front of each line: numbers that count up, or `>` and `|`. Found only where every line has
 * it, so that nothing of a text is ever taken for it; a search (`grep -n`), which leaves lines out, is none.
 */

import type { Span } from './report.js';

export interface Unprefixed {
  /** With blanks for what was in front, at the same offsets. */
  readonly text: string;
  /** The first of them. */
  readonly span: Span;
  /** What it is, in words. */
  readonly what: string;
}

const NUMBER = /^([ \t]*)(\d{1,7})(?:[ \t]*[:.|)│](?=[ \t]|$)|:|(?=[ \t]|$))\t?/;
const MARK = /^([ \t]*)([>|│])(?=[ \t]|$)/;

/** The text without it; undefined where there is none. */
export function unprefixed(text: string): Unprefixed | undefined {
  const first = /^\s*([^\n]*)/.exec(text)?.[1] ?? '';
  if (NUMBER.test(first)) return without(text, NUMBER, 'line numbers');
  if (MARK.test(first)) return without(text, MARK, `a '${first.trimStart()[0]}'`);
  return undefined;
}

function without(text: string, prefix: RegExp, what: string): Unprefixed | undefined {
  const lines = text.split('\n');
  let span: Span | undefined;
  let number: number | undefined;
  let count = 0;
  let at = 0;
  for (const [i, line] of lines.entries()) {
    const found = prefix.exec(line);
    if (found === null) {
      // Of an empty line an editor's number may be missing, never of any other.
      if (line.trim() !== '') return undefined;
    } else {
      const next = Number(found[2]);
      if (prefix === NUMBER && number !== undefined && next !== number + 1) return undefined;
      if (prefix === NUMBER && number === undefined && next > 1 && lines.length < 4) return undefined;
      number = next;
      count++;
      span ??= { start: at + found[1]!.length, end: at + found[0].length };
      lines[i] = ' '.repeat(found[0].length) + line.slice(found[0].length);
    }
    at += line.length + 1;
  }
  return span === undefined || count === 0 ? undefined : { text: lines.join('\n'), span, what };
}
