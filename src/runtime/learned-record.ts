/**
 * The ways that default routes on the management interfaces named last (core/auto.ts):
 * `learned.json` in the state directory. They are used, as a guess, when the next run finds no
 * default route. The record may be lost: then there is nothing to guess from.
 */

import type { Learned, LearnedWay } from '../core/takeover-state.js';
import { type Family, familyOf, parseAddress } from '../model/address.js';
import { writeAtomically } from './atomic.js';
import { readRecord, recordText } from './record-file.js';

const KEY = /^(?<family>inet6?) \S/;

export function readLearned(path: string): Learned {
  try {
    const value = (readRecord(path) ?? {}) as { readonly version?: unknown; readonly learned?: unknown };
    if (value.version !== 1 || typeof value.learned !== 'object' || value.learned === null) return new Map();
    return new Map(
      Object.entries(value.learned).flatMap(([key, way]): (readonly [string, LearnedWay])[] => {
        const family = KEY.exec(key)?.groups?.['family'];
        return family !== undefined && isWay(way, family as Family) ? [[key, { ...way, remembered: true }]] : [];
      }),
    );
  } catch {
    return new Map();
  }
}

function isWay(value: unknown, family: Family): value is LearnedWay {
  if (typeof value !== 'object' || value === null) return false;
  const { gateway, onlink, source, metrics } = value as Readonly<Record<string, unknown>>;
  const isAddress = (text: unknown): boolean => typeof text === 'string' && parseAddress(text) === text;
  return (
    // A route of IPv4 may have a gateway of IPv6.
    (gateway === undefined || isAddress(gateway)) &&
    (onlink === undefined || onlink === true) &&
    (source === undefined || (isAddress(source) && familyOf(source as string) === family)) &&
    (metrics === undefined || (typeof metrics === 'string' && /^(?:[0-9a-f]{8})+$/.test(metrics)))
  );
}

/** Returns the error, or undefined. */
export function writeLearned(path: string, learned: Learned): string | undefined {
  const ways = [...learned].map(([key, { gateway, onlink, source, metrics }]) => [
    key,
    { gateway, onlink, source, metrics },
  ]);
  return writeAtomically(path, recordText({ version: 1, learned: Object.fromEntries(ways) }));
}
