/**
 * Default routes on a management interface that no routing daemon installed, and the ways out that
 * they name. All forms that the kernel has are covered: one next hop, several, nexthop objects, by
 * a gateway of either family or by the interface alone. Pure.
 *
 * Invariant: routes of routing daemons, watched or not, and of other backup-router agents are none
 * of them.
 */

import { snapshotExits } from '../fib/snapshot-view.js';
import type { Address, Family } from '../model/address.js';
import type { AdoptedRoute } from '../model/adopted.js';
import { isDaemonProtocol } from '../model/daemon-protocols.js';
import type { Link } from '../model/link.js';
import type { Nexthop, Route } from '../model/route.js';
import type { Snapshot } from '../model/snapshot.js';
import { linkOfRoute, realmOf } from './management.js';
import { ownership } from './ownership.js';
import type { SeenWorld } from './state.js';
import type { AutoWay } from './takeover-state.js';

/** The default protocol number of this agent. Another agent's routes have it, too. */
const OWN_KIND = 157;

/**
 * A foreign unicast default route for all packets that has a next hop on the link, in the realm of
 * the link.
 */
export function isForeignDefault(world: SeenWorld, link: Link, family: Family, route: Route): boolean {
  return (
    route.family === family &&
    route.destination.length === 0 &&
    route.type === 'unicast' &&
    route.tos === 0 &&
    route.from === undefined &&
    route.table === realmOf(link, world.snapshot).table &&
    !ownership(world.config, world.former).protocols.has(route.protocol) &&
    !isDaemonProtocol(route.protocol) &&
    route.protocol !== OWN_KIND &&
    ![...world.daemons.values()].some((daemon) => daemon.protocols.includes(route.protocol)) &&
    exits(world.snapshot, route).some(({ interfaceIndex }) => interfaceIndex === link.index)
  );
}

/** Whether it has next hops on other interfaces, too. */
export function leavesElsewhere({ snapshot }: SeenWorld, link: Link, route: Route): boolean {
  return exits(snapshot, route).some(({ interfaceIndex }) => interfaceIndex !== link.index);
}

function exits(snapshot: Snapshot, route: Route): readonly Nexthop[] {
  const found = snapshotExits(snapshot, route);
  return found === 'blackhole' ? [] : found;
}

/**
 * The ways out by the link that the routes name, in the kernel's order of preference. Those that
 * the kernel knows to be dead come last.
 */
export function waysOf({ snapshot }: SeenWorld, link: Link, routes: readonly Route[]): readonly AutoWay[] {
  const ways = [...routes].sort(byPreference).flatMap((route) =>
    exits(snapshot, route)
      .filter(({ interfaceIndex }) => interfaceIndex === link.index)
      .map(({ gateway, onlink, dead }) => ({ dead, way: wayOf(route, gateway, onlink) })),
  );
  return [...ways.filter(({ dead }) => !dead), ...ways.filter(({ dead }) => dead)].map(({ way }) => way);
}

export function wayOf({ source, metrics }: Route, gateway: Address | undefined, onlink: true | undefined): AutoWay {
  return {
    gateway,
    ...(onlink === true ? { onlink } : {}),
    ...(source === undefined ? {} : { source }),
    ...(metrics === undefined ? {} : { metrics }),
  };
}

export function sameWay(a: AutoWay, b: AutoWay): boolean {
  return a.gateway === b.gateway && a.onlink === b.onlink && a.source === b.source && a.metrics === b.metrics;
}

/** RFC 4191: of IPv6 routers of one metric the kernel takes the one of higher preference. */
function byPreference(a: Route, b: Route): number {
  return a.metric - b.metric || PREFERENCE[a.preference ?? 'medium'] - PREFERENCE[b.preference ?? 'medium'];
}

const PREFERENCE = { high: 0, medium: 1, low: 2 } as const;

/**
 * Whether the kernel would have removed the route by itself: it removes an IPv4 route together
 * with its preferred source, and refuses it without that. Such a route is not given back.
 */
export function isVoid({ route }: Pick<AdoptedRoute, 'route'>, snapshot: Snapshot): boolean {
  return route.family === 'inet' && !hasSource(route, snapshot);
}

function hasSource({ source }: Route, { addresses }: Snapshot): boolean {
  return source === undefined || addresses.some(({ address }) => address === source);
}

/**
 * A record as it applies now, with the present index of its interface; undefined while the
 * interface is gone, or if the record is void. An IPv6 route whose source is gone goes on without
 * one, as in the kernel.
 */
export function bound(adopted: AdoptedRoute, snapshot: Snapshot): AdoptedRoute | undefined {
  const { route, interfaceName } = adopted;
  const link = linkOfRoute(snapshot, route) ?? snapshot.links.find((l) => l.name === interfaceName);
  if (link === undefined || isVoid(adopted, snapshot)) return undefined;
  const { source: _source, ...sourceless } = route;
  return {
    ...adopted,
    route: {
      ...(hasSource(route, snapshot) ? route : sourceless),
      nexthops: route.nexthops.map((nexthop) => ({ ...nexthop, interfaceIndex: link.index })),
    },
  };
}
