/**
 * `address: auto`: the gateway is that of the default route which DHCP, a router advertisement or a container runtime put on the
 * management interface. Pure.
 *
 *   a foreign default route is there          its gateway; of several, the lowest metric
 *   it is away because we took it over        the gateway in the record (adopt.ts)
 *   it is away for another reason             the last gateway seen in this life; else that of our own installed route
 *   none of these                             a wait
 *
 * The third line is for a link that went down and up, or a lease that ran out, while the routing daemon is dead: a gateway that
 * worked a moment ago is a better guess than none. The status says that it is one; the next default route corrects it.
 *
 * Invariant: routes of routing daemons, watched or not, and of agents like ourselves teach nothing and are never taken over.
 */

import type { Address, Family } from '../model/address.js';
import type { AdoptedRoute } from '../model/adopted.js';
import { type BackupRouter, type InterfaceSelector, selectorText } from '../model/config.js';
import type { Link } from '../model/link.js';
import type { Route } from '../model/route.js';
import type { Snapshot } from '../model/snapshot.js';
import { linkOf, realmOf, type Wait } from './management.js';
import { ownedRoutes, ownership } from './ownership.js';
import { LOCAL_METRIC, MAIN_METRIC, MAIN_METRIC_PREEMPTING, RANKS } from './placement.js';
import type { Learned, SeenWorld } from './state.js';

/** rtm_protocol of routing daemons: zebra, BIRD, Babel, and FRR's own range (fact F4); 157 is our own default. */
const DAEMON_PROTOCOLS: ReadonlySet<number> = new Set([
  11,
  12,
  42,
  ...Array.from({ length: 13 }, (_, i) => 186 + i),
  157,
]);

function learnedKey(selector: InterfaceSelector, family: Family): string {
  return `${family} ${selectorText(selector)}`;
}

/** Whether the route is a default route that somebody who is no routing daemon put on the link, in the realm of the link. */
export function isForeignDefault(world: SeenWorld, link: Link, family: Family, route: Route): boolean {
  const [nexthop] = route.nexthops;
  return (
    route.family === family &&
    route.destination.length === 0 &&
    route.type === 'unicast' &&
    route.nexthops.length === 1 &&
    nexthop?.gateway !== undefined &&
    nexthop.interfaceIndex === link.index &&
    route.table === realmOf(link, world.snapshot).table &&
    !ownership(world.config, world.former).protocols.has(route.protocol) &&
    !DAEMON_PROTOCOLS.has(route.protocol) &&
    ![...world.daemons.values()].some((daemon) => daemon.protocols.includes(route.protocol))
  );
}

/** A record as it applies now: under the index that its interface has; undefined while the interface is gone. */
export function bound(adopted: AdoptedRoute, snapshot: Snapshot): AdoptedRoute | undefined {
  const { route, interfaceName } = adopted;
  const link =
    snapshot.links.find((l) => l.index === route.nexthops[0]?.interfaceIndex) ??
    snapshot.links.find((l) => l.name === interfaceName);
  if (link === undefined) return undefined;
  return {
    ...adopted,
    route: {
      ...route,
      nexthops: route.nexthops.map((nexthop) => ({ ...nexthop, interfaceIndex: link.index })),
    },
  };
}

function best(routes: readonly Route[]): Address | undefined {
  let found: Route | undefined;
  for (const route of routes) if (found === undefined || route.metric < found.metric) found = route;
  return found?.nexthops[0]?.gateway;
}

function present(world: SeenWorld, link: Link, family: Family): readonly Route[] {
  return world.snapshot.foreignRoutes.filter((route) => isForeignDefault(world, link, family, route));
}

/** What one more look teaches; the very same map when it teaches nothing new. */
export function learnedAfter(world: SeenWorld): Learned {
  let next: Map<string, Address> | undefined;
  for (const { selector, backupRouters } of world.config.managementInterfaces) {
    const link = linkOf(selector, world.snapshot);
    if (link === undefined) continue;
    for (const { family } of backupRouters.filter((router) => router.auto !== undefined)) {
      const key = learnedKey(selector, family);
      const gateway = best(present(world, link, family));
      if (gateway !== undefined && (next ?? world.learned).get(key) !== gateway)
        (next ??= new Map(world.learned)).set(key, gateway);
    }
  }
  return next ?? world.learned;
}

export interface AutoChoice {
  /** undefined: by the interface alone. */
  readonly gateway: Address | undefined;
  readonly rank: number;
  /** What an operator should know of the choice. */
  readonly note: Wait | undefined;
}

/** The gateway to use on the interface, or what is waited for. */
export function autoGateway(
  world: SeenWorld,
  selector: InterfaceSelector,
  link: Link,
  { family }: BackupRouter,
  order: number,
): AutoChoice | Wait {
  const { snapshot } = world;
  const own = ownedRoutes(ownership(world.config, world.former), snapshot).filter(
    (route) => route.family === family && route.nexthops[0]?.interfaceIndex === link.index,
  );
  const taken = world.record.adopted
    .flatMap((adopted) => bound(adopted, snapshot)?.route ?? [])
    .filter((route) => isForeignDefault(world, link, family, route));
  // Of equal metrics the route that is there speaks: it is newer than the record.
  const named = best([...present(world, link, family), ...taken]);
  if (named !== undefined) return { gateway: named, rank: freeRank(own, family, named, order), note: undefined };
  const guess = world.learned.get(learnedKey(selector, family)) ?? own[0]?.nexthops[0]?.gateway;
  if (guess === undefined)
    return {
      subject: link.name,
      reason: `no ${family} default route on ${link.name} to take the gateway from yet`,
    };
  const reason = `its ${family} default route is gone; ${guess}, the last gateway known from it, is used until there is one again`;
  return { gateway: guess, rank: freeRank(own, family, guess, order), note: { subject: link.name, reason } };
}

/**
 * A metric of its own for each gateway that follows another, so that a switch can add before it deletes (fact K4): the
 * installed gateway keeps its rank, a new one takes the first that is free. Read from the kernel, so remembered by nobody.
 */
function freeRank(own: readonly Route[], family: Family, gateway: Address, order: number): number {
  const rankOf = (route: Route): number | undefined => {
    const ranks = [LOCAL_METRIC[family], MAIN_METRIC, MAIN_METRIC_PREEMPTING].map(
      (base) => route.metric - base - RANKS * order,
    );
    return ranks.find((rank) => rank >= 0 && rank < RANKS);
  };
  const mine = own.filter((route) => route.nexthops[0]?.gateway === gateway).map(rankOf);
  const others = new Set(own.filter((route) => route.nexthops[0]?.gateway !== gateway).map(rankOf));
  const kept = mine.find((rank) => rank !== undefined && !others.has(rank));
  const free = Array.from({ length: RANKS }, (_, rank) => rank).find((rank) => !others.has(rank));
  return RANKS * order + (kept ?? free ?? 0);
}
