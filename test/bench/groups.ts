/**
 * Samples to groups of rows: summaries, and the ratios of their medians.
 */

import type { Group } from './results.js';
import { type Summary, summarize } from './statistics.js';

/** Samples of one contestant; `undefined` is a miss. */
export interface Samples {
  readonly id: string;
  readonly title: string;
  readonly values: (number | undefined)[];
}

export interface GroupOptions {
  readonly id: string;
  readonly title: string;
  readonly unit: string;
  /** Ids of the rows that the others are divided by. */
  readonly by?: readonly string[];
}

export function groupOf(options: GroupOptions, samples: readonly Samples[]): Group {
  const summaries = samples.map((one) => ({ ...one, summary: summarize(one.values) }));
  const by = (options.by ?? []).filter((id) => summaries.some((one) => one.id === id));
  const ratios = (summary: Summary): Readonly<Record<string, number>> =>
    Object.fromEntries(by.map((id) => [id, summary.median / summaries.find((one) => one.id === id)!.summary.median]));
  return {
    id: options.id,
    title: options.title,
    unit: options.unit,
    by,
    rows: summaries
      .filter((one) => one.values.length > 0)
      .map(({ id, title, summary }) => ({ id, title, summary, ratios: ratios(summary) })),
  };
}

/** The summary of a row, all NaN when there is none. */
export function summaryOf(group: Group, id: string): Summary {
  return group.rows.find((row) => row.id === id)?.summary ?? summarize([]);
}
