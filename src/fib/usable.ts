/**
 * Whether anything gets out where the kernel sends it: our judgement on top of the kernel's answer. The kernel sends packets to a link without
 * carrier and to a neighbour that has not answered for hours. Pure.
 */

import type { Nexthop, Route } from '../model/route.js';
import { REFUSALS } from '../model/route.js';
import { exitsOf, failed, type View } from './view.js';

/** Why nothing gets out; undefined: as far as is known, it does. */
export type NexthopFault = 'dead' | 'no link' | 'link down' | 'no carrier' | 'neighbour failed' | 'not trusted yet';

export function nexthopFault(view: View, nexthop: Nexthop): NexthopFault | undefined {
  return faultNow(view, nexthop) ?? (view.distrusted?.(nexthop) === true ? 'not trusted yet' : undefined);
}

function faultNow(view: View, { dead, linkDown, interfaceIndex, gateway }: Nexthop): NexthopFault | undefined {
  if (dead && linkDown !== true) return 'dead';
  const link = view.links.find(({ index }) => index === interfaceIndex);
  if (link === undefined) return 'no link';
  if (!link.up) return 'link down';
  if (!link.carrier || dead) return 'no carrier';
  return gateway !== undefined && failed(view, interfaceIndex, gateway) ? 'neighbour failed' : undefined;
}

/**
 * The fault of a route by one of whose next hops the kernel sends packets that get nowhere: it carries some packets only. Of several, the kernel
 * itself leaves those that are dead (RTNH_F_DEAD). undefined also for routes that need none.
 */
export function routeFault(view: View, route: Route): NexthopFault | undefined {
  if (REFUSALS.has(route.type) || route.type === 'throw') return undefined;
  const exits = exitsOf(view, route);
  if (exits === 'blackhole') return undefined;
  return nexthopsFault(
    view,
    exits.filter(({ dead, linkDown }) => !dead || linkDown === true),
  );
}

/** As {@link routeFault}, of the next hops that an answer names: the kernel chooses among them by flow. None at all carry nothing. */
export function nexthopsFault(view: View, nexthops: readonly Nexthop[]): NexthopFault | undefined {
  if (nexthops.length === 0) return 'dead';
  for (const nexthop of nexthops) {
    const fault = nexthopFault(view, nexthop);
    if (fault !== undefined) return fault;
  }
  return undefined;
}
