/**
 * The width of a terminal, and lines that keep to it. Only a terminal is wrapped for: what goes into a pipe or a file is whole, a line a
 * fact, so that grep finds it.
 */

/** Columns; infinite where there is no terminal. */
export function widthOf(stream: { readonly isTTY?: boolean; readonly columns?: number }): number {
  return stream.isTTY === true ? Math.max(40, stream.columns ?? 80) : Number.POSITIVE_INFINITY;
}

/** The line, broken between words so that none is longer than the width; what follows the first is indented. Words are never cut. */
export function wrap(line: string, width: number, indent: number): string {
  if (line.length <= width) return line;
  const lines: string[] = [];
  let rest = line;
  const margin = ' '.repeat(indent);
  while (rest.length > width) {
    const at = rest.lastIndexOf(' ', width);
    // The blanks that a line begins with are no place to break it: behind the first one they are the margin.
    const next =
      at > (lines.length === 0 ? rest.search(/\S/) : indent) ? at : rest.indexOf(' ', Math.max(width, indent));
    if (next < 0) break;
    lines.push(rest.slice(0, next).trimEnd());
    rest = margin + rest.slice(next).trimStart();
  }
  return [...lines, rest].join('\n');
}

/** Control characters of whatever the text came from never reach a terminal. */
export function printable(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]+/g, ' ');
}

/** `14:03:07Z`, or `2026-11-09` when it is further away than a day. */
export function shortTime(rfc3339: string, nowMs: number): string {
  const near = Math.abs(Date.parse(rfc3339) - nowMs) < 86_400_000;
  return near ? `${rfc3339.slice(11, 19)}Z` : rfc3339.slice(0, 10);
}
