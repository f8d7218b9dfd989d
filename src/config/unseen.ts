/**
 * Finds what nobody types into a name or address: invisible characters, and variables or
 * placeholders that were never replaced.
 */

import { quote } from './diagnostic.js';

interface Strange {
  /** In words that follow the subject. */
  readonly what: string;
  /** The text without those characters. undefined if that is no useful suggestion. */
  readonly plain: string | undefined;
}

/**
 * Characters that nobody types, with their descriptions. The kernel accepts all of them in a name.
 */
const UNSEEN: readonly (readonly [RegExp, string])[] = [
  [/[\u2018-\u201f\u00ab\u00bb\u2032\u2033]/, 'a typographic quote'],
  [/[\u200b-\u200d\u2060\ufeff\u00ad]/, 'a character without width'],
  [/[\u200e\u200f\u202a-\u202e\u2066-\u2069]/, 'a character that changes the direction of writing'],
  [/[\u2010-\u2015\u2212]/, 'a dash that is not a hyphen'],
  [/[\uff01-\uff5e\u2044\u2215]/, 'a wide letter, digit or sign'],
];

/** The first character of UNSEEN in the text. */
export function unseenIn(text: string): Strange | undefined {
  for (const [pattern, what] of UNSEEN) {
    const found = pattern.exec(text)?.[0];
    if (found === undefined) continue;
    const plain = text.replaceAll(new RegExp(pattern, 'g'), (char) =>
      /dash/.test(what) ? '-' : /wide/.test(what) ? narrow(char) : '',
    );
    return { what: `has ${what} in it, ${codePoint(found)}`, plain: plain === '' ? undefined : plain };
  }
  return undefined;
}

/** The first character of the text in the notation of Unicode: `U+00A0`. */
export function codePoint(text: string): string {
  return `U+${text.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`;
}

/** The ASCII character that a wide one stands for. */
function narrow(char: string): string {
  const code = char.charCodeAt(0);
  return code >= 0xff01 ? String.fromCharCode(code - 0xfee0) : '/';
}

/** Describes a variable or a placeholder. undefined if the text is neither. */
export function unfilled(text: string): string | undefined {
  if (/^\$\{?\w+\}?$|\$\{/.test(text)) return `${quote(text)} is a variable, and nothing replaces it here`;
  if (/^(?:<.+>|%.+%|@.+@|\{\{.*\}\})$/.test(text))
    return `${quote(text)} is a placeholder, and nothing replaces it here`;
  return undefined;
}
