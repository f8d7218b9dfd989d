/**
 * The copy of the last configuration that ran, for the boot on which the real one is broken. Written whole or not at
 * all (write, fsync, rename); a full disk costs the copy, never the agent.
 */

import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** The kept text; undefined when there is none or it cannot be read. */
export function readLastKnownGood(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** Keeps the text. Returns what went wrong, or undefined. */
export function writeLastKnownGood(path: string, text: string): string | undefined {
  if (readLastKnownGood(path) === text) return undefined;
  const temporary = `${path}.new`;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
    const file = openSync(temporary, 'w', 0o644);
    try {
      writeSync(file, text);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
