/**
 * Reads the beginning of a file that others write and may have made anything: huge, endless, a FIFO
 * without a writer, a device. It never waits, and never reads more than it says.
 */

import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';

/** More than any file needs that is read so: one word, one number. */
const MAX_BYTES = 4096;

/** At most 4096 bytes. Throws an error with a `code`: an errno, or `not a regular file`. */
export function readSmallFile(path: string, encoding: 'utf8' | 'latin1'): string {
  // O_NONBLOCK: open(2) of a FIFO waits for its writer otherwise.
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  try {
    const stat = fstatSync(fd);
    // A directory is refused by read(2) itself, with a better word.
    if (!stat.isFile() && !stat.isDirectory())
      throw Object.assign(new Error(`${path} is not a regular file`), { code: 'not a regular file' });
    const buffer = Buffer.alloc(MAX_BYTES);
    return buffer.toString(encoding, 0, readSync(fd, buffer, 0, MAX_BYTES, 0));
  } finally {
    closeSync(fd);
  }
}
