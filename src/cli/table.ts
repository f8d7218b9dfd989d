/** Aligned columns and colours for people. Colour only on a terminal, and never against NO_COLOR (no-color.org). */

import { wrap } from './terminal.js';

export type Colour = 'red' | 'green' | 'yellow' | 'dim' | 'bold';

const CODE: Readonly<Record<Colour, number>> = { red: 31, green: 32, yellow: 33, dim: 2, bold: 1 };

export type Paint = (colour: Colour, text: string) => string;

export function paintFor(stream: { readonly isTTY?: boolean }, env: NodeJS.ProcessEnv): Paint {
  const on = stream.isTTY === true && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb';
  return (colour, text) => (on ? `\x1b[${CODE[colour]}m${text}\x1b[0m` : text);
}

/**
 * Rows as lines, each column as wide as its widest cell, two spaces between, no trailing space. Where that is wider than `width`, the last
 * column is broken between words.
 */
export function table(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  width = Number.POSITIVE_INFINITY,
): string {
  const all = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  const margin = widths.slice(0, -1).reduce((sum, one) => sum + one + 2, 0);
  return all
    .map(
      (row) =>
        `${wrap(
          row
            .map((cell, column) => cell.padEnd(widths[column] ?? 0))
            .join('  ')
            .trimEnd(),
          width,
          Math.min(margin, width / 2),
        )}\n`,
    )
    .join('');
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
