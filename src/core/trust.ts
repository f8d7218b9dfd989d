/**
 * Next hops of foreign routes that are not trusted: known bad now, or good again for too short a time. Pure.
 *
 * A route by such next hops alone covers nothing and loses every tie, whoever owns it. Hysteresis: it is left at once, and counts
 * again when it has been good for {@link TRUST_AFTER_MS}, so that one that comes and goes does not take the routes with it.
 * Meanwhile nobody sends anything to it, so it is asked for signs of life (probing.ts).
 */

import { remembered } from '../fib/remembered.js';
import { nexthopFault } from '../fib/usable.js';
import { EMPTY_VIEW } from '../fib/view.js';
import type { Nexthop, NexthopObject, Route } from '../model/route.js';
import type { Snapshot } from '../model/snapshot.js';
import { TRUST_AFTER_MS } from './gateway.js';

/** By {@link nexthopKey}: since when they are good again; undefined: they are bad. */
export type Mistrust = ReadonlyMap<string, number | undefined>;

export function nexthopKey({ interfaceIndex, gateway }: Nexthop): string {
  return `${interfaceIndex} ${gateway ?? '-'}`;
}

type Distinct = ReadonlyMap<string, readonly Nexthop[]>;

/** A hundred thousand routes have a few next hops, which may be dead in one route and not yet in another. */
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

/** What one more look makes of it; the very same map when it changes nothing. */
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
