/**
 * The width of the terminal, and whether it shows colours. Output to a pipe or a file is not
 * wrapped: it has one fact per line, so that grep finds it.
 */

import type { Colour, Paint } from '../model/text.js';

const CODE: Readonly<Record<Colour, number>> = { red: 31, green: 32, yellow: 33, dim: 2, bold: 1 };

/** Columns. Infinite if the stream is not a terminal. */
export function widthOf(stream: { readonly isTTY?: boolean; readonly columns?: number }): number {
  return stream.isTTY === true ? Math.max(40, stream.columns ?? 80) : Number.POSITIVE_INFINITY;
}

/** Colours on a terminal, unless NO_COLOR is set (no-color.org). */
export function paintFor(stream: { readonly isTTY?: boolean }, env: NodeJS.ProcessEnv): Paint {
  const on = stream.isTTY === true && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb';
  return (colour, text) => (on ? `\x1b[${CODE[colour]}m${text}\x1b[0m` : text);
}
