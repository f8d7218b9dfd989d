/**
 * What a command writes to standard output and standard error. By the descriptors themselves: Node's streams take 3 ms of a command to open, and what a
 * full disk or a closed pipe says is heard here, at once.
 */

import { fstatSync, writeSync } from 'node:fs';
import { pause } from '../host/clock.js';
import { CommandError, EXIT } from '../model/exit.js';

const STDOUT = 1;
const STDERR = 2;
const PAUSE_MS = 5;

/** Writes it whole. Nobody who reads it (`backup-router routes | head`) ends the command; throws a CommandError where it cannot be written. */
export function print(text: string): void {
  try {
    write(STDOUT, text);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EPIPE') process.exit(EXIT.OK);
    throw new CommandError(EXIT.IO, `the output cannot be written: ${code}`);
  }
}

/** What stands beside the output: diagnostics, what is done meanwhile. Dropped where it cannot be written. */
export function printError(text: string): void {
  try {
    write(STDERR, text);
  } catch {
    // There is nowhere to say so.
  }
}

/** The JSON of a command: one value, whole. */
export function printJson<T extends { readonly version: 1 }>(value: T): void {
  print(`${JSON.stringify(value, null, 2)}\n`);
}

/** Standard output as a terminal, with its width; nothing where it is a file or a pipe. */
export function terminal(): { readonly isTTY?: boolean; readonly columns?: number } {
  return fstatSync(STDOUT).isCharacterDevice() ? process.stdout : {};
}

/** For a command that writes to the stream: it ends when nobody reads any more. */
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
      // A pipe that somebody else has made one that does not wait.
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      pause(PAUSE_MS);
    }
  }
}
