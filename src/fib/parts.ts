/**
 * The parts into which longer prefixes divide a destination. The judge (destination.ts) answers
 * for the addresses that nothing more specific takes. Where longer prefixes together take all of
 * them, no such address exists, and each part has an answer of its own. Pure.
 *
 * Addresses that no packet to a host is sent to make no part: of IPv4 the network 0.0.0.0/8, the
 * loopback network, multicast and above; of an IPv6 destination that contains 2000::/3 everything
 * else. They are asked about nowhere (core/sample.ts).
 */

import {
  containsPrefix,
  GLOBAL_INET6,
  halvesOf,
  NO_HOST_INET,
  networkKey,
  PART_BITS,
  type Prefix,
  parsePrefix,
  prefixText,
} from '../model/prefix.js';
import type { Route, Rule } from '../model/route.js';
import { remembered } from './remembered.js';

const UNUSED = NO_HOST_INET.map((text) => parsePrefix(text)!);
const GLOBAL = parsePrefix(GLOBAL_INET6)!;

/**
 * The parts of a destination, in ascending order. None of `longer`, which lie in it, lies in a
 * part without being the part itself.
 */
export function* partsOf(
  destination: Prefix,
  longer: readonly Prefix[],
  within: Prefix = destination,
): Generator<Prefix> {
  if (isUnused(destination, within)) return;
  const inside = longer.filter(({ length }) => length > destination.length);
  if (inside.length === 0) {
    yield destination;
    return;
  }
  for (const half of halvesOf(destination))
    yield* partsOf(
      half,
      inside.filter((one) => containsPrefix(half, one)),
      within,
    );
}

function isUnused(part: Prefix, within: Prefix): boolean {
  if (part.family === 'inet') return UNUSED.some((one) => containsPrefix(one, part));
  return containsPrefix(within, GLOBAL) && !containsPrefix(GLOBAL, part) && !containsPrefix(part, GLOBAL);
}

/** By {@link networkKey} of a destination: the distinct longer prefixes that lie in it. */
type Longer = ReadonlyMap<number | string, readonly Prefix[]>;

export interface Dividing {
  readonly routes: (routes: readonly Route[]) => Longer;
  readonly rules: (rules: readonly Rule[]) => Longer;
}

/**
 * The routes, and the rules for a part, that lie in one of the destinations and are at most {@link
 * PART_BITS} longer. Made once for each list.
 */
export const dividing = remembered((destinations: readonly Prefix[]): Dividing => {
  const keys = new Set(destinations.map((one) => networkKey(one, one.length)));
  const of = (family: Prefix['family']): readonly number[] => [
    ...new Set(destinations.filter((one) => one.family === family).map(({ length }) => length)),
  ];
  const lengths = { inet: of('inet'), inet6: of('inet6') };
  const collected = (prefixes: Iterable<Prefix>): Longer => {
    const found = new Map<number | string, Map<string, Prefix>>();
    for (const one of prefixes)
      for (const length of lengths[one.family]) {
        if (one.length <= length || one.length > length + PART_BITS) continue;
        const key = networkKey(one, length);
        if (!keys.has(key)) continue;
        let there = found.get(key);
        if (there === undefined) found.set(key, (there = new Map()));
        there.set(prefixText(one), one);
      }
    return new Map([...found].map(([key, distinct]) => [key, [...distinct.values()]]));
  };
  return {
    routes: remembered((routes) => collected(destinationsOf(routes))),
    rules: remembered((rules) => collected(rules.flatMap(({ detail }) => detail?.to ?? []))),
  };
});

/** Not as a list: there may be a million routes. */
function* destinationsOf(routes: readonly Route[]): Generator<Prefix> {
  for (const { destination } of routes) yield destination;
}

/** The longer prefixes of several such maps that lie in the destination. */
export function longerIn(maps: readonly Longer[], destination: Prefix): readonly Prefix[] {
  if (maps.every(({ size }) => size === 0)) return [];
  const key = networkKey(destination, destination.length);
  return maps.flatMap((map) => map.get(key) ?? []);
}
