/** The copy of the last configuration that ran, for the boot on which the real one is broken. */

import { readFileSync } from 'node:fs';
import { writeAtomically } from './atomic.js';

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
  return readLastKnownGood(path) === text ? undefined : writeAtomically(path, text);
}
