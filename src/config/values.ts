/**
 * The types of value that several settings share: how each is read, written and described in the
 * schema.
 */

import type { Config, Timeout } from '../model/config.js';
import type { Entry } from './document.js';
import type { DurationBounds } from './duration.js';
import type { Report } from './report.js';
import { type Schema, timeSchema } from './schema.js';
import { asTime, readChoice, readDuration } from './section.js';
import { timeValue } from './yaml-text.js';

/** Everything but the interfaces and the backup routers, which have no default. */
export type Settings = Omit<Config, 'managementInterfaces'>;

export interface ValueKind<T> {
  readonly schema: Schema;
  /**
   * undefined if the value is invalid; the fault has been reported. `known`: the settings read so
   * far.
   */
  readonly read: (entry: Entry, report: Report, known: Partial<Settings>) => T | undefined;
  /** The value as it is written in the file. */
  readonly write: (value: T) => unknown;
}

const DAY_MS = 86_400_000;

/** One of a closed list of words. */
export function choice<T extends string>(words: readonly T[]): ValueKind<T> {
  return {
    schema: { enum: words },
    read: (entry, report) => readChoice(entry, words, report),
    write: (word) => word,
  };
}

/** A time of at least `minMs` and at most a day. */
export function time(minMs: number): ValueKind<number> {
  const bounds: DurationBounds = { minMs, maxMs: DAY_MS, neverAllowed: false };
  return {
    schema: timeSchema(false),
    read: (entry, report) => asTime(readDuration(entry, bounds, report)),
    write: timeValue,
  };
}

export const timeout: ValueKind<Timeout> = {
  schema: timeSchema(true),
  read: (entry, report) => readDuration(entry, { minMs: 0, maxMs: DAY_MS, neverAllowed: true }, report),
  write: timeValue,
};

/** A whole number. `read` checks it. */
export function integer(minimum: number, maximum: number, read: ValueKind<number>['read']): ValueKind<number> {
  return { schema: { type: 'integer', minimum, maximum }, read, write: (value) => value };
}
