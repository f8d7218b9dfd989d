/**
 * Reads a record of the state directory. Most are not there most of the time, and the error that says so costs a start a tenth of a millisecond each: so it is
 * asked first.
 */

import { readFileSync, statSync } from 'node:fs';

/** The text; undefined when there is no such file. Throws where it cannot be read, or not be asked for. */
export function readRecord(path: string): string | undefined {
  return statSync(path, { throwIfNoEntry: false }) === undefined ? undefined : readFileSync(path, 'utf8');
}
