/**
 * Text for people: control characters replaced, words wrapped, columns aligned, short times. Pure:
 * the command line knows whether a stream is a terminal, and how wide it is.
 */

import type { Timeout } from './config.js';

/**
 * Control characters (C0 except tab and newline, DEL, C1) and the Unicode characters that change
 * the direction of text or break a line.
 */
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2028\u2029\u2066-\u2069]/g;
const CONTROL_OR_BREAK = new RegExp(`(?:${CONTROL.source}|[\\t\\n])+`, 'g');

export type Colour = 'red' | 'green' | 'yellow' | 'dim' | 'bold';

/** Puts text in a colour, or returns it unchanged if colours are off. */
export type Paint = (colour: Colour, text: string) => string;

/**
 * The first of them, and how many more there are: `a, b, c and 2 more`. `textOf` is called for those
 * alone that are named.
 */
export function firstOf<T>(items: readonly T[], most: number, textOf: (item: T) => string = String): string {
  const more = items.length > most ? ` and ${items.length - most} more` : '';
  return `${items.slice(0, most).map(textOf).join(', ')}${more}`;
}

/** A time in seconds or milliseconds, in the notation of the configuration. */
export function timeText(ms: Timeout): string {
  return ms === 'never' ? 'never' : ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`;
}

/**
 * Foreign text made safe for a terminal: each control character becomes U+FFFD; tab and newline
 * stay.
 */
export function printable(text: string): string {
  return text.replace(CONTROL, '\uFFFD');
}

/** Foreign text as one line: each run of control characters, tabs and newlines becomes a space. */
export function oneLine(text: string): string {
  return text.replace(CONTROL_OR_BREAK, ' ');
}

/**
 * Lines of at most `width` characters, broken at spaces. All but the first start with the margin.
 * Leading spaces of the text stay. A word is never cut: one that is longer than the width has a
 * line of its own.
 */
export function wrap(text: string, width: number, margin = ''): readonly string[] {
  const lines: string[] = [];
  let rest = text;
  while (rest.length > width) {
    const at = rest.lastIndexOf(' ', width);
    // Not within the leading spaces of a line.
    const start = lines.length === 0 ? rest.search(/\S/) : margin.length;
    const next = at > start ? at : rest.indexOf(' ', Math.max(width, start));
    if (next < 0) break;
    lines.push(rest.slice(0, next).trimEnd());
    rest = margin + rest.slice(next).trimStart();
  }
  return [...lines, rest];
}

/** With less room than this for the last column, each row becomes a block. */
const LEAST_ROOM = 12;

/**
 * Rows as lines, two spaces between the columns, no trailing spaces. A column is as wide as its
 * widest cell, up to its limit (if it has one) or its longest word. The last column takes what is
 * left of `width`. Cells that are too wide are wrapped. If too little is left, each row becomes a
 * block of lines, each with a heading and its cell.
 */
export function table(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  width = Number.POSITIVE_INFINITY,
  limits: readonly number[] = [],
): string {
  const all = [header, ...rows];
  const widths = header.map((_, column) => columnWidth(all, column, limits[column] ?? Number.POSITIVE_INFINITY));
  const last = width - widths.slice(0, -1).reduce((sum, one) => sum + one + 2, 0);
  const lines =
    last < LEAST_ROOM
      ? rows.flatMap((row, i) => [...(i === 0 ? [] : ['']), ...block(header, row, width)])
      : all
          .map((row) => row.map((cell, column) => wrap(cell, column === widths.length - 1 ? last : widths[column]!)))
          .flatMap((cells) => rowLines(cells, widths));
  return lines.map((line) => `${line}\n`).join('');
}

function block(header: readonly string[], row: readonly string[], width: number): readonly string[] {
  const margin = Math.max(...header.map(({ length }) => length)) + 2;
  return row.flatMap((cell, column) => wrap(`${header[column]!.padEnd(margin)}${cell}`, width, ' '.repeat(margin)));
}

function columnWidth(all: readonly (readonly string[])[], column: number, limit: number): number {
  const cells = all.map((row) => row[column] ?? '');
  const widest = Math.max(...cells.map((cell) => cell.length));
  if (widest <= limit) return widest;
  return Math.max(limit, ...cells.flatMap((cell) => cell.split(' ').map((word) => word.length)));
}

function rowLines(cells: readonly (readonly string[])[], widths: readonly number[]): readonly string[] {
  const height = Math.max(...cells.map((lines) => lines.length));
  return Array.from({ length: height }, (_, i) =>
    cells
      .map((lines, column) => (lines[i] ?? '').padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  );
}

/** `1 error`, `2 errors`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** `850ms`, `5.2s`, `3m10s`, `2h5m`, `4d3h`. */
export function durationText(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)}ms`;
  if (ms < 10_000) return `${(ms / 1_000).toFixed(1)}s`;
  const seconds = Math.floor(ms / 1_000);
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)}m${seconds % 60}s`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3_600)}h${Math.floor((seconds % 3_600) / 60)}m`;
  return `${Math.floor(seconds / 86_400)}d${Math.floor((seconds % 86_400) / 3_600)}h`;
}

/** A time in the local time zone: `2026-05-01T14:03:07.123+02:00`, with `Z` in UTC. */
export function localTime(rfc3339: string): string {
  const at = new Date(rfc3339);
  const offset = -at.getTimezoneOffset();
  if (Number.isNaN(offset) || offset === 0) return rfc3339;
  return `${new Date(at.getTime() + offset * 60_000).toISOString().slice(0, -1)}${offsetText(offset)}`;
}

/** `+02:00`. */
function offsetText(minutes: number): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const size = Math.abs(minutes);
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}

/** The text with every time in the local time zone. */
export function localTimes(text: string): string {
  return text.replace(/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g, localTime);
}

/** `14:03:07Z`, `14:03:07+02:00`, or `2026-11-09` if it is a day or more away. */
export function shortTime(rfc3339: string, nowMs: number): string {
  const near = Math.abs(Date.parse(rfc3339) - nowMs) < 86_400_000;
  const local = localTime(rfc3339);
  return near ? `${local.slice(11, 19)}${local.slice(23)}` : local.slice(0, 10);
}
