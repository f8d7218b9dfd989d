/** Types of the question to a table and of its answer. */

import type { Nexthop, Route } from '../model/route.js';
import type { Packet } from './packet.js';

/** What the lookup is for. */
export interface Query {
  readonly packet: Packet;
  /**
   * RT_SCOPE_*: routes of a smaller value (a wider scope) are passed over. IPv4 uses it when a
   * gateway must be a neighbour.
   */
  readonly scope: number;
  /** Links without carrier count as if they had it (FIB_LOOKUP_IGNORE_LINKSTATE). */
  readonly ignoreLinkState: boolean;
}

/**
 * The route that a table answers with, whatever its type, and those of its next hops that a packet
 * may take.
 */
export interface TableAnswer {
  readonly route: Route;
  readonly nexthops: readonly Nexthop[];
  /** A nexthop object drops the packet, whatever the route's type. */
  readonly blackhole: boolean;
  /**
   * Routes that the kernel may take instead if it takes this one's first next hop for dead
   * (fib_select_default; IPv4 default routes).
   */
  readonly alternatives: readonly Route[];
}
