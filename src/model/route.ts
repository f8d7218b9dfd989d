/**
 * Routes and policy rules of the kernel's FIB, as the kernel keeps them, and the few numbers that name them.
 * A value here is either *observed* (decoded from a dump) or *wanted*; both have the same shape, so that
 * they can be compared field by field.
 */

import type { Address, Family } from './address.js';
import type { Prefix } from './prefix.js';

/** Table ids (linux/rtnetlink.h, enum rt_class_t). */
export const TABLE_DEFAULT = 253;
export const TABLE_MAIN = 254;
export const TABLE_LOCAL = 255;

/** rtm_type (linux/rtnetlink.h); types that the agent never meets read as `other`. */
export type RouteType =
  | 'unicast'
  | 'local'
  | 'broadcast'
  | 'anycast'
  | 'multicast'
  | 'blackhole'
  | 'unreachable'
  | 'prohibit'
  | 'throw'
  | 'other';

/** Types whose lookup succeeds, and whose packets are refused. */
export const REFUSALS: ReadonlySet<RouteType> = new Set<RouteType>(['blackhole', 'unreachable', 'prohibit']);

/** Whether packets are refused by the route rather than carried. */
export function refuses(route: Route): boolean {
  return REFUSALS.has(route.type);
}

export interface Nexthop {
  /** undefined: on-link, the destination is a neighbour itself. */
  readonly gateway: Address | undefined;
  readonly interfaceIndex: number;
  /** RTNH_F_DEAD or RTNH_F_LINKDOWN: the kernel itself says that this next hop cannot carry. */
  readonly dead: boolean;
}

export interface Route {
  readonly family: Family;
  readonly table: number;
  readonly destination: Prefix;
  /** RTA_PRIORITY, lower wins. With table, destination and tos it is the kernel's identity of a route. */
  readonly metric: number;
  readonly tos: number;
  /** rtm_protocol: who put it there. */
  readonly protocol: number;
  readonly type: RouteType;
  /** One, or several for a multipath route; empty for blackhole and its kin. */
  readonly nexthops: readonly Nexthop[];
}

/** A policy rule (`ip rule`). */
export interface Rule {
  readonly family: Family;
  readonly priority: number;
  readonly table: number;
  /** FRA_SUPPRESS_PREFIXLEN: routes of this length or shorter are ignored; undefined: none is. */
  readonly suppressPrefixLength: number | undefined;
  /** FRA_IIFNAME. `lo` matches only what this host originates. */
  readonly inputInterface: string | undefined;
  /** FRA_PROTOCOL: who put it there; 0 when unknown. */
  readonly protocol: number;
  /** Has a selector or an action beyond the fields above, so it can never be one of ours. */
  readonly foreign: boolean;
}
