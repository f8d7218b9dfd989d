/** The kernel's lookup in one table (fib_trie.c fib_table_lookup, ip6_fib.c fib6_table_lookup), for a packet without tos. Pure. */

import type { Address } from '../model/address.js';
import { containsAddress } from '../model/prefix.js';
import type { Route } from '../model/route.js';

/** The route that one table has for the address. A next hop that is dead is passed over, for the next metric and then the next shorter prefix. */
export function lookup(routes: readonly Route[], table: number, address: Address): Route | undefined {
  let best: Route | undefined;
  for (const route of routes) {
    if (route.table !== table || route.tos !== 0 || !usable(route) || !containsAddress(route.destination, address))
      continue;
    const longer = best === undefined ? 1 : route.destination.length - best.destination.length;
    if (longer > 0 || (longer === 0 && route.metric < best!.metric)) best = route;
  }
  return best;
}

function usable(route: Route): boolean {
  return route.nexthops.length === 0 || route.nexthops.some((nexthop) => !nexthop.dead);
}
