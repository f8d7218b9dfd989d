/**
 * The record of the events that are done. It is written before each hook begins and after the last
 * one. So a process that was killed runs no hook twice for one event, and the next process goes on
 * with the hooks that are left.
 */

import { writeAtomically } from '../runtime/atomic.js';
import { readRecord, recordText } from '../runtime/record-file.js';

export interface Done {
  /** Every hook has been run for the event of this number. */
  readonly seq: number;
  readonly at: string;
  /** The event in progress, if any: its number, and the hooks that have begun. */
  readonly under: { readonly seq: number; readonly begun: readonly string[] } | undefined;
}

/** undefined: this is the first start, or the file cannot be read. */
export function readDone(path: string): Done | undefined {
  try {
    const value = readRecord(path) as Partial<Done> | undefined;
    if (!Number.isSafeInteger(value?.seq) || typeof value?.at !== 'string') return undefined;
    const { under } = value;
    const sound = Number.isSafeInteger(under?.seq) && Array.isArray(under?.begun);
    return { seq: value.seq!, at: value.at, under: sound ? under : undefined };
  } catch {
    return undefined;
  }
}

/** Returns the error message; undefined: it was written. */
export function writeDone(path: string, done: Done): string | undefined {
  return writeAtomically(path, recordText(done));
}

/**
 * Whether the event has been handled. A lost history starts its numbers again, so the time is
 * compared as well.
 */
export function isDone(
  { seq, at }: Pick<Done, 'seq' | 'at'>,
  event: { readonly seq: number; readonly at: string },
): boolean {
  return event.seq <= seq && event.at <= at;
}
