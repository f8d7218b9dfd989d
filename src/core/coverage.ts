/**
 * Foreign routes as seen from the backup routes: which of them is stale, which destination is covered, where the
 * backup route may take a tie. Pure.
 *
 * A route is *stale* when the daemon that put it there is dead or does not answer. It stops being stale, for
 * the question of ties, with the daemon's first sign of life; for the question of coverage only once the living
 * daemon says that it holds the route (fact F13: "vty answers" proves nothing).
 */

import { byPrefix } from '../fib/by-prefix.js';
import { remembered } from '../fib/remembered.js';
import { type Prefix, prefixText } from '../model/prefix.js';
import type { Nexthop, Route } from '../model/route.js';
import type { Snapshot } from '../model/snapshot.js';
import { adoptable } from './adopt.js';
import { routeKey } from './keys.js';
import { linkOf, realmOf } from './management.js';
import type { SeenWorld, World } from './state.js';

/** Since when the route has been stale, or undefined when its owner lives (or is not watched). */
export function staleSince(world: World, route: Route): number | undefined {
  let since: number | undefined;
  for (const daemon of world.daemons.values()) {
    if ((daemon.life === 'down' || daemon.life === 'unresponsive') && daemon.protocols.includes(route.protocol)) {
      since = Math.min(since ?? daemon.since, daemon.since);
    }
  }
  return since;
}

/** Whether the kernel itself says that no packet gets out through this next hop. */
function nexthopBroken(snapshot: Snapshot, nexthop: Nexthop): boolean {
  if (nexthop.dead) return true;
  const link = snapshot.links.find((candidate) => candidate.index === nexthop.interfaceIndex);
  if (link === undefined || !link.up || !link.carrier) return true;
  return (
    nexthop.gateway !== undefined &&
    snapshot.neighbours.some(
      (n) => n.failed && n.interfaceIndex === nexthop.interfaceIndex && n.address === nexthop.gateway,
    )
  );
}

/** Whether every way out of the route is known to be broken. */
export function knownBad(snapshot: Snapshot, route: Route): boolean {
  return route.nexthops.length > 0 && route.nexthops.every((nexthop) => nexthopBroken(snapshot, nexthop));
}

/** Whether packets can leave by the route: unicast, and one next hop that is not broken. */
function resolves(snapshot: Snapshot, route: Route): boolean {
  return (
    (route.type === 'unicast' || route.type === 'local') &&
    route.nexthops.some((nexthop) => !nexthopBroken(snapshot, nexthop))
  );
}

export interface Rivalry {
  /** The backup route takes the tie now. */
  readonly preempt: boolean;
  /** It will at this time, if nothing happens until then. */
  readonly preemptAt: number | undefined;
  /** A foreign route of the same prefix keeps the tie for now: it is not stale, or has not been stale for long enough. */
  readonly activeRival: boolean;
}

const NO_RIVAL: Rivalry = { preempt: false, preemptAt: undefined, activeRival: false };

/** How the backup route of a destination stands to the best foreign route of the same prefix in its realm, if there is one. */
export function rivalry(world: SeenWorld, rival: Route | undefined, now: number): Rivalry {
  if (rival === undefined) return NO_RIVAL;
  const since = staleSince(world, rival);
  if (since === undefined) return { preempt: false, preemptAt: undefined, activeRival: true };
  if (knownBad(world.snapshot, rival)) return { preempt: true, preemptAt: undefined, activeRival: false };
  if (world.config.preemptAfterMs === 'never') return { preempt: false, preemptAt: undefined, activeRival: true };
  const preemptAt = since + world.config.preemptAfterMs;
  return now >= preemptAt
    ? { preempt: true, preemptAt: undefined, activeRival: false }
    : { preempt: false, preemptAt, activeRival: true };
}

/** When ties may turn by themselves. */
export function turns({ config, daemons }: World): readonly number[] {
  const { preemptAfterMs } = config;
  if (preemptAfterMs === 'never') return [];
  return [...daemons.values()].flatMap(({ life, since }) =>
    life === 'down' || life === 'unresponsive' ? [since + preemptAfterMs] : [],
  );
}

export interface Coverage {
  /** A VRF is there whose table has not been read yet: nothing can be said of the destinations in it. */
  readonly unread: boolean;
  /** Destinations that nothing covers which the daemon has confirmed. */
  readonly uncovered: readonly Prefix[];
  /** Those of them that nothing at all covers but what the daemon has denied, as text: for a daemon that has earned trust. */
  readonly bare: readonly string[];
  /** Foreign prefixes that would cover one, if the living daemon said that it holds them. */
  readonly toConfirm: readonly Question[];
}

/** A foreign prefix that a daemon shall confirm, in the VRF of that name or in the default one. */
export interface Question {
  readonly prefix: Prefix;
  readonly vrf: string | undefined;
}

export function questionKey({ prefix, vrf }: Question): string {
  return vrf === undefined ? prefixText(prefix) : `${vrf} ${prefixText(prefix)}`;
}

/**
 * Which destinations the FIB carries without us. A route covers a destination when it contains it, is not ours nor about to be taken
 * over, resolves, and is not stale; one that a watched daemon put there counts once that daemon has confirmed it.
 */
export const coverage = remembered((world: SeenWorld): Coverage => {
  const { snapshot, daemons, confirmed } = world;
  let unread = false;
  const uncovered: Prefix[] = [];
  const bare: string[] = [];
  const toConfirm = new Map<string, Question>();
  const leaving = new Set(adoptable(world).map((route) => routeKey(route)));
  const stays = (route: Route): boolean => route.destination.length > 0 || !leaving.has(routeKey(route));
  const usable = judgedOnce(
    (route) => stays(route) && resolves(snapshot, route) && staleSince(world, route) === undefined,
  );
  const watched = new Set([...daemons.values()].flatMap((daemon) => daemon.protocols));
  const { covers } = byPrefix(snapshot.foreignRoutes);
  for (const { selector, backupRouters } of world.config.managementInterfaces) {
    const { table, vrf } = realmOf(linkOf(selector, snapshot), snapshot);
    if (vrf !== undefined && !world.tablesRead.includes(table)) {
      unread = true;
      continue;
    }
    const word = judgedOnce((route) =>
      watched.has(route.protocol) ? confirmed.get(questionKey({ prefix: route.destination, vrf })) : true,
    );
    for (const destination of backupRouters.flatMap(({ destinations }) => destinations)) {
      const carrying = covers(table, destination).filter(usable);
      if (carrying.some((route) => word(route) === true)) continue;
      uncovered.push(destination);
      if (carrying.every((route) => word(route) === false)) bare.push(prefixText(destination));
      for (const route of carrying)
        toConfirm.set(questionKey({ prefix: route.destination, vrf }), { prefix: route.destination, vrf });
    }
  }
  return { unread, uncovered, bare, toConfirm: [...toConfirm.values()] };
});

/** A short prefix may cover a hundred thousand destinations: it is judged once. */
function judgedOnce<T>(judge: (route: Route) => T): (route: Route) => T {
  const judged = new Map<Route, T>();
  return (route) => {
    let verdict = judged.get(route);
    if (verdict === undefined && !judged.has(route)) judged.set(route, (verdict = judge(route)));
    return verdict as T;
  };
}
