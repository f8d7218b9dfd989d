/**
 * Whether a packet can leave by the next hop that the kernel chooses. The kernel's answer alone
 * does not tell: it sends packets to a link without carrier, and to a neighbour that has not
 * answered for hours. Pure.
 */

import type { Nexthop, Route } from '../model/route.js';
import { REFUSALS } from '../model/route.js';
import { exitsOf, failed, type View } from './view.js';

/** Why no packet gets out; undefined: as far as is known, packets do. */
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
 * The fault of the first bad next hop that the kernel may still send packets to; undefined: none,
 * or the route needs no next hop. One such next hop is enough, because the route then carries some
 * packets only. Next hops that are dead (RTNH_F_DEAD) do not count, because the kernel does not
 * use them; if all are dead, the fault is `dead`.
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

/**
 * As {@link routeFault}, for the next hops of an answer, among which the kernel chooses by flow.
 * An empty list carries nothing.
 */
export function nexthopsFault(view: View, nexthops: readonly Nexthop[]): NexthopFault | undefined {
  if (nexthops.length === 0) return 'dead';
  for (const nexthop of nexthops) {
    const fault = nexthopFault(view, nexthop);
    if (fault !== undefined) return fault;
  }
  return undefined;
}
