/**
 * The part of man(7) that the pages need: paragraphs, lists, examples, and the escapes of text. No
 * page contains an escape itself.
 */

/** Text as it stands, in the body of a page. Several parts are one text, with a blank between. */
export function text(...parts: readonly string[]): string {
  const escaped = parts
    .join(' ')
    .replace(/\\/g, '\\e')
    .replace(/-/g, '\\-')
    .replace(/'/g, '\\(aq')
    .replace(/`/g, '\\(ga')
    .replace(/\^/g, '\\(ha')
    .replace(/~/g, '\\(ti')
    .replace(/[^\x00-\x7f]/g, (c) => `\\[u${c.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}]`);
  // A period at the start of a line would be a request.
  return escaped.replace(/^\./gm, '\\&.');
}

/** In bold type, and in italics, which is what is to be replaced. */
export const bold = (words: string): string => `\\fB${text(words)}\\fR`;
export const italic = (words: string): string => `\\fI${text(words)}\\fR`;

export function heading(title: string, section: 5 | 8, date: string, source: string): string {
  return `.TH ${title.toUpperCase().replace(/-/g, '\\-')} ${section} ${date} "${source}" "backup\\-router"\n`;
}

export const section = (title: string, ...body: readonly string[]): string =>
  `.SH ${title.toUpperCase()}\n${body.join('')}`;
export const subsection = (title: string, ...body: readonly string[]): string =>
  `.SS "${title.replace(/"/g, '\\(dq')}"\n${body.join('')}`;
/** Already escaped. */
export const paragraph = (body: string): string => `.PP\n${body}\n`;
/** A term and what is said of it; both already escaped. */
export const item = (term: string, body: string): string => `.TP\n${term}\n${body === '' ? '\\&' : body}\n`;
export const indented = (...body: readonly string[]): string => `.RS\n${body.join('')}.RE\n`;

/** Lines as they stand, in a fixed font. */
export function example(lines: string): string {
  return `.PP\n.RS 4\n.EX\n${text(lines.replace(/\n+$/, ''))}\n.EE\n.RE\n`;
}
