/** The generated parts of the documents, and their lists: prose that a table is too narrow for. */

import { wrap } from '../model/text.js';

/** The width of the documents, which a test holds. */
const WIDTH = 98;

/** `- TERM: BODY`, on as many lines as it needs. Both are Markdown. */
export function listItem(term: string, body: string): string {
  return `${wrap(`- ${term}: ${body}`, WIDTH, '  ').join('\n')}\n`;
}

/**
 * The document with `body` between `<!--NAME-->` and `<!--end-->`. Throws if it has no such place,
 * or two.
 */
export function withPart(document: string, name: string, body: string): string {
  const [before, rest, more] = document.split(`<!--${name}-->\n`);
  const end = rest?.indexOf('<!--end-->') ?? -1;
  if (rest === undefined || end < 0 || more !== undefined) throw new Error(`no <!--${name}--> ... <!--end-->, or two`);
  return `${before}<!--${name}-->\n\n${body}\n${rest.slice(end)}`;
}
