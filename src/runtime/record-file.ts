/**
 * Records of the state directory: a JSON object in a file, with a checksum of its own, so that a bit
 * that turned on the disk is not taken for an order. What an object must look like is each record's.
 *
 * Most records are not there most of the time, and the error that says so costs a start a tenth of a
 * millisecond each: so it is asked first.
 */

import { statSync } from 'node:fs';
import { readBounded } from '../host/small-file.js';
import { checksum } from './checksum.js';

export type RecordValue = Readonly<{ [key: string]: unknown }>;

/** The largest holds two configurations. */
const MAX_BYTES = 1 << 27;

/**
 * The object; undefined when there is no such file, or nothing in it. Throws where it cannot be read,
 * or is not what was written. A record of a version without checksums has none.
 */
export function readRecord(path: string): RecordValue | undefined {
  if (statSync(path, { throwIfNoEntry: false }) === undefined) return undefined;
  const text = readBounded(path, MAX_BYTES);
  if (text === '') return undefined;
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('not a JSON object');
  const { crc32, ...rest } = value as { readonly crc32?: unknown };
  if (crc32 !== undefined && crc32 !== checksum(JSON.stringify(rest)))
    throw new Error('its checksum does not fit: it was damaged or edited');
  return rest;
}

/** The text of a record, to be written by atomic.ts. */
export function recordText(value: object): string {
  return `${JSON.stringify({ ...value, crc32: checksum(JSON.stringify(value)) }, null, 1)}\n`;
}
