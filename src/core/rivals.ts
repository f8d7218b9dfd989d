/**
 * Foreign routes as seen from the backup routes: which of them is stale, which destination is covered, where the
 * backup route may take a tie. Pure.
 *
 * A route is *stale* when the daemon that put it there is dead or does not answer. It stops being stale, for
 * the question of ties, with the daemon's first sign of life; for the question of coverage only once the living
 * daemon says that it holds the route (fact F13: "vty answers" proves nothing).
 */

import { type Prefix, prefixText } from '../model/prefix.js';
import type { Nexthop, Route } from '../model/route.js';
import type { Snapshot } from '../model/snapshot.js';
import { adoptable } from './adopt.js';
import { byPrefix } from './by-prefix.js';
import { routeKey } from './keys.js';
import { linkOf, realmOf } from './management.js';
import type { DaemonState, State } from './state.js';

/** Since when the route has been stale, or undefined when its owner lives (or is not watched). */
export function staleSince(daemons: Iterable<DaemonState>, route: Route): number | undefined {
  let since: number | undefined;
  for (const daemon of daemons) {
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
export function rivalry(state: State, snapshot: Snapshot, rival: Route | undefined, now: number): Rivalry {
  if (rival === undefined) return NO_RIVAL;
  const since = staleSince(state.daemons.values(), rival);
  if (since === undefined) return { preempt: false, preemptAt: undefined, activeRival: true };
  if (knownBad(snapshot, rival)) return { preempt: true, preemptAt: undefined, activeRival: false };
  if (state.config.preemptAfterMs === 'never') return { preempt: false, preemptAt: undefined, activeRival: true };
  const preemptAt = since + state.config.preemptAfterMs;
  return now >= preemptAt
    ? { preempt: true, preemptAt: undefined, activeRival: false }
    : { preempt: false, preemptAt, activeRival: true };
}

export interface Coverage {
  /** A VRF is there whose table has not been read yet: nothing can be said of the destinations in it. */
  readonly unread: boolean;
  /** Destinations that nothing covers. */
  readonly uncovered: readonly Prefix[];
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

/** What a coverage was found from; it stays true as long as all of it is the same. */
interface Found {
  readonly from: readonly unknown[];
  readonly coverage: Coverage;
}

const known = { trusting: new WeakMap<Snapshot, Found>(), confirming: new WeakMap<Snapshot, Found>() };

/**
 * Which destinations the FIB carries without us. A route covers a destination when it contains it, is not ours nor about to be taken
 * over, resolves, and is not stale; one that a watched daemon put there counts once that daemon has confirmed it, or
 * (`trusting`, for a daemon that has earned it) as long as it has not denied it.
 */
export function coverage(state: State, snapshot: Snapshot, trusting = false): Coverage {
  const memory = trusting ? known.trusting : known.confirming;
  const from = [state.config, state.daemons, state.confirmed, state.tablesRead];
  const last = memory.get(snapshot);
  if (last?.from.every((value, i) => value === from[i])) return last.coverage;
  const found = findCoverage(state, snapshot, trusting);
  memory.set(snapshot, { from, coverage: found });
  return found;
}

function findCoverage(state: State, snapshot: Snapshot, trusting: boolean): Coverage {
  let unread = false;
  const uncovered: Prefix[] = [];
  const toConfirm = new Map<string, Question>();
  const leaving = new Set(adoptable(state, snapshot).map((route) => routeKey(route)));
  const stays = (route: Route): boolean => route.destination.length > 0 || !leaving.has(routeKey(route));
  const usable = remembering(
    (route: Route) =>
      stays(route) && resolves(snapshot, route) && staleSince(state.daemons.values(), route) === undefined,
  );
  const watched = new Set([...state.daemons.values()].flatMap((daemon) => daemon.protocols));
  const { covers } = byPrefix(snapshot.foreignRoutes);
  for (const { selector, backupRouters } of state.config.managementInterfaces) {
    const { table, vrf } = realmOf(linkOf(selector, snapshot), snapshot);
    if (vrf !== undefined && !state.tablesRead.includes(table)) {
      unread = true;
      continue;
    }
    const counts = remembering(
      (route: Route) =>
        (state.confirmed.get(questionKey({ prefix: route.destination, vrf })) ?? trusting) ||
        !watched.has(route.protocol),
    );
    for (const { destinations } of backupRouters) {
      for (const destination of destinations) {
        const carrying = covers(table, destination).filter(usable);
        if (carrying.some(counts)) continue;
        uncovered.push(destination);
        for (const route of carrying)
          toConfirm.set(questionKey({ prefix: route.destination, vrf }), { prefix: route.destination, vrf });
      }
    }
  }
  return { unread, uncovered, toConfirm: [...toConfirm.values()] };
}

/** A short prefix may cover a hundred thousand destinations: it is judged once. */
function remembering(judge: (route: Route) => boolean): (route: Route) => boolean {
  const judged = new Map<Route, boolean>();
  return (route) => {
    let verdict = judged.get(route);
    if (verdict === undefined) judged.set(route, (verdict = judge(route)));
    return verdict;
  };
}
