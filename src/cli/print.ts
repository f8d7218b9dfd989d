/**
 * What a command writes to standard output and standard error. It writes to the descriptors
 * directly: opening Node's streams takes 3 ms, and the errors of a full disk or a closed pipe are
 * seen here at once.
 */

import { fstatSync, writeSync } from 'node:fs';
import { pause } from '../host/clock.js';
import { codeOf } from '../model/error.js';
import { CommandError, EXIT } from '../model/exit.js';

const STDOUT = 1;
const STDERR = 2;
const PAUSE_MS = 5;

/**
 * Writes the whole text, or what the reader takes of it: if it is gone (`backup-router routes |
 * head`), the command goes on and keeps its exit status. Any other error throws a CommandError.
 */
export function print(text: string): void {
  try {
    write(STDOUT, text);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EPIPE') return;
    throw new CommandError(EXIT.IO, `the output cannot be written: ${code}`);
  }
}

/**
 * Writes what does not belong to the output: diagnostics, progress. Dropped if it cannot be
 * written.
 */
export function printError(text: string): void {
  try {
    write(STDERR, text);
  } catch {
    // There is nowhere left to report it.
  }
}

/** Prints the JSON of a command as one value. */
export function printJson<T extends { readonly version: 1 }>(value: T): void {
  print(`${JSON.stringify(value, null, 2)}\n`);
}

/** The major device number of /dev/null and /dev/full. */
const MEMORY = 1;

/** Standard output as a terminal, with its width. Empty if it is a file, a pipe or /dev/null. */
export function terminal(): { readonly isTTY?: boolean; readonly columns?: number } {
  const out = fstatSync(STDOUT);
  return out.isCharacterDevice() && out.rdev >> 8 !== MEMORY ? process.stdout : {};
}

/** For a command that writes to the stream: exits when the reader is gone. */
export function endWithReader(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') printError(`backup-router: the output cannot be written: ${error.code}\n`);
    process.exit(error.code === 'EPIPE' ? EXIT.OK : EXIT.IO);
  });
}

function write(fd: number, text: string): void {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(fd, bytes, at);
    } catch (error) {
      // EAGAIN: another process has made the pipe non-blocking.
      if (codeOf(error) !== 'EAGAIN') throw error;
      pause(PAUSE_MS);
    }
  }
}
