/**
 * Routes and policy rules of the kernel's FIB, and the constants that name them. A value here is
 * either *observed* (decoded from a dump) or *wanted*. Both have the same shape, so that they can
 * be compared field by field.
 */

import type { Address, Family } from './address.js';
import type { Prefix } from './prefix.js';
import type { RuleDetail } from './rule-detail.js';

/** Table ids (linux/rtnetlink.h, enum rt_class_t). */
export const TABLE_DEFAULT = 253;
export const TABLE_MAIN = 254;
export const TABLE_LOCAL = 255;

/** rtm_type (linux/rtnetlink.h). Types that the agent never meets are `other`. */
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

/** Types whose routes match and refuse the packet. */
export const REFUSALS: ReadonlySet<RouteType> = new Set<RouteType>(['blackhole', 'unreachable', 'prohibit']);

/**
 * Whether it is an IPv6 route with a nexthop object. The kernel caches one route in the object for
 * all that share it, and may name that one, or none, instead of this (fact K19).
 */
export function mayShareCache({ family, nexthopId }: Route): boolean {
  return family === 'inet6' && nexthopId !== undefined;
}

/** Whether the route refuses packets rather than carries them. */
export function refuses(route: Route): boolean {
  return REFUSALS.has(route.type);
}

export interface Nexthop {
  /** undefined: on-link, the destination is itself a neighbour. */
  readonly gateway: Address | undefined;
  readonly interfaceIndex: number;
  /** RTNH_F_DEAD or RTNH_F_LINKDOWN: the kernel reports that this next hop cannot carry. */
  readonly dead: boolean;
  /**
   * Dead only because the link has no carrier. A lookup still uses it (ignore_routes_with_linkdown
   * is off).
   */
  readonly linkDown?: true;
  /** RTNH_F_ONLINK: the gateway counts as a neighbour although no route says so. */
  readonly onlink?: true;
  /** Its share of a multipath route; absent: 1. */
  readonly weight?: number;
}

/** An object that routes name instead of next hops (`ip nexthop`, linux/nexthop.h). */
export type NexthopObject =
  | { readonly id: number; readonly kind: 'nexthop'; readonly nexthop: Nexthop }
  | { readonly id: number; readonly kind: 'blackhole' }
  | {
      readonly id: number;
      readonly kind: 'group';
      readonly members: readonly { readonly id: number; readonly weight: number }[];
    };

/** RFC 4191: of routers of one metric the kernel takes the one of higher preference. */
export type RouterPreference = 'high' | 'low';

export interface Route {
  readonly family: Family;
  readonly table: number;
  readonly destination: Prefix;
  /**
   * RTA_PRIORITY; the lowest wins. With table, destination and tos it is the kernel's identity of
   * a route.
   */
  readonly metric: number;
  readonly tos: number;
  /** rtm_protocol: who installed it. */
  readonly protocol: number;
  readonly type: RouteType;
  /**
   * One, or several for a multipath route. Empty for blackhole and similar types, and if the
   * kernel names an object only.
   */
  readonly nexthops: readonly Nexthop[];
  /**
   * RTA_NH_ID. Without sysctl nexthop_compat_mode it is all that the kernel says of the next hops.
   */
  readonly nexthopId?: number;
  /** rtm_scope of an IPv4 route; absent: {@link ordinaryScope}. */
  readonly scope?: number;
  /** RTA_SRC, IPv6: the route is for packets from this prefix only. */
  readonly from?: Prefix;
  /** RTA_PREFSRC: the source address of packets that have none yet. */
  readonly source?: Address;
  /** RTA_PREF, IPv6; absent: medium. */
  readonly preference?: RouterPreference;
  /**
   * When it expires, in monotonic milliseconds of this process (performance.now); absent: never.
   */
  readonly expiresAtMs?: number;
  /** RTA_METRICS (MTU and the like) as the kernel sent them, in hexadecimal. */
  readonly metrics?: string;
}

/**
 * rtm_scope (linux/rtnetlink.h): the distance of what an IPv4 route leads to. A higher value is
 * nearer.
 */
const SCOPE_UNIVERSE = 0;
export const SCOPE_LINK = 253;
const SCOPE_HOST = 254;

/** The default scope of ip-route(8) for own addresses, for neighbours, and for everything else. */
export function ordinaryScope({ family, type, nexthops }: Pick<Route, 'family' | 'type' | 'nexthops'>): number {
  if (family === 'inet6') return SCOPE_UNIVERSE;
  if (type === 'local') return SCOPE_HOST;
  if (type === 'broadcast' || type === 'anycast' || type === 'multicast') return SCOPE_LINK;
  const onLink = nexthops.length > 0 && nexthops.every((nexthop) => nexthop.gateway === undefined);
  return onLink ? SCOPE_LINK : SCOPE_UNIVERSE;
}

/** A policy rule (`ip rule`). */
export interface Rule {
  readonly family: Family;
  readonly priority: number;
  readonly table: number;
  /** FRA_SUPPRESS_PREFIXLEN: routes of this length or shorter are ignored; undefined: none is. */
  readonly suppressPrefixLength: number | undefined;
  /** FRA_IIFNAME. `lo` matches only packets that this host originates. */
  readonly inputInterface: string | undefined;
  /** FRA_PROTOCOL: who added it; 0: not known. */
  readonly protocol: number;
  /** Has a selector or an action that our rules never have, so it cannot be one of ours. */
  readonly foreign: boolean;
  /**
   * What it has beyond the fields above. A rule of ours has at most one source address there
   * (core/replies.ts).
   */
  readonly detail?: RuleDetail;
}

/** Routes that use nexthop objects: how many, and the first of them. */
export interface NexthopObjects {
  readonly total: number;
  readonly first: readonly { readonly route: Route; readonly id: number }[];
}
