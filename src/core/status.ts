/** The state as its status for people and programs. Pure: the wall clock comes in as an offset. */

import { type InterfaceSelector, selectorText } from '../model/config.js';
import { destinationText } from '../model/prefix.js';
import { TABLE_MAIN } from '../model/route.js';
import type { Snapshot } from '../model/snapshot.js';
import type { BackupRouteStatus, Status } from '../model/status.js';
import { adoptionWaits, takenOver } from './adopt.js';
import { autoGateway } from './auto.js';
import { dampedHoldMs, QUIET_MS } from './damping.js';
import { interfaceKey, type Wanted, wanted } from './desired.js';
import { FIGHT_WINDOW_MS, pauseOf } from './fight.js';
import { type Hidden, hiddenDestinations, hiddenWaits, refusalText } from './hidden.js';
import { routeKey } from './keys.js';
import { linkOf, realmOf } from './management.js';
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
  readonly configuration: Pick<Status['configuration'], 'file' | 'source' | 'errors'> &
    Partial<Status['configuration']>;
  /** null when absent. */
  readonly lastOutage?: Status['lastOutage'];
}

export function statusOf(state: State, around: Surroundings, now: number): Status {
  const at = (monotonic: number): { since: string; forMs: number } => ({
    since: new Date(around.wallOffset + monotonic).toISOString(),
    forMs: Math.round(now - monotonic),
  });
  const snapshot = state.snapshot;
  const want = snapshot === undefined ? undefined : wanted(state, snapshot, now);
  const role = state.roleOverride ?? state.role;
  const until = state.phase.kind === 'in' ? state.phase.until : undefined;
  return {
    version: 1,
    agent: {
      pid: around.pid,
      version: around.version,
      forMs: Math.round(now - around.startedAt),
      dryRun: around.dryRun,
    },
    configuration: { unconfirmed: null, rolledBackAt: null, ...around.configuration },
    routes: {
      phase: state.phase.kind,
      cause: state.phase.kind === 'in' ? state.phase.cause : null,
      reason: state.phase.reason,
      ...at(state.phase.since),
      untilMs: typeof until === 'number' ? Math.max(0, Math.round(until - now)) : null,
      placement: state.config.placement,
      role: role.role,
      roleReason: role.reason,
    },
    managementInterfaces: state.config.managementInterfaces.map((management) =>
      interfaceStatus(management.selector, snapshot),
    ),
    daemons: [...state.daemons.values()].map((daemon) => ({
      id: daemon.id,
      state: daemon.life,
      reason: daemon.reason,
      ...at(daemon.since),
    })),
    backupRoutes: backupRoutes(state, want),
    adopted: snapshot === undefined ? [] : takenOver(state, snapshot),
    waiting:
      snapshot === undefined
        ? [{ subject: 'kernel', reason: 'first look is not done yet' }]
        : [...waitsOf(state, snapshot, want), ...adoptionWaits(state, snapshot, now)],
    faults: state.faults,
    interference:
      now - state.fight.last > FIGHT_WINDOW_MS
        ? null
        : { episodes: state.fight.count, last: state.fight.culprit.text, pauseMs: pauseOf(state.fight) },
    damping: dampingStatus(state, now),
    lastOutage: around.lastOutage ?? null,
  };
}

/** While the routes are not in, a refusal that would hide them is told all the same: better now than when they are needed. */
function waitsOf(state: State, snapshot: Snapshot, want: Wanted | undefined): Status['waiting'] {
  return state.phase.kind === 'in'
    ? (want?.waits ?? [])
    : hiddenWaits(hiddenDestinations(state.config, snapshot, false));
}

function interfaceStatus(
  selector: InterfaceSelector,
  snapshot: Snapshot | undefined,
): Status['managementInterfaces'][number] {
  const link = snapshot === undefined ? undefined : linkOf(selector, snapshot);
  const addresses = snapshot?.addresses
    .filter((a) => a.interfaceIndex === link?.index)
    .map((a) => `${a.address}/${a.length}`);
  return {
    selector: selectorText(selector),
    name: link?.name ?? null,
    index: link?.index ?? null,
    up: link?.up ?? false,
    carrier: link?.carrier ?? false,
    addresses: addresses ?? [],
  };
}

function dampingStatus(state: State, now: number): Status['damping'] {
  const holdMs = dampedHoldMs(state.damping, state.config.holdMs, now);
  const { deaths } = state.damping;
  return {
    deaths,
    holdMs,
    reason:
      holdMs > state.config.holdMs
        ? `${deaths} deaths, each within ${QUIET_MS / 60_000} minutes of the one before`
        : null,
  };
}

/** One line a wanted route; while nothing is wanted (or can be), one a configured destination. */
function backupRoutes(state: State, want: Wanted | undefined): BackupRouteStatus[] {
  const nameOf = (index: number | undefined): string =>
    state.snapshot?.links.find((link) => link.index === index)?.name ?? '';
  const preempting = new Set(want?.preempting);
  const installed = new Set(
    state.snapshot === undefined
      ? []
      : ownedRoutes(ownership(state.config, state.formerGateways), state.snapshot).map((route) => routeKey(route)),
  );
  const present = (want?.routes ?? []).map(
    (route): BackupRouteStatus => ({
      destination: destinationText(route.destination),
      gateway: route.nexthops[0]?.gateway ?? '',
      interface: nameOf(route.nexthops[0]?.interfaceIndex),
      table: route.table,
      metric: route.metric,
      state: installed.has(routeKey(route)) ? 'installed' : state.refused.has(routeKey(route)) ? 'refused' : 'absent',
      preempting: preempting.has(interfaceKey(route.nexthops[0]?.interfaceIndex ?? 0, route.destination)),
      ...hiding(want?.hidden.get(interfaceKey(route.nexthops[0]?.interfaceIndex ?? 0, route.destination))),
    }),
  );
  return [...present, ...missing(state, present)];
}

function hiding(hidden: Hidden | undefined): Pick<BackupRouteStatus, 'hiddenBy'> {
  return hidden === undefined ? {} : { hiddenBy: refusalText(hidden.by) };
}

/** Configured destinations that have no route to show: nothing is wanted now, or its interface is not there. */
function missing(state: State, present: readonly BackupRouteStatus[]): BackupRouteStatus[] {
  const shown = new Set(present.map((route) => `${route.interface} ${route.table} ${route.destination}`));
  const text = state.phase.kind === 'in' ? 'absent' : 'withdrawn';
  return state.config.managementInterfaces.flatMap(({ selector, backupRouters }) => {
    const link = state.snapshot === undefined ? undefined : linkOf(selector, state.snapshot);
    const name = link?.name ?? selectorText(selector);
    const realm = state.snapshot === undefined ? undefined : realmOf(link, state.snapshot);
    return backupRouters.flatMap((router) => {
      const auto =
        router.auto === undefined || link === undefined || state.snapshot === undefined
          ? undefined
          : autoGateway(state, state.snapshot, selector, link, router, 0);
      const gateway = router.gateways[0] ?? (auto !== undefined && 'gateway' in auto ? auto.gateway : '');
      return router.destinations.flatMap((prefix): BackupRouteStatus[] => {
        const table =
          realm?.vrf === undefined && state.config.placement === 'local'
            ? state.config.tableBase + prefix.length
            : (realm?.table ?? TABLE_MAIN);
        const destination = destinationText(prefix);
        if (shown.has(`${name} ${table} ${destination}`)) return [];
        return [{ destination, gateway, interface: name, table, metric: 0, state: text, preempting: false }];
      });
    });
  });
}
