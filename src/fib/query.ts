/** What a table is asked, and what it answers. */

import type { Nexthop, Route } from '../model/route.js';
import type { Packet } from './packet.js';

/** What the lookup is for. */
export interface Query {
  readonly packet: Packet;
  /** Routes of less scope are passed over; of IPv4, where a gateway must be a neighbour. */
  readonly scope: number;
  /** Links without carrier count as if they had it (FIB_LOOKUP_IGNORE_LINKSTATE). */
  readonly ignoreLinkState: boolean;
}

/** The route that a table answers with: whatever its type, and of its next hops those that a packet may take. */
export interface TableAnswer {
  readonly route: Route;
  readonly nexthops: readonly Nexthop[];
  /** The packet is dropped by a nexthop object, whatever the route's type. */
  readonly blackhole: boolean;
  /** Routes that the kernel may take instead when it takes their first next hop for dead (fib_select_default; IPv4 default routes). */
  readonly alternatives: readonly Route[];
}
