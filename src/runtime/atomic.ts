/**
 * Writes a file whole or not at all: write, fsync, rename. A full disk costs the new content,
 * never the old.
 */

import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { codeOf, messageOf } from '../model/error.js';

/** Returns the error, or undefined. */
export function writeAtomically(path: string, text: string): string | undefined {
  const temporary = `${path}.new`;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
    const file = openSync(temporary, 'w', 0o644);
    try {
      // Not writeSync: on a nearly full disk it writes a part and reports success (write(2)).
      writeFileSync(file, text);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
    return undefined;
  } catch (error) {
    // A partial file would keep a full disk full.
    attempt(() => unlinkSync(temporary));
    return messageOf(error);
  }
}

/** The same, and it survives a power failure: the directory is synced as well (fsync(2)). */
export function writeDurably(path: string, text: string): string | undefined {
  return writeAtomically(path, text) ?? attempt(() => syncDirectory(path));
}

/**
 * Removes a file, and the removal survives a power failure. A missing file is no error. Returns
 * the error, or undefined.
 */
export function removeDurably(path: string): string | undefined {
  return attempt(() => {
    try {
      unlinkSync(path); // rmSync of Node 24 does not name the errno.
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error;
    }
    syncDirectory(path);
  });
}

function syncDirectory(path: string): void {
  const directory = openSync(dirname(path), 'r');
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}

function attempt(act: () => void): string | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}
