/**
 * The subset of man(7) that the pages need: paragraphs, lists, examples, and escaping of text. The
 * pages themselves contain no escapes.
 */

/** Escaped text for the body of a page. Several parts are joined with a blank. */
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
  // A period at the start of a line would be read as a request.
  return escaped.replace(/^\./gm, '\\&.');
}

/** Bold, and italic for what the user replaces. */
export const bold = (words: string): string => `\\fB${text(words)}\\fR`;
export const italic = (words: string): string => `\\fI${text(words)}\\fR`;

export function heading(title: string, section: 5 | 8, date: string, source: string): string {
  return `.TH ${title.toUpperCase().replace(/-/g, '\\-')} ${section} ${date} "${source}" "backup\\-router"\n`;
}

export const section = (title: string, ...body: readonly string[]): string =>
  `.SH ${title.toUpperCase()}\n${body.join('')}`;
export const subsection = (title: string, ...body: readonly string[]): string =>
  `.SS "${title.replace(/"/g, '\\(dq')}"\n${body.join('')}`;
/** `body` must be escaped. */
export const paragraph = (body: string): string => `.PP\n${body}\n`;
/** A term and its description. Both must be escaped. */
export const item = (term: string, body: string): string => `.TP\n${term}\n${body === '' ? '\\&' : body}\n`;
export const indented = (...body: readonly string[]): string => `.RS\n${body.join('')}.RE\n`;

/** Lines printed unchanged, in a fixed-width font. */
export function example(lines: string): string {
  return `.PP\n.RS 4\n.EX\n${text(lines.replace(/\n+$/, ''))}\n.EE\n.RE\n`;
}
