/**
 * Detects outages from the transitions: when one begins, how soon the backup routes were in the
 * kernel, when it ends.
 *
 * An outage is a time in which the routes are in because of the daemon. Routes that are in because
 * of an order or a role (a pin, standby) are no outage, unless a daemon is unhealthy meanwhile.
 * Times are the agent's: of a hang it sees the end of the probe-timeout, not the beginning.
 */

import { isStale, questionKey, rivalOf, rivalry } from '../core/coverage.js';
import { wanted } from '../core/desired.js';
import type { Input, Transition } from '../core/inputs.js';
import { interfaceKey } from '../core/keys.js';
import { linkOf, realmOf } from '../core/management.js';
import { causeAfter } from '../core/outage-cause.js';
import { isReplyTable, ownership } from '../core/ownership.js';
import { phaseCause } from '../core/phase.js';
import type { Step } from '../core/ports.js';
import { isSeen, type State, type World } from '../core/state.js';
import { underWay } from '../core/takeover.js';
import type { DaemonId } from '../model/daemon.js';
import type { Happening, OutageCause } from '../model/event.js';
import type { Route } from '../model/route.js';

export interface Outages {
  /** The cause that the news of a daemon gives to the outage under way; undefined: it stays. */
  heard(news: Happening & { kind: 'daemon' }, now: number): OutageCause | undefined;
  /** The outage events of the transition, in order. */
  after(before: State, input: Input, result: Transition, now: number): readonly Happening[];
  /**
   * The outage that was found at start had lasted this long when the agent started. No effect if
   * there is none.
   */
  resume(earlierMs: number): void;
}

interface Under {
  readonly began: number;
  readonly cause: OutageCause;
  /** Whose verdict began it. */
  readonly daemon: DaemonId | undefined;
  readonly earlierMs: number;
  /**
   * `awaited`: routes are on their way to the kernel; a number: when they were there; undefined:
   * not known.
   */
  readonly bridged: 'awaited' | number | undefined;
  /** What the routes were waiting for at the last look. */
  readonly waitedFor?: string;
  /** Stale routes were winning a tie when it began. */
  readonly stale: boolean;
  /** When backup routes won the first tie. */
  readonly preemptedAfterMs: number | undefined;
  /** When the stale routes were found gone, and not replaced yet. */
  readonly goneAfterMs?: number;
  /** The routes were out and uncovered for a part of it. */
  readonly exposed?: boolean;
}

/**
 * FRR removes its routes while it closes its sockets. Stale for so short a time, they carry
 * nothing.
 */
const CLOSING_MS = 1000;

export function createOutages(): Outages {
  let under: Under | undefined;

  const begin = (before: State, input: Input, { state, outputs }: Transition, now: number): Happening => {
    const turned = outputs.some((output) => output.kind === 'phase' && output.from.kind !== 'in');
    const cause = causeOf(before, input, state);
    under = {
      began: now,
      cause,
      daemon: input.kind === 'verdict' && cause !== 'start' ? input.id : undefined,
      earlierMs: 0,
      bridged: turned ? 'awaited' : undefined,
      stale: staleCarries(state, now),
      preemptedAfterMs: undefined,
    };
    return { kind: 'outage-began', cause, reason: reasonOf(state), daemon: under.daemon };
  };

  const bridge = (before: State, input: Input, { state }: Transition, now: number): Happening | undefined => {
    if (under?.bridged !== 'awaited') return undefined;
    if (
      input.kind === 'applied' &&
      input.steps.some((step, i) => input.results[i]?.ok === true && isBackupRoute(state.world, step))
    ) {
      const afterMs = rounded(now - under.began);
      const { waitedFor } = under;
      under = { ...under, bridged: afterMs };
      return { kind: 'outage-bridged', afterMs, late: waitedFor };
    }
    if (input.kind === 'observed' && state.agenda.completedRounds > before.agenda.completedRounds) {
      // The look found nothing to do: the routes were in already, or they cannot be installed yet.
      const waits = isSeen(state.world) ? (wanted(state.world, state.phase, now)?.waits ?? []) : [];
      under =
        waits.length === 0
          ? { ...under, bridged: undefined }
          : { ...under, waitedFor: waits.map((wait) => `${wait.subject}: ${wait.reason}`).join('; ') };
    }
    return undefined;
  };

  /** Notes when backup routes have won a tie. */
  const preempted = ({ state }: Transition, input: Input, now: number): void => {
    if (under === undefined || under.preemptedAfterMs !== undefined || input.kind !== 'applied') return;
    if (!preempts(state, now)) return;
    under = { ...under, preemptedAfterMs: rounded(now - under.began) };
  };

  /** Notes when the stale routes are gone, because the daemon that stopped has removed them. */
  const gone = ({ state }: Transition, input: Input, now: number): void => {
    if (under?.stale !== true || under.goneAfterMs !== undefined || under.preemptedAfterMs !== undefined) return;
    if (input.kind !== 'observed' || !isSeen(state.world) || preempts(state, now) || rivalCarries(state, now)) return;
    under = { ...under, goneAfterMs: rounded(now - under.began) };
  };

  return {
    heard(news, now) {
      const cause = under === undefined ? undefined : causeAfter(under, news, now - under.began);
      if (under !== undefined && cause !== undefined) under = { ...under, cause, daemon: news.id };
      return cause;
    },
    after(before, input, result, now) {
      const was = under !== undefined;
      const is = suffers(result.state, was);
      const bridged = bridge(before, input, result, now);
      preempted(result, input, now);
      gone(result, input, now);
      if (under !== undefined && phaseCause(result.state.phase) === 'uncovered') under = { ...under, exposed: true };
      const told = bridged === undefined ? [] : [bridged];
      if (is && !was) return [...told, begin(before, input, result, now)];
      if (is || under === undefined) return told;
      const ended = under;
      under = undefined;
      return [
        ...told,
        {
          kind: 'outage-ended',
          lengthMs: rounded(now - ended.began + ended.earlierMs),
          cause: ended.cause,
          bridgedAfterMs: typeof ended.bridged === 'number' ? ended.bridged : undefined,
          ...carrierOf(ended),
        },
      ];
    },
    resume(earlierMs) {
      if (under?.cause === 'start') under = { ...under, earlierMs: Math.max(0, earlierMs) };
    },
  };
}

/** What carried the traffic; undefined: nothing for a part of the time, or it is not known. */
function carrierOf(under: Under): Pick<Happening & { kind: 'outage-ended' }, 'carriedBy' | 'preemptedAfterMs'> {
  const { stale, preemptedAfterMs, goneAfterMs, bridged, exposed } = under;
  if (exposed === true) return { carriedBy: undefined, preemptedAfterMs: undefined };
  const tookOver = preemptedAfterMs ?? goneAfterMs;
  if (!stale || (preemptedAfterMs === undefined && goneAfterMs !== undefined && goneAfterMs <= CLOSING_MS))
    return { carriedBy: typeof bridged === 'number' ? 'backup-routes' : undefined, preemptedAfterMs: undefined };
  return {
    carriedBy: tookOver === undefined ? 'stale-routes' : 'stale-routes, then backup-routes',
    preemptedAfterMs: tookOver,
  };
}

/** Whether the step adds a backup route and not a route for symmetric replies. */
function isBackupRoute({ config, former }: World, step: Step): boolean {
  return step.kind === 'add-route' && !isReplyTable(ownership(config, former), step.route.table);
}

/** Whether a route of an unhealthy daemon wins the tie of a destination. */
function staleCarries(state: State, now: number): boolean {
  return rivalCarries(state, now, isStale);
}

/** Whether the route of another, of those that count, wins the tie of a destination. */
function rivalCarries(
  { world, phase }: State,
  now: number,
  counts: (world: World, rival: Route) => boolean = () => true,
): boolean {
  if (!isSeen(world) || phase.kind !== 'in') return false;
  const places = world.config.managementInterfaces.map(({ selector, backupRouters }) => {
    const link = linkOf(selector, world.snapshot);
    return { index: link?.index ?? 0, realm: realmOf(link, world.snapshot), backupRouters };
  });
  const taken = new Set(wanted(world, phase, now)?.preempting);
  return places.some(({ realm: { table, vrf }, backupRouters }) => {
    const beside = places.filter((one) => one.realm.table === table);
    return backupRouters.some(({ destinations }) =>
      destinations.some((destination) => {
        const rival = rivalOf(world, table, destination);
        if (rival === undefined || !counts(world, rival)) return false;
        // Where one interface takes the tie, another may leave it because it leads nowhere.
        if (beside.some(({ index }) => taken.has(interfaceKey(index, destination)))) return false;
        return rivalry(world, rival, questionKey({ prefix: destination, vrf }), true, now).activeRival;
      }),
    );
  });
}

/** Whether backup routes win a tie. */
function preempts({ world, phase }: State, now: number): boolean {
  return isSeen(world) && (wanted(world, phase, now)?.preempting.length ?? 0) > 0;
}

/** Rounds to tenths of a millisecond: a reaction to a death takes few. */
function rounded(ms: number): number {
  return Math.round(ms * 10) / 10;
}

/**
 * Whether there is an outage. Routes that are out with a destination uncovered do not end it: only
 * a time-out has expired.
 */
function suffers(state: State, under: boolean): boolean {
  if (phaseCause(state.phase) === 'uncovered') return true;
  if (state.phase.kind !== 'in') return false;
  // A foreign default route is being taken over: it or ours carries the packets.
  if (state.phase.cause === 'converging' && !under && underWay(state.world) !== undefined) return false;
  if (state.phase.cause === 'pinned' || state.phase.cause === 'standby') return unwell(state) !== undefined;
  return true;
}

function unwell(state: State): string | undefined {
  for (const { id, life, reason } of state.world.daemons.values())
    if (life !== 'responsive' && life !== 'unknown') return `${id} is ${life}: ${reason}`;
  return undefined;
}

function causeOf(before: State, input: Input, after: State): OutageCause {
  if (before.phase.kind === 'starting') return 'start';
  if (input.kind === 'verdict') {
    if (before.world.daemons.get(input.id)?.life === 'unknown') return 'start';
    if (input.verdict.kind === 'unresponsive') return 'hang';
    return after.world.daemons.get(input.id)?.stopped === true ? 'stop' : 'death';
  }
  return after.phase.kind === 'in' && after.phase.cause === 'converging' && before.phase.kind === 'out'
    ? 'uncovered'
    : 'change';
}

function reasonOf(state: State): string {
  const { phase } = state;
  return phase.kind === 'in' && (phase.cause === 'pinned' || phase.cause === 'standby')
    ? (unwell(state) ?? phase.reason)
    : phase.reason;
}
