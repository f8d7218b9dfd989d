/**
 * `address: auto`: the gateway is that of the default route which DHCP, a router advertisement or
 * a container runtime put on the management interface. Pure.
 *
 *   foreign default routes exist       the first gateway that they name and that is not known to
 *                                      be dead: lowest metric, then router preference, then order;
 *                                      also source, metrics and onlink
 *   removed because we took them over  the same, from the record (adopt.ts)
 *   removed for another reason         the last gateway seen in this life; else that of our own
 *                                      installed route; else the last one seen in a former life
 *   none of these                      a wait
 *
 * The third case is for a link that went down and up, or a lease that expired, while the routing
 * daemon is dead: a gateway that worked a moment ago is a better guess than none. The status says
 * that it is a guess. The next default route corrects it.
 */

import type { Address, Family } from '../model/address.js';
import { type BackupRouter, type InterfaceSelector, selectorText } from '../model/config.js';
import type { Link } from '../model/link.js';
import { prefixText } from '../model/prefix.js';
import type { Route } from '../model/route.js';
import { bound, isForeignDefault, sameWay, wayOf, waysOf } from './foreign-default.js';
import { chooseGateway, outlook } from './gateway.js';
import { linkOf, type Wait } from './management.js';
import { isOwnTable, isReplyTable, type Ownership, ownedRoutes, ownership } from './ownership.js';
import { LOCAL_METRIC, MAIN_METRIC, MAIN_METRIC_PREEMPTING, RANKS } from './placement.js';
import type { SeenWorld } from './state.js';
import type { AutoWay, Learned, LearnedWay } from './takeover-state.js';

function learnedKey(selector: InterfaceSelector, family: Family): string {
  return `${family} ${selectorText(selector)}`;
}

function present(world: SeenWorld, link: Link, family: Family): readonly Route[] {
  return world.snapshot.foreignRoutes.filter((route) => isForeignDefault(world, link, family, route));
}

/** The learned ways after one more look; the same map if nothing is new. */
export function learnedAfter(world: SeenWorld): Learned {
  let next: Map<string, LearnedWay> | undefined;
  for (const { selector, backupRouters } of world.config.managementInterfaces) {
    const link = linkOf(selector, world.snapshot);
    if (link === undefined) continue;
    for (const { family } of backupRouters.filter((router) => router.auto !== undefined)) {
      const key = learnedKey(selector, family);
      const [way] = waysOf(world, link, present(world, link, family));
      const known = (next ?? world.learned).get(key);
      if (way !== undefined && (known === undefined || known.remembered === true || !sameWay(known, way)))
        (next ??= new Map(world.learned)).set(key, way);
    }
  }
  return next ?? world.learned;
}

/** Whether the same ways have been learned, in this life or in a former one. */
export function sameLearned(a: Learned, b: Learned): boolean {
  const has = (key: string, way: AutoWay): boolean => {
    const other = b.get(key);
    return other !== undefined && sameWay(way, other);
  };
  return a === b || (a.size === b.size && [...a].every(([key, way]) => has(key, way)));
}

/** The gateways of the learned ways. */
export function learnedGateways(learned: Learned): readonly Address[] {
  return [...learned.values()].flatMap(({ gateway }) => gateway ?? []);
}

export interface AutoChoice extends AutoWay {
  readonly rank: number;
  /** What an operator should know of the choice; undefined: nothing. */
  readonly note: Wait | undefined;
}

/**
 * The ways that default routes name, both those in the kernel and those that we took over; if
 * there are none, the last one known, as a guess.
 */
function knownWays(
  world: SeenWorld,
  selector: InterfaceSelector,
  link: Link,
  router: BackupRouter,
): { readonly ways: readonly LearnedWay[]; readonly guessed: boolean } {
  const { family } = router;
  const taken = world.record.adopted
    .flatMap((adopted) => bound(adopted, world.snapshot)?.route ?? [])
    .filter((route) => isForeignDefault(world, link, family, route));
  // Of equal metrics the route in the kernel comes first: it is newer than the record.
  const named = waysOf(world, link, [...present(world, link, family), ...taken]);
  if (named.length > 0) return { ways: named, guessed: false };
  const [route] = ownWays(world, link, router);
  const [nexthop] = route?.nexthops ?? [];
  const installed = route === undefined ? undefined : wayOf(route, nexthop?.gateway, nexthop?.onlink);
  const learned = world.learned.get(learnedKey(selector, family));
  // A route that is in the kernel is newer than the record, unless it came from that.
  const isOld = learned?.remembered === true && installed !== undefined && installed.gateway !== learned.gateway;
  const guess = isOld ? installed : (learned ?? installed);
  return { ways: guess === undefined ? [] : [guess], guessed: true };
}

/**
 * Our own routes that lead to the gateway. Those of symmetric replies come last: they stay while
 * the backup routes are out.
 */
function ownWays(world: SeenWorld, link: Link, { family, destinations }: BackupRouter): readonly Route[] {
  const marks = ownership(world.config, world.former);
  const own = ownedRoutes(marks, world.snapshot).filter(
    (route) => route.family === family && route.nexthops[0]?.interfaceIndex === link.index,
  );
  // A table of symmetric replies also holds the connected prefixes of the interface.
  const isWay = ({ destination }: Route): boolean =>
    destinations.some((wanted) => prefixText(wanted) === prefixText(destination));
  return [
    ...own.filter(({ table }) => !isReplyTable(marks, table)),
    ...own.filter((route) => isReplyTable(marks, route.table) && isWay(route)),
  ];
}

/** All gateways that may be used, in order of preference. Each is probed. */
export function autoGateways(
  world: SeenWorld,
  selector: InterfaceSelector,
  link: Link,
  router: BackupRouter,
): readonly (AutoWay & { readonly gateway: Address })[] {
  const { ways } = knownWays(world, selector, link, router);
  return ways.flatMap((way, i) => {
    const { gateway } = way;
    const isFirst = ways.findIndex((other) => other.gateway === gateway) === i;
    return gateway !== undefined && isFirst ? [{ ...way, gateway }] : [];
  });
}

/**
 * The way to use on the interface: the first whose gateway is not known to be dead. If there is
 * none yet: what is waited for.
 */
export function autoGateway(
  world: SeenWorld,
  selector: InterfaceSelector,
  link: Link,
  router: BackupRouter,
  order: number,
): AutoChoice | Wait {
  const { family } = router;
  const { ways, guessed } = knownWays(world, selector, link, router);
  const [first] = ways;
  if (first === undefined)
    return {
      subject: link.name,
      reason: `no ${family} default route on ${link.name} to take the gateway from yet`,
    };
  const { remembered, ...way } = chosenWay(world, link, ways) ?? first;
  const marks = ownership(world.config, world.former);
  const rank = freeRank(marks, ownWays(world, link, router), family, way.gateway, order);
  if (!guessed) return { ...way, rank, note: undefined };
  const from = remembered === true ? 'remembered from an earlier run' : 'the last gateway known from it';
  const last = way.gateway === undefined ? 'the interface alone' : `${way.gateway}, ${from},`;
  const reason = `its ${family} default route is gone; ${last} is used until there is one again`;
  return { ...way, rank, note: { subject: link.name, reason } };
}

/**
 * The way to use of several. A way without a gateway counts as alive: there is no neighbour to
 * probe.
 */
function chosenWay(world: SeenWorld, link: Link, ways: readonly LearnedWay[]): LearnedWay | undefined {
  const upTo = ways.findIndex(({ gateway }) => gateway === undefined);
  const asked = (upTo < 0 ? ways : ways.slice(0, upTo)).flatMap(({ gateway }) => gateway ?? []);
  if (asked.length === 0) return ways[0];
  const { rank } = chooseGateway(asked, link.index, world.sightings);
  if (upTo >= 0 && outlook([asked[rank]!], link.index, world.sightings) > 0) return ways[upTo];
  return ways[rank];
}

/**
 * The rank of a gateway within the metrics. A gateway that replaces another needs a metric of its
 * own, so that the switch can add before it deletes (fact K4). The installed gateway keeps its
 * rank; a new one takes the first free rank. The ranks are read from the kernel, so no state holds
 * them.
 */
function freeRank(
  marks: Ownership,
  own: readonly Route[],
  family: Family,
  gateway: Address | undefined,
  order: number,
): number {
  const rankOf = ({ table, metric }: Route): number | undefined => {
    // MAIN_METRIC_PREEMPTING counts in shared tables only: in a table of ours the same number is
    // another rank.
    const bases = isOwnTable(marks, table) ? [LOCAL_METRIC[family]] : [MAIN_METRIC, MAIN_METRIC_PREEMPTING];
    return bases.map((base) => metric - base - RANKS * order).find((rank) => rank >= 0 && rank < RANKS);
  };
  const mine = own.filter((route) => route.nexthops[0]?.gateway === gateway).map(rankOf);
  const others = new Set(own.filter((route) => route.nexthops[0]?.gateway !== gateway).map(rankOf));
  const kept = mine.find((rank) => rank !== undefined && !others.has(rank));
  const free = Array.from({ length: RANKS }, (_, rank) => rank).find((rank) => !others.has(rank));
  return RANKS * order + (kept ?? free ?? 0);
}
