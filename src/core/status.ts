/** The state as its status for people and programs. Pure: the wall clock comes in as an offset. */

import { destinationText, prefixText } from '../model/prefix.js';
import type { BackupRouteStatus, Status } from '../model/status.js';
import { FIGHT_WINDOW_MS, pauseOf } from './absorb.js';
import { dampedHoldMs } from './damping.js';
import { managementLink, wanted, type Wanted } from './desired.js';
import { routeKey } from './keys.js';
import { ownedRoutes, ownership } from './plan.js';
import type { State } from './state.js';

/** What the core cannot know of the process around it. */
export interface Surroundings {
  readonly pid: number;
  readonly version: string;
  readonly dryRun: boolean;
  /** Monotonic start of the agent. */
  readonly startedAt: number;
  /** Wall clock minus monotonic clock, in milliseconds. */
  readonly wallOffset: number;
  readonly configuration: Status['configuration'];
}

export function statusOf(state: State, around: Surroundings, now: number): Status {
  const at = (monotonic: number): { since: string; forMs: number } => ({
    since: new Date(around.wallOffset + monotonic).toISOString(),
    forMs: Math.round(now - monotonic),
  });
  const snapshot = state.snapshot;
  const link = snapshot === undefined ? undefined : managementLink(state, snapshot);
  const want = snapshot === undefined ? undefined : wanted(state, snapshot, now);
  const until = state.phase.kind === 'in' ? state.phase.until : undefined;
  return {
    version: 1,
    agent: { pid: around.pid, version: around.version, forMs: Math.round(now - around.startedAt), dryRun: around.dryRun },
    configuration: around.configuration,
    routes: {
      phase: state.phase.kind,
      cause: state.phase.kind === 'in' ? state.phase.cause : null,
      reason: state.phase.reason,
      ...at(state.phase.since),
      untilMs: typeof until === 'number' ? Math.max(0, Math.round(until - now)) : null,
      placement: state.config.placement,
      role: state.config.role,
    },
    managementInterface: {
      name: state.config.managementInterface,
      index: link?.index ?? null,
      up: link?.up ?? false,
      carrier: link?.carrier ?? false,
      addresses: snapshot === undefined ? [] : snapshot.addresses.filter((a) => a.interfaceIndex === link?.index).map((a) => `${a.address}/${a.length}`),
    },
    daemons: [...state.daemons.values()].map((daemon) => ({ id: daemon.id, state: daemon.life, reason: daemon.reason, ...at(daemon.since) })),
    backupRoutes: backupRoutes(state, want),
    waiting: want?.waits ?? (snapshot === undefined ? [{ subject: 'kernel', reason: 'first look is not done yet' }] : []),
    faults: state.faults,
    interference: now - state.fight.last > FIGHT_WINDOW_MS ? null : { episodes: state.fight.count, last: state.fight.culprit, pauseMs: pauseOf(state.fight) },
    damping: { deaths: state.damping.deaths, holdMs: dampedHoldMs(state.damping, state.config.holdMs, now) },
  };
}

/** One line a wanted route; while nothing is wanted (or can be), one a configured destination. */
function backupRoutes(state: State, want: Wanted | undefined): BackupRouteStatus[] {
  const name = state.config.managementInterface;
  const preempting = new Set(want?.preempting);
  const installed = new Set(
    state.snapshot === undefined ? [] : ownedRoutes(ownership(state.config, state.formerGateways), state.snapshot).map((route) => routeKey(route)),
  );
  if (want !== undefined && want.routes.length > 0) {
    return want.routes.map((route) => ({
      destination: destinationText(route.destination),
      gateway: route.nexthops[0]?.gateway ?? '',
      interface: name,
      table: route.table,
      metric: route.metric,
      state: installed.has(routeKey(route)) ? 'installed' : state.refused.has(routeKey(route)) ? 'refused' : 'absent',
      preempting: preempting.has(prefixText(route.destination)),
    }));
  }
  return state.config.backupRouters.flatMap((router) =>
    router.destinations.map((destination) => ({
      destination: destinationText(destination),
      gateway: router.gateways[0] ?? '',
      interface: name,
      table: state.config.placement === 'local' ? state.config.tableBase + destination.length : 254,
      metric: 0,
      state: state.phase.kind === 'in' ? 'absent' : 'withdrawn',
      preempting: false,
    })),
  );
}
