/**
 * Which destinations were covered before, beside which daemon (core/expected.ts): `covered.json`
 * in the state directory. It may be lost: then a destination is awaited as if for the first time.
 */

import type { Covered } from '../core/expected.js';
import { writeAtomically } from './atomic.js';
import { readRecord, recordText } from './record-file.js';

export function readCovered(path: string): Covered {
  try {
    const value = (readRecord(path) ?? {}) as { readonly version?: unknown; readonly covered?: unknown };
    if (value.version !== 1 || typeof value.covered !== 'object' || value.covered === null) return new Map();
    return new Map(
      Object.entries(value.covered).flatMap(([id, destinations]) =>
        Array.isArray(destinations) ? [[id, new Set(destinations.filter((one) => typeof one === 'string'))]] : [],
      ),
    );
  } catch {
    return new Map();
  }
}

/** Returns the error, or undefined. */
export function writeCovered(path: string, covered: Covered): string | undefined {
  const lists = Object.fromEntries([...covered].map(([id, destinations]) => [id, [...destinations]]));
  return writeAtomically(path, recordText({ version: 1, covered: lists }));
}
