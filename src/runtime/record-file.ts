/**
 * Records of the state directory: a JSON object in a file with a checksum, so that a disk error is
 * not taken for an order. The contents are up to each record.
 *
 * Most records do not exist most of the time, and an ENOENT exception takes a tenth of a
 * millisecond at start, so existence is checked first.
 */

import { statSync } from 'node:fs';
import { readBounded } from '../host/small-file.js';
import { checksum } from './checksum.js';

export type RecordValue = Readonly<{ [key: string]: unknown }>;

/** The largest record has two configurations. */
const MAX_BYTES = 1 << 27;

/**
 * The object; undefined when the file does not exist or is empty. Throws when it cannot be read or
 * is damaged. A record by a version without checksums has none.
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

/** The text of a record, for atomic.ts. */
export function recordText(value: object): string {
  return `${JSON.stringify({ ...value, crc32: checksum(JSON.stringify(value)) }, null, 1)}\n`;
}
