/**
 * Reads a file that others write and that may be anything: huge, endless, a FIFO without a writer,
 * a device. It never blocks and never reads more than its limit.
 */

import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';

/** Enough for every file that is read this way: one word, one number. */
const MAX_BYTES = 4096;

/**
 * The first 4096 bytes at most. Throws an error with a `code`: an errno, or `not a regular file`.
 */
export function readSmallFile(path: string, encoding: 'utf8' | 'latin1'): string {
  return read(path, () => MAX_BYTES).toString(encoding);
}

/** The whole file. Throws as above, and with the code EFBIG if it has more than `maxBytes`. */
export function readBounded(path: string, maxBytes: number): string {
  const bytes = read(path, (size) => {
    if (size > maxBytes) throw tooLarge(path, maxBytes);
    // Some files have size 0 and contents all the same (proc(5)). A file that grows meanwhile is
    // read up to its former size.
    return size === 0 ? maxBytes + 1 : size;
  });
  if (bytes.length > maxBytes) throw tooLarge(path, maxBytes);
  return bytes.toString('utf8');
}

function read(path: string, bytesOf: (size: number) => number): Buffer {
  // O_NONBLOCK: otherwise open(2) of a FIFO waits for its writer.
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  try {
    const stat = fstatSync(fd);
    // read(2) itself refuses a directory, with a better error.
    if (!stat.isFile() && !stat.isDirectory())
      throw Object.assign(new Error(`${path} is not a regular file`), { code: 'not a regular file' });
    const buffer = Buffer.alloc(bytesOf(stat.isFile() ? stat.size : MAX_BYTES));
    let length = 0;
    for (let count = -1; count !== 0 && length < buffer.length; length += count)
      count = readSync(fd, buffer, length, buffer.length - length, length);
    return buffer.subarray(0, length);
  } finally {
    closeSync(fd);
  }
}

function tooLarge(path: string, maxBytes: number): Error {
  return Object.assign(new Error(`${path} has more than ${maxBytes} bytes`), { code: 'EFBIG' });
}
