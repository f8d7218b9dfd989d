/** The neighbours that routes send packets to. */

import type { Address } from './address.js';
import type { NeighbourId } from './link.js';
import type { Nexthop, NexthopObject, Route } from './route.js';

/**
 * Each neighbour once, however many routes share it: a full table has a million routes and a few
 * hundred next hops.
 */
export function nextHopsOf(routes: readonly Route[], objects: readonly NexthopObject[] = []): readonly NeighbourId[] {
  const found = new Map<number, Set<Address>>();
  const note = ({ interfaceIndex, gateway }: Nexthop): void => {
    if (gateway === undefined) return;
    const there = found.get(interfaceIndex);
    if (there === undefined) found.set(interfaceIndex, new Set([gateway]));
    else there.add(gateway);
  };
  for (const { nexthops } of routes) for (const nexthop of nexthops) note(nexthop);
  for (const object of objects) if (object.kind === 'nexthop') note(object.nexthop);
  return [...found].flatMap(([interfaceIndex, addresses]) =>
    Array.from(addresses, (address) => ({ interfaceIndex, address })),
  );
}
