/**
 * Slips that make a text mean something else to YAML than to its author: characters that look like
 * blanks, comments and templates of other languages, line ends of old machines. Each kind is
 * reported once, at its first position. In the text that is parsed they are all mended at the same
 * offsets, so that no other fault follows from them. Quoted text and comments are ignored.
 */

import { type Fault, quote } from './diagnostic.js';
import type { Span } from './report.js';
import { codePoint } from './unseen.js';

interface Slip {
  readonly span: Span;
  readonly fault: Fault;
}

export interface Mended {
  /** The mended text, of the same length. */
  readonly text: string;
  readonly slips: readonly Slip[];
}

interface Kind {
  readonly pattern: RegExp;
  readonly fault: (found: string) => Fault;
  /** Replaces each character of the match. */
  readonly filler: string;
}

/** A template of Jinja, Go or Ruby, also where the end of its remark counts as a comment. */
export const TEMPLATE = /\{\{[^\n]{0,200}?\}\}|\{%[^\n]{0,200}?%\}|\{#[^\n]{0,200}?(?:#\}|\u0001+)|<%[^\n]{0,200}?%>/;
export const UNRENDERED: Fault = {
  code: 'syntax',
  message: 'this is a template that has not been rendered',
  suggestion: 'render it first, with the program that it is written for, and use the result',
};

const KINDS: readonly Kind[] = [
  {
    pattern: /[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]+/g,
    fault: (found) => ({
      code: 'syntax',
      message: `this is not a space but ${found.startsWith('\u00a0') ? 'a no-break space' : 'a space of typesetting'}, ${codePoint(found)}, which is a letter to YAML`,
      suggestion: 'write an ordinary space; this one comes from copied text',
    }),
    filler: ' ',
  },
  // Alone in its line it decides about others; in place of a value it is a word.
  { pattern: new RegExp(`^[ \\t]*(?:${TEMPLATE.source})[ \\t]*$`, 'gm'), fault: () => UNRENDERED, filler: ' ' },
  { pattern: new RegExp(TEMPLATE, 'g'), fault: () => UNRENDERED, filler: '_' },
  {
    pattern: /(?<=[{[,][ \t]*(?:[\w-]+:[ \t]+)?)\$\{[\w.:-]{1,100}\}/g,
    fault: (found) => ({
      code: 'syntax',
      message: `${quote(found)} is a variable, and nothing replaces it here`,
      suggestion: 'write the value itself',
    }),
    filler: '_',
  },
  {
    pattern: /[\u0085\u2028\u2029]/g,
    fault: (found) => ({
      code: 'syntax',
      message: `${codePoint(found)} ends a line elsewhere, and not in YAML`,
      suggestion: 'write an ordinary line end; this one comes from copied text',
    }),
    filler: '\n',
  },
  {
    pattern: /^[ \t]*(?:`{3,}|~{3,})[^\n]*/gm,
    fault: () => ({ code: 'syntax', message: 'a markdown fence is not YAML', suggestion: 'remove the line' }),
    filler: ' ',
  },
  {
    pattern: /^<{7}(?: [^\n]*)?\n[\s\S]*?^>{7}[^\n]*/gm,
    fault: () => ({
      code: 'syntax',
      message: 'an unfinished merge: two versions of these lines',
      suggestion: 'keep one of them, and remove the lines with <<<<<<<, ======= and >>>>>>>',
    }),
    filler: ' ',
  },
  {
    pattern: /^[ \t]*(?:\$|[\w.-]+@[\w.-]+:[^\s:]*[$#])[ \t]+[^\n]*/gm,
    fault: () => ({
      code: 'syntax',
      message: 'a line of a terminal, with its prompt',
      suggestion: 'remove the line',
    }),
    filler: ' ',
  },
  {
    pattern: /^[ \t]*\/\/[^\n]*|[ \t]\/\/[ \t][^\n]*/gm,
    fault: () => ({ code: 'syntax', message: "'//' begins no comment in YAML", suggestion: "write '#' for '//'" }),
    filler: ' ',
  },
  {
    pattern: /^[ \t]*(?:;|--(?=[ \t])|!(?=[ \t])|REM[ \t]|<!--)[^\n]*/gm,
    fault: (found) => {
      const sign = quote(/^(?:--|<!--|REM|.)/.exec(found)![0]);
      return { code: 'syntax', message: `${sign} begins no comment in YAML`, suggestion: `write '#' for ${sign}` };
    },
    filler: ' ',
  },
  {
    pattern: /(?:^|[ \t])\/\*[\s\S]{0,2000}?\*\//gm,
    fault: () => ({ code: 'syntax', message: "'/*' begins no comment in YAML", suggestion: "write '#' for '/*'" }),
    filler: ' ',
  },
];

const SUSPECT =
  /[\u0085\u2028\u2029\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]|\{\{|\{%|\{#|<%|\$\{|^[ \t]*(?:;|--[ \t]|![ \t]|REM[ \t]|<!--)|\/\/|\/\*|```|~~~|<{7}|^[ \t]*(?:\$|[\w.-]+@[\w.-]+:[^\s:]*[$#])[ \t]/m;
/** Comments and quoted scalars, which are not checked. */
const HARMLESS = /(?<=^|[\s[{,])(?:"(?:[^"\\]|\\[\s\S])*"|'(?:[^']|'')*')|(?<=^|\s)#[^\n]*/gm;

/** The text with comments and quoted scalars replaced, at the same offsets. */
export function withoutQuotes(text: string): string {
  return text.replace(HARMLESS, (found) => '\u0001'.repeat(found.length));
}

/** Finds slips and mends them. */
export function mendSlips(text: string): Mended {
  if (!SUSPECT.test(text)) return { text, slips: [] };
  const bare = withoutQuotes(text);
  const slips: Slip[] = [];
  const characters = text.split('');
  for (const { pattern, fault, filler } of KINDS) {
    let first = true;
    for (const match of bare.matchAll(pattern)) {
      const start = match.index + match[0].search(/[^ \t]/);
      const end = match.index + match[0].length;
      if (characters[start] !== text[start]) continue;
      const found = fault(text.slice(start, end));
      if (first && !slips.some(({ fault: { message } }) => message === found.message))
        slips.push({ span: { start, end }, fault: found });
      first = false;
      for (let i = start; i < end; i++) if (characters[i] !== '\n') characters[i] = filler;
    }
  }
  return { text: characters.join(''), slips };
}

/**
 * The text with line ends that YAML accepts, and a fault if they were different: YAML does not end
 * a line at a carriage return alone.
 */
export function withLineEnds(text: string): Mended {
  const start = text.includes('\n') ? -1 : text.indexOf('\r');
  if (start < 0 || start === text.length - 1) return { text, slips: [] };
  const fault: Fault = {
    code: 'syntax',
    message: 'the lines of this file end in a carriage return alone',
    suggestion: "save it with the line ends of Unix: tr '\\r' '\\n'",
  };
  return { text: text.replaceAll('\r', '\n'), slips: [{ span: { start, end: start + 1 }, fault }] };
}

/**
 * The list item on the line at this offset, if its dash is indented less than the one on the line
 * above, though not as little as its key.
 */
export function lessIndented(text: string, at: number): Slip | undefined {
  const start = text.lastIndexOf('\n', at - 1) + 1;
  const [, indent, item] = /^( +)- +([^\n]*[^\s])/.exec(text.slice(start, start + 400)) ?? [];
  const above = /(?:^|\n)( +)- [^\n]*\n$/.exec(text.slice(Math.max(0, start - 400), start))?.[1];
  if (indent === undefined || above === undefined || above.length <= indent.length) return undefined;
  const dash = start + indent.length;
  const fault: Fault = {
    code: 'syntax',
    message: 'this item is indented less than the one above, so to YAML it is not part of the list',
    suggestion: `write '${above}- ${item!}'`,
  };
  return { span: { start: dash, end: dash + 1 }, fault };
}
