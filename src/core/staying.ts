/**
 * Installed backup routes that stay as they are although another metric or source is wanted,
 * because the kernel refuses each new route by their gateway: no route makes it a neighbour any
 * more, or a rule is in front. The installed ones carry packets. Pure.
 */

import { neighbourKey } from '../model/link.js';
import { prefixText } from '../model/prefix.js';
import type { Route } from '../model/route.js';
import { gatewaysIn } from './gateways.js';
import { routeKey } from './keys.js';
import { ownedRoutes, ownership } from './ownership.js';
import type { SeenWorld } from './state.js';

/** By each wanted route that the kernel would refuse: the installed one that it would replace. */
export function staying(world: SeenWorld, wanted: readonly Route[]): ReadonlyMap<Route, Route> {
  const stays = new Map<Route, Route>();
  const left = gatewaysIn(world).flatMap(({ link, address, standing }) =>
    link !== undefined && standing.kind === 'neighbour' && standing.odd !== undefined
      ? [neighbourKey({ interfaceIndex: link.index, address })]
      : [],
  );
  if (left.length === 0) return stays;
  const installed = new Map<string, Route[]>();
  for (const route of ownedRoutes(ownership(world.config, world.former), world.snapshot)) {
    const key = wayOf(route);
    const others = installed.get(key);
    if (others === undefined) installed.set(key, [route]);
    else others.push(route);
  }
  for (const route of wanted) {
    const { gateway, interfaceIndex = 0 } = route.nexthops[0] ?? {};
    if (gateway === undefined || !left.includes(neighbourKey({ interfaceIndex, address: gateway }))) continue;
    const there = installed.get(wayOf(route)) ?? [];
    const [first] = there;
    if (first !== undefined && there.every((one) => routeKey(one) !== routeKey(route))) stays.set(route, first);
  }
  return stays;
}

function wayOf({ family, table, destination, nexthops: [nexthop] }: Route): string {
  return `${family} ${table} ${prefixText(destination)} ${nexthop?.gateway} ${nexthop?.interfaceIndex}`;
}
