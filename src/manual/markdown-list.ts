/** A list of Markdown, for the generated parts of the documents: prose that a table is too narrow for. */

import { wrap } from '../model/text.js';

/** The width of the documents, which a test holds. */
const WIDTH = 98;

/** `- TERM: BODY`, on as many lines as it needs. Both are Markdown. */
export function listItem(term: string, body: string): string {
  return `${wrap(`- ${term}: ${body}`, WIDTH, '  ').join('\n')}\n`;
}
