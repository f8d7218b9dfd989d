/**
 * Finds what an editor, a pager or a mail program has put in front of each line: consecutive
 * numbers, or `>` or `|`. It counts only if every line has it, so that no real text is removed. The
 * output of a search (`grep -n`), which skips lines, does not count.
 */

import type { Span } from './report.js';

interface Unprefixed {
  /** The text with the prefixes replaced by blanks, so that offsets stay the same. */
  readonly text: string;
  /** Position of the first prefix. */
  readonly span: Span;
  /** What the prefix is, as a sentence. */
  readonly what: string;
}

const NUMBER = /^([ \t]*)(\d{1,7})(?:[ \t]*[:.|)│](?=[ \t]|$)|:|(?=[ \t]|$))\t?/;
const MARK = /^([ \t]*)([>|│])(?=[ \t]|$)/;

/** The text without the prefixes, or undefined if it has none. */
export function unprefixed(text: string): Unprefixed | undefined {
  const first = /^\s*([^\n]*)/.exec(text)?.[1] ?? '';
  if (NUMBER.test(first)) return without(text, NUMBER, 'there are line numbers in front of each line');
  if (MARK.test(first)) return without(text, MARK, `there is a '${first.trimStart()[0]}' in front of each line`);
  return undefined;
}

function without(text: string, prefix: RegExp, what: string): Unprefixed | undefined {
  const lines = text.split('\n');
  let span: Span | undefined;
  let number: number | undefined;
  let at = 0;
  for (const [i, line] of lines.entries()) {
    const found = prefix.exec(line);
    if (found === null) {
      // Some editors do not number empty lines. All other lines must have the prefix.
      if (line.trim() !== '') return undefined;
    } else {
      const next = Number(found[2]);
      if (prefix === NUMBER && number !== undefined && next !== number + 1) return undefined;
      if (prefix === NUMBER && number === undefined && next > 1 && lines.length < 4) return undefined;
      number = next;
      span ??= { start: at + found[1]!.length, end: at + found[0].length };
      lines[i] = ' '.repeat(found[0].length) + line.slice(found[0].length);
    }
    at += line.length + 1;
  }
  return span === undefined ? undefined : { text: lines.join('\n'), span, what };
}
