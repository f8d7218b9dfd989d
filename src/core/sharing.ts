/**
 * A look that finds what the one before found yields the same snapshot object, and its unchanged
 * parts are the same lists. So everything computed from them (rivals, covers, desired routes,
 * steps) stays valid by identity, and an event that changes nothing costs next to nothing, even
 * with a hundred thousand destinations. Pure.
 */

import type { Route } from '../model/route.js';
import type { Snapshot } from '../model/snapshot.js';
import { sameRoute } from './keys.js';

/**
 * `after` with every part that equals that of `before` replaced by it; `before` itself if all of
 * them do.
 */
export function sharing(before: Snapshot | undefined, after: Snapshot): Snapshot {
  if (before === undefined) return after;
  const shared: Snapshot = {
    ...after,
    links: same(before.links, after.links),
    addresses: same(before.addresses, after.addresses),
    ownRoutes: sameRoutes(before.ownRoutes, after.ownRoutes),
    foreignRoutes: sameRoutes(before.foreignRoutes, after.foreignRoutes),
    ...(after.furtherRoutes === undefined
      ? {}
      : { furtherRoutes: sameRoutes(before.furtherRoutes ?? [], after.furtherRoutes) }),
    ...(after.nexthopObjects === undefined
      ? {}
      : { nexthopObjects: same(before.nexthopObjects, after.nexthopObjects) }),
    ...(after.originals === undefined ? {} : { originals: same(before.originals, after.originals) }),
    rules: same(before.rules, after.rules),
    neighbours: same(before.neighbours, after.neighbours),
  };
  const keys = new Set([...Object.keys(before), ...Object.keys(shared)]) as Set<keyof Snapshot>;
  return [...keys].every((key) => before[key] === shared[key]) ? before : shared;
}

function same<T>(before: readonly T[] | undefined, after: readonly T[]): readonly T[] {
  if (before === undefined || before.length !== after.length) return after;
  return before === after || before.every((one, i) => sameValue(one, after[i]!)) ? before : after;
}

/**
 * Compares plain values. A field that is undefined counts as absent. Comparing their text would
 * take most of a look with four thousand links.
 */
export function sameValue(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [one, other] = [a, b] as Readonly<Record<string, unknown>>[];
  for (const key in one) if (!sameValue(one[key], other![key])) return false;
  for (const key in other) if (other[key] !== undefined && one![key] === undefined) return false;
  return true;
}

/** The list `before` if `after` is equal to it, route by route. */
function sameRoutes(before: readonly Route[], after: readonly Route[]): readonly Route[] {
  return before === after || (before.length === after.length && before.every((route, i) => sameRoute(route, after[i]!)))
    ? before
    : after;
}
