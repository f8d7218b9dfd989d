/**
 * The status, for people and programs, made from the state. Pure: the wall clock comes in as an
 * offset.
 */

import { remembered } from '../fib/remembered.js';
import { type InterfaceSelector, selectorText } from '../model/config.js';
import { destinationText } from '../model/prefix.js';
import { type Route, TABLE_MAIN } from '../model/route.js';
import type { Snapshot } from '../model/snapshot.js';
import type { BackupRouteStatus, Status } from '../model/status.js';
import { adoptionWaits, takenOver } from './adopt-status.js';
import { notHeld, questionKey } from './coverage.js';
import { dampedHoldMs, QUIET_MS } from './damping.js';
import { type Wanted, wanted } from './desired.js';
import { expected } from './expected.js';
import { gatewayStatus } from './gateway-status.js';
import { gatewayOf } from './gateways.js';
import { type Hidden, mayHide, partsTaken, withoutDaemons } from './hidden.js';
import { hiddenWaits, obstacleText, partWaits } from './hidden-text.js';
import { INTERFERENCE_WINDOW_MS, pauseOf } from './interference.js';
import { interfaceKey, interfaceKeyOf, routeKey } from './keys.js';
import { linkOf, linkOfRoute, realmOf } from './management.js';
import { phaseCause } from './phase.js';
import { acknowledgedKeys, missingRoutes } from './presence.js';
import { repliesStatus } from './replies-status.js';
import { isSeen, type Phase, type SeenWorld, type State, type World } from './state.js';

/** What the core does not know about the process around it. */
export interface Surroundings {
  readonly pid: number;
  readonly version: string;
  readonly dryRun: boolean;
  /** null: not known. */
  readonly networkNamespace: string | null;
  /** Monotonic start of the agent. */
  readonly startedAt: number;
  /** Wall clock minus monotonic clock, in milliseconds. */
  readonly wallOffset: number;
  readonly configuration: Pick<Status['configuration'], 'file' | 'source' | 'errors'> &
    Partial<Status['configuration']>;
  /** Absent: null in the status. */
  readonly lastOutage?: Status['lastOutage'];
}

/** The status without a line for each destination, of which there may be a hundred thousand. */
export type Outline = Omit<Status, 'backupRoutes'>;

export function outlineOf(state: State, around: Surroundings, now: number): Outline {
  const at = (monotonic: number): { since: string; forMs: number } => ({
    since: new Date(around.wallOffset + monotonic).toISOString(),
    forMs: Math.round(now - monotonic),
  });
  const { world, orders, phase, agenda } = state;
  const { config, snapshot } = world;
  const want = isSeen(world) ? wanted(world, phase, now) : undefined;
  const role = orders.role ?? world.role;
  const until = phase.kind === 'in' ? phase.until : undefined;
  return {
    version: 1,
    agent: {
      pid: around.pid,
      version: around.version,
      forMs: Math.round(now - around.startedAt),
      dryRun: around.dryRun,
      networkNamespace: around.networkNamespace,
    },
    configuration: { changed: false, unconfirmed: null, rolledBackAt: null, ...around.configuration },
    routes: {
      phase: phase.kind,
      cause: phaseCause(phase) ?? null,
      reason: phase.reason,
      ...at(phase.since),
      uncovered: phase.kind === 'out' ? phase.uncovered : [],
      coveredBefore: [...expected(world)],
      stale: isSeen(world) ? notHeld(world) : [],
      untilMs: typeof until === 'number' ? Math.max(0, Math.round(until - now)) : null,
      placement: config.placement,
      role: role.role,
      roleReason: role.reason,
    },
    managementInterfaces: config.managementInterfaces.map((management) =>
      interfaceStatus(management.selector, snapshot),
    ),
    gateways: isSeen(world) ? gatewayStatus(world, phase.kind === 'starting', at) : [],
    daemons: [...world.daemons.values()].map((daemon) => ({
      id: daemon.id,
      state: daemon.stopped === true ? 'stopped' : daemon.life,
      reason: daemon.reason,
      ...at(daemon.since),
      coveredBefore: [...(world.covered.get(daemon.id) ?? [])],
    })),
    disagreements: [...world.denials]
      .filter(([, { stage }]) => stage !== 'over')
      .map(([destination, { model, kernel, since, until }]) => ({
        destination,
        model,
        kernel,
        ...at(since),
        leftMs: Math.max(0, Math.round(until - now)),
      })),
    symmetricReplies: isSeen(world) ? repliesStatus(world, acknowledgedKeys(agenda)) : [],
    adopted: isSeen(world) ? takenOver(world) : [],
    waiting: isSeen(world)
      ? [...waitsOf(world, phase, want, now), ...adoptionWaits(world, agenda, now)]
      : [{ subject: 'kernel', reason: 'first look is not done yet' }],
    faults: agenda.faults,
    interference:
      now - agenda.interference.last > INTERFERENCE_WINDOW_MS
        ? null
        : {
            episodes: agenda.interference.count,
            last: agenda.interference.culprit.text,
            lastAt: at(agenda.interference.last).since,
            pauseMs: pauseOf(agenda.interference),
          },
    preemption: preemptionStatus(want, at, now),
    damping: dampingStatus(world, now),
    lastOutage: around.lastOutage ?? null,
  };
}

/**
 * While the routes are not in, what would hide them is reported as well, before they are needed.
 */
function waitsOf(world: SeenWorld, phase: Phase, want: Wanted | undefined, now: number): Status['waiting'] {
  const waits = want?.waits ?? [];
  return phase.kind === 'in' && want !== undefined
    ? [...waits, ...partWaits(partsTaken(world, want, now))]
    : [...waits, ...hiddenWaits([...hiddenOnDeath(world).values()], world.config.placement)];
}

/** What would hide the routes if every daemon died this moment, or stopped in order. */
const hiddenOnDeath = remembered((world: SeenWorld): ReadonlyMap<string, Hidden> => {
  if (!mayHide(world)) return new Map();
  const daemons = new Map(
    [...world.daemons].map(([id, daemon]) => [id, { ...daemon, life: 'down' as const, since: 0 }]),
  );
  const phase: Phase = { kind: 'in', cause: 'down', since: 0, reason: '', until: undefined, from: undefined };
  const hidden = (then: SeenWorld): ReadonlyMap<string, Hidden> => wanted(then, phase, 0)?.hidden ?? new Map();
  const [dead, bare] = [{ ...world, daemons }, withoutDaemons(world)];
  return bare === world ? hidden(dead) : new Map([...hidden({ ...bare, daemons }), ...hidden(dead)]);
});

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
    ...(link?.formerName === undefined ? {} : { renamed: true }),
    addresses: addresses ?? [],
  };
}

function preemptionStatus(
  want: Wanted | undefined,
  at: (monotonic: number) => { readonly since: string },
  now: number,
): Status['preemption'] {
  if (want === undefined || (want.preempting.length === 0 && want.preemptAt === undefined)) return null;
  const { preempting, preemptAt } = want;
  return {
    destinations: preempting.length,
    nextAt: preemptAt === undefined ? null : at(preemptAt).since,
    nextInMs: preemptAt === undefined ? null : Math.max(0, Math.round(preemptAt - now)),
  };
}

function dampingStatus({ damping, config }: World, now: number): Status['damping'] {
  const holdMs = dampedHoldMs(damping, config.holdMs, now);
  const { deaths } = damping;
  return {
    deaths,
    holdMs,
    reason:
      holdMs > config.holdMs ? `${deaths} deaths, each within ${QUIET_MS / 60_000} minutes of the one before` : null,
  };
}

/**
 * One line for each wanted route; then one for each configured destination that has none. Each
 * step does little work, however many lines there are. undefined: the step made no line. A dry run
 * has installed nothing, whatever its world says.
 */
export function* routeLines(
  { world, phase, agenda }: State,
  dryRun: boolean,
  now: number,
): Generator<BackupRouteStatus | undefined> {
  const { snapshot, refused } = world;
  const acknowledged = acknowledgedKeys(agenda);
  const want = isSeen(world) ? wanted(world, phase, now) : undefined;
  const names = new Map(snapshot?.links.map(({ index, name }) => [index, name]));
  const preempting = new Set(want?.preempting);
  const absent = isSeen(world) && want !== undefined ? missingRoutes(world, want.routes) : undefined;
  const shown = new Set<string>();
  for (const route of want?.routes ?? []) {
    const [nexthop] = route.nexthops;
    const key = (): string => interfaceKeyOf(route);
    const isNew = acknowledged.size > 0 && acknowledged.has(routeKey(route));
    const there = absent?.has(route) === false || isNew;
    const line: BackupRouteStatus = {
      destination: destinationText(route.destination),
      gateway: nexthop?.gateway ?? '',
      interface: names.get(nexthop?.interfaceIndex ?? 0) ?? '',
      table: route.table,
      metric: route.metric,
      state: there ? (dryRun ? 'absent' : 'installed') : refused.has(routeKey(route)) ? 'refused' : 'absent',
      preempting: preempting.size > 0 && preempting.has(key()),
      ...(want === undefined || want.hidden.size === 0 ? {} : hiding(want.hidden.get(key()))),
      ...(there ? idling(world, route) : {}),
    };
    shown.add(`${route.family} ${line.interface} ${line.table} ${line.destination}`);
    yield line;
  }
  yield* missing(world, phase, shown, want?.yielding ?? new Set());
}

function hiding(hidden: Hidden | undefined): Pick<BackupRouteStatus, 'hiddenBy'> {
  return hidden === undefined ? {} : { hiddenBy: obstacleText(hidden) };
}

/**
 * What the kernel answered when it was asked after the last change. The kernel sends to a link
 * without carrier, and nothing arrives (fact K8).
 */
export function idling({ idle, snapshot }: World, route: Route): Pick<BackupRouteStatus, 'carriesNothing'> {
  const link = snapshot === undefined ? undefined : linkOfRoute(snapshot, route);
  if (link?.carrier === false) return { carriesNothing: `${link.name} has no carrier` };
  if (idle.size === 0 || snapshot === undefined) return {};
  const instead = idle.get(questionKey({ prefix: route.destination, vrf: realmOf(link, snapshot).vrf }));
  return instead === undefined ? {} : { carriesNothing: instead };
}

/**
 * Configured destinations that have no route to show: none is wanted now, or the interface does
 * not exist.
 */
function* missing(
  world: World,
  phase: Phase,
  shown: ReadonlySet<string>,
  yielding: ReadonlySet<string>,
): Generator<BackupRouteStatus | undefined> {
  const { config, snapshot } = world;
  for (const management of config.managementInterfaces) {
    const { selector, backupRouters } = management;
    const link = snapshot === undefined ? undefined : linkOf(selector, snapshot);
    const name = link?.name ?? selectorText(selector);
    const realm = snapshot === undefined ? undefined : realmOf(link, snapshot);
    for (const router of backupRouters) {
      const choice =
        link !== undefined && isSeen(world)
          ? gatewayOf(world, link, management, router, 0)
          : { gateway: router.gateways[0] };
      const gateway = 'gateway' in choice ? (choice.gateway ?? '') : '';
      for (const prefix of router.destinations) {
        const table =
          realm?.vrf === undefined && config.placement === 'local'
            ? config.tableBase + prefix.length
            : (realm?.table ?? TABLE_MAIN);
        const destination = destinationText(prefix);
        const yields = yielding.size > 0 && link !== undefined && yielding.has(interfaceKey(link.index, prefix));
        const state = phase.kind === 'in' && !yields ? 'absent' : 'withdrawn';
        yield shown.has(`${router.family} ${name} ${table} ${destination}`)
          ? undefined
          : { destination, gateway, interface: name, table, metric: 0, state, preempting: false };
      }
    }
  }
}
