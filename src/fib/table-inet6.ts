/**
 * fib6_table_lookup (net/ipv6/route.c, ip6_fib.c). Pure.
 *
 * The tree has a node for each prefix that has routes. A node whose prefix has routes for some
 * sources only has a tree of these sources below it.
 *
 *   the first node   that of the longest prefix. If it has a tree of sources: that of the longest
 *                    source; if no source fits, the next shorter prefix (fib6_node_lookup_1; its
 *                    routes for all sources are passed over, too)
 *   within a node    the best score of the lowest metric, then the best score of all other metrics
 *                    together (find_rr_leaf). The score is the router's preference, and whether the
 *                    device is the one asked for (rt6_score_route)
 *   then back        shorter sources, the node itself, shorter prefixes (fib6_backtrack)
 *
 * Not modelled: exceptions of path MTU and redirects, which have a prefix of their own, and the
 * round robin of routers (`rr_ptr`), which needs a kernel without router preferences.
 */

import { containsAddress, defaultPrefix, type Prefix, samePrefix } from '../model/prefix.js';
import { type Nexthop, REFUSALS, type Route } from '../model/route.js';
import { ANY, type Packet } from './packet.js';
import type { Query, TableAnswer } from './query.js';
import { containing, exitsOf, failed, type View } from './view.js';

/**
 * Refusals and `throw` use the loopback device, which has this index in every network namespace.
 */
const LOOPBACK = 1;
const ON_LOOPBACK: readonly Nexthop[] = [{ gateway: undefined, interfaceIndex: LOOPBACK, dead: false }];

/** Routes of one prefix and one source, by ascending metric. */
interface Leaf {
  readonly from: Prefix;
  readonly routes: Route[];
}

/** The routes of one prefix. */
interface Node {
  readonly destination: Prefix;
  /** Routes for all sources. */
  readonly routes: Route[];
  /** Routes for some sources that contain the packet's source, longest source prefix first. */
  readonly sources: Leaf[];
  /** There are routes for some sources, whether or not for the packet's. */
  divided: boolean;
}

export function inet6Table(view: View, table: number, query: Query): TableAnswer | undefined {
  const nodes = nodesOf(containing(view, table, query.packet.destination), query.packet);
  const leaves = inOrder(nodes);
  // On a host that does not forward, next hops that have failed are tried only if no other is
  // found.
  for (const reachable of view.inet6Host === true ? [true, false] : [false])
    for (const routes of leaves) {
      const found = select(view, routes, query, reachable);
      if (found !== undefined) return found;
    }
  return undefined;
}

/** The nodes of a packet, longest prefix first. */
function nodesOf(routes: readonly Route[], packet: Packet): readonly Node[] {
  const nodes: Node[] = [];
  for (const route of routes) {
    let node = nodes.find(({ destination }) => samePrefix(destination, route.destination));
    if (node === undefined)
      nodes.push((node = { destination: route.destination, routes: [], sources: [], divided: false }));
    const { from } = route;
    if (from === undefined || from.length === 0) {
      node.routes.push(route);
      continue;
    }
    node.divided = true;
    if (!containsSource(from, packet)) continue;
    let leaf = node.sources.find((other) => samePrefix(other.from, from));
    if (leaf === undefined) node.sources.push((leaf = { from, routes: [] }));
    leaf.routes.push(route);
  }
  for (const node of nodes) {
    byMetric(node.routes);
    for (const leaf of node.sources) byMetric(leaf.routes);
    node.sources.sort((a, b) => b.from.length - a.from.length);
  }
  return nodes.sort((a, b) => b.destination.length - a.destination.length);
}

function byMetric(routes: Route[]): void {
  routes.sort((a, b) => a.metric - b.metric);
}

function containsSource(from: Prefix, { source }: Packet): boolean {
  // A route for some sources is no answer for all of them.
  return source !== ANY && containsAddress(from, source ?? defaultPrefix('inet6').address);
}

/** The lists of routes to look at, one after the other. */
function inOrder(nodes: readonly Node[]): readonly (readonly Route[])[] {
  let begun = false;
  const lists: (readonly Route[])[] = [];
  for (const { destination, routes, sources, divided } of nodes) {
    // The root is the last resort, whether or not it has a tree of sources.
    if (!begun && divided && sources.length === 0 && destination.length > 0) continue;
    begun = true;
    lists.push(...sources.map((leaf) => leaf.routes));
    if (routes.length > 0) lists.push(routes);
  }
  return lists;
}

interface Match {
  readonly route: Route;
  readonly nexthops: readonly Nexthop[];
  readonly blackhole: boolean;
}

/** find_rr_leaf: the lowest metric by itself, then all higher ones together. */
function select(view: View, routes: readonly Route[], query: Query, reachable: boolean): TableAnswer | undefined {
  const [first] = routes;
  if (first === undefined) return undefined;
  const lowest = routes.filter(({ metric }) => metric === first.metric);
  const match = best(view, lowest, query, reachable) ?? best(view, routes.slice(lowest.length), query, reachable);
  return match === undefined ? undefined : { ...match, alternatives: [] };
}

function best(view: View, routes: readonly Route[], query: Query, reachable: boolean): Match | undefined {
  let found: Match | undefined;
  let highest = -1;
  for (const route of routes) {
    const exits = REFUSALS.has(route.type) || route.type === 'throw' ? ON_LOOPBACK : exitsOf(view, route);
    // A blackhole ends the search even if another route had a better score (__find_rr_leaf).
    if (exits === 'blackhole' || (route.type === 'blackhole' && route.nexthopId !== undefined))
      return { route, nexthops: [], blackhole: true };
    const scores = exits.map((nexthop) => score(view, route, nexthop, query, reachable));
    const top = route.nexthopId === undefined ? Math.max(-1, ...scores) : (scores.find((one) => one > highest) ?? -1);
    if (top <= highest) continue;
    highest = top;
    found = { route, nexthops: taken(route, exits, scores), blackhole: false };
  }
  return found;
}

/**
 * The next hops that a packet may take. Any member of a group may be taken, by the flow's hash
 * alone (nexthop_path_fib6_result).
 */
function taken({ nexthopId }: Route, exits: readonly Nexthop[], scores: readonly number[]): readonly Nexthop[] {
  if (exits === ON_LOOPBACK) return [];
  return nexthopId === undefined ? exits.filter((_, i) => scores[i]! >= 0) : exits;
}

const HARD_FAILURE = -3;

/** find_match and rt6_score_route; below 0 the next hop is passed over. */
function score(
  view: View,
  route: Route,
  nexthop: Nexthop,
  { packet, ignoreLinkState }: Query,
  reachable: boolean,
): number {
  if (nexthop.dead && nexthop.linkDown !== true && !ignoreLinkState) return HARD_FAILURE;
  const wanted = packet.outputInterface?.index;
  const device = wanted === undefined || wanted === nexthop.interfaceIndex ? 2 : 0;
  // Another device than the one asked for is possible only if the packet has a source address
  // (ip6_route_output_flags).
  if (device === 0 && packet.source === undefined) return HARD_FAILURE;
  const { gateway, interfaceIndex } = nexthop;
  if (reachable && gateway !== undefined && failed(view, interfaceIndex, gateway)) return HARD_FAILURE;
  return device | (PREFERENCE[route.preference ?? 'medium'] << 2);
}

/** IPV6_DECODE_PREF (include/net/ip6_route.h). */
const PREFERENCE = { low: 1, medium: 2, high: 3 } as const;
