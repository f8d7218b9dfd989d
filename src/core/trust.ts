/**
 * Next hops of foreign routes that are not trusted: known bad now, or good again for too short a
 * time. Pure.
 *
 * A route that has only such next hops covers nothing and loses every tie, whoever owns it.
 * Hysteresis: a next hop is distrusted at once, and counts again when it has been good for {@link
 * TRUST_AFTER_MS}. One that comes and goes does not make the routes flap. Meanwhile nobody sends
 * anything to it, so it is probed (probing.ts).
 */

import { remembered } from '../fib/remembered.js';
import { nexthopFault } from '../fib/usable.js';
import { EMPTY_VIEW } from '../fib/view.js';
import type { Nexthop, NexthopObject, Route } from '../model/route.js';
import type { Snapshot } from '../model/snapshot.js';
import { TRUST_AFTER_MS } from './gateway.js';

/** By {@link nexthopKey}: since when the next hop is good again; undefined: it is bad. */
export type Mistrust = ReadonlyMap<string, number | undefined>;

export function nexthopKey({ interfaceIndex, gateway }: Nexthop): string {
  return `${interfaceIndex} ${gateway ?? '-'}`;
}

type Distinct = ReadonlyMap<string, readonly Nexthop[]>;

/**
 * A hundred thousand routes have few distinct next hops. One may be dead in one route and not yet
 * in another.
 */
const distinct = remembered((routes: readonly Route[]): Distinct => {
  const found = new Map<string, Nexthop[]>();
  for (const { type, nexthops } of routes) if (type === 'unicast') for (const nexthop of nexthops) put(found, nexthop);
  return found;
});

const distinctObjects = remembered((objects: readonly NexthopObject[]): Distinct => {
  const found = new Map<string, Nexthop[]>();
  for (const object of objects) if (object.kind === 'nexthop') put(found, object.nexthop);
  return found;
});

function put(found: Map<string, Nexthop[]>, nexthop: Nexthop): void {
  const key = nexthopKey(nexthop);
  const known = found.get(key);
  if (known === undefined) found.set(key, [nexthop]);
  else if (!known.some(({ dead, linkDown }) => dead === nexthop.dead && linkDown === nexthop.linkDown))
    known.push(nexthop);
}

/** The mistrust after one more look; the same map if nothing changes. */
export function mistrustAfter(mistrust: Mistrust, snapshot: Snapshot, now: number): Mistrust {
  const { foreignRoutes, furtherRoutes = [], nexthopObjects = [], links, neighbours } = snapshot;
  const view = { ...EMPTY_VIEW, links, neighbours };
  const next = new Map<string, number | undefined>();
  for (const nexthops of [distinct(foreignRoutes), distinct(furtherRoutes), distinctObjects(nexthopObjects)])
    for (const [key, same] of nexthops) {
      if (same.some((nexthop) => nexthopFault(view, nexthop) !== undefined)) next.set(key, undefined);
      else if (mistrust.has(key) && !next.has(key)) {
        const since = mistrust.get(key) ?? now;
        if (now - since < TRUST_AFTER_MS) next.set(key, since);
      }
    }
  const same =
    next.size === mistrust.size && [...next].every(([key, since]) => mistrust.get(key) === since && mistrust.has(key));
  return same ? mistrust : next;
}
