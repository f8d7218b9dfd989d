/**
 * The copy of the last configuration that ran, for a boot on which the file is broken. Its last
 * line is a comment with a checksum: a damaged copy is ignored.
 */

import { readBounded } from '../host/small-file.js';
import { writeAtomically } from './atomic.js';
import { checksum } from './checksum.js';

/** The largest configuration (config/load.ts) and the last line. */
const MAX_BYTES = (1 << 25) + 64;
const SEAL = /\n# last known good, crc32 ([0-9a-f]{8})\n$/;

/** The kept text; undefined when there is none, or it is unreadable or damaged. */
export function readLastKnownGood(path: string): string | undefined {
  try {
    const sealed = readBounded(path, MAX_BYTES);
    const seal = SEAL.exec(sealed.slice(-64));
    // A copy by a version without checksums.
    if (seal === null) return sealed;
    const text = sealed.slice(0, -seal[0].length);
    return checksum(text) === seal[1] ? text : undefined;
  } catch {
    return undefined;
  }
}

/** Keeps the text. Returns the error, or undefined. */
export function writeLastKnownGood(path: string, text: string): string | undefined {
  if (readLastKnownGood(path) === text) return undefined;
  return writeAtomically(path, `${text}\n# last known good, crc32 ${checksum(text)}\n`);
}
