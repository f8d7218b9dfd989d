/**
 * What a section of the benchmark hands over: groups of rows of one unit, and targets. Plain data, which is the JSON output too.
 */

import type { Summary } from './statistics.js';

/** One contestant under one condition. */
export interface Row {
  readonly id: string;
  readonly title: string;
  readonly summary: Summary;
  /** Median by that of the row with this id: `floor` 1.3. */
  readonly ratios: Readonly<Record<string, number>>;
}

export interface Group {
  readonly id: string;
  readonly title: string;
  readonly unit: string;
  readonly rows: readonly Row[];
  /** Ids of the rows that the ratios are by, in the order of the columns. */
  readonly by: readonly string[];
}

/** A number that the project has promised. */
export interface Target {
  readonly title: string;
  readonly value: number;
  /** At most this; `at least` where `atLeast` is set. */
  readonly limit: number;
  readonly atLeast?: true;
  readonly unit: string;
  readonly met: boolean;
}

export interface Section {
  readonly id: string;
  readonly title: string;
  /** How it was measured, in a sentence or two. */
  readonly method: string;
  readonly groups: readonly Group[];
  readonly targets: readonly Target[];
  /** What could not be measured here, and other remarks. */
  readonly notes: readonly string[];
}

/** A target met when the value is at most the limit. NaN is never met. */
export function atMost(title: string, value: number, limit: number, unit = ''): Target {
  return { title, value, limit, unit, met: value <= limit };
}

/** A target met when the value is at least the limit. */
export function atLeast(title: string, value: number, limit: number, unit = ''): Target {
  return { title, value, limit, atLeast: true, unit, met: value >= limit };
}
