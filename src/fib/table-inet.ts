/**
 * fib_table_lookup (net/ipv4/fib_trie.c). The routes that contain the address are tried in this
 * order: longest prefix, highest tos, lowest metric, oldest. The first one is taken that
 *
 *   fits          its tos is 0 or that of the packet, and its scope is not too wide
 *   refuses       blackhole, unreachable, prohibit and throw need no next hop
 *   or leads      to a next hop that is not dead, by the device that the packet is bound to
 *
 * If no next hop of a route's nexthop object is good, the search ends among all prefixes with the
 * same network address (they are one leaf of the trie: `goto miss`), and goes on with the next
 * shorter network address. Pure.
 */

import { type Nexthop, ordinaryScope, REFUSALS, type Route } from '../model/route.js';
import { LEGACY_TOS } from './matches.js';
import { ANY, type Packet } from './packet.js';
import type { Query, TableAnswer } from './query.js';
import { containing, exitsOf, type View } from './view.js';

export function inetTable(view: View, table: number, query: Query): TableAnswer | undefined {
  const routes = inOrder(containing(view, table, query.packet.destination));
  let missed: string | undefined;
  for (const [at, route] of routes.entries()) {
    if (route.destination.address === missed || !fits(route, query)) continue;
    if (REFUSALS.has(route.type) || route.type === 'throw')
      return { route, nexthops: [], blackhole: false, alternatives: [] };
    const exits = exitsOf(view, route);
    if (exits === 'blackhole') return { route, nexthops: [], blackhole: true, alternatives: [] };
    const nexthops = exits.filter((nexthop) => good(nexthop, query));
    if (nexthops.length > 0) return { route, nexthops, blackhole: false, alternatives: rivals(routes, at, query) };
    if (route.nexthopId !== undefined) missed = route.destination.address;
  }
  return undefined;
}

function inOrder(routes: readonly Route[]): readonly Route[] {
  if (routes.length < 2) return routes;
  return [...routes].sort(
    (a, b) => b.destination.length - a.destination.length || b.tos - a.tos || a.metric - b.metric,
  );
}

/**
 * A tos that differs from packet to packet counts as 0: a route for one tos is no answer for all
 * packets.
 */
function fits(route: Route, { packet, scope }: Query): boolean {
  if (route.tos !== 0 && route.tos !== legacyTos(packet)) return false;
  return scope === 0 || (route.scope ?? ordinaryScope(route)) >= scope;
}

function legacyTos({ tos }: Packet): number {
  return tos === ANY ? 0 : (tos ?? 0) & LEGACY_TOS;
}

/** fib_lookup_good_nhc. */
function good(nexthop: Nexthop, { packet, ignoreLinkState }: Query): boolean {
  if (nexthop.dead && nexthop.linkDown !== true && !ignoreLinkState) return false;
  return packet.outputInterface === undefined || packet.outputInterface.index === nexthop.interfaceIndex;
}

/**
 * Among default routes of one metric, and of a default route for one tos and the plain one, the
 * kernel takes the first whose gateway it does not know to be dead. Packets bound to a device and
 * routes of several next hops are exempt (fib_select_path).
 */
function rivals(routes: readonly Route[], at: number, query: Query): readonly Route[] {
  const [first, ...rest] = routes.slice(at) as [Route, ...Route[]];
  if (
    first.destination.length > 0 ||
    first.type !== 'unicast' ||
    query.packet.outputInterface !== undefined ||
    first.nexthops.length > 1 ||
    first.nexthops[0]?.gateway === undefined
  )
    return [];
  const found: Route[] = [];
  let last = first;
  for (const route of rest) {
    if (!fits(route, query)) continue;
    if (route.metric > last.metric && route.tos === last.tos) {
      if (last.tos !== 0) continue;
      break;
    }
    last = route;
    if (route.type === 'unicast' && route.nexthops[0]?.gateway !== undefined) found.push(route);
  }
  return found;
}
