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
import { linkOf, realmOf } from '../core/management.js';
import { isReplyTable, ownership } from '../core/ownership.js';
import { phaseCause } from '../core/phase.js';
import type { Step } from '../core/ports.js';
import { isSeen, type State, type World } from '../core/state.js';
import { underWay } from '../core/takeover.js';
import type { DaemonId } from '../model/daemon.js';
import type { Happening, OutageCause } from '../model/event.js';

export interface Outages {
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
}

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
    if (!isSeen(state.world) || (wanted(state.world, state.phase, now)?.preempting.length ?? 0) === 0) return;
    under = { ...under, preemptedAfterMs: rounded(now - under.began) };
  };

  return {
    after(before, input, result, now) {
      if (under?.cause === 'death' && isStopped(result.state, under.daemon)) under = { ...under, cause: 'stop' };
      const was = under !== undefined;
      const is = suffers(result.state, was);
      const bridged = bridge(before, input, result, now);
      preempted(result, input, now);
      const told = bridged === undefined ? [] : [bridged];
      if (is && !was) return [...told, begin(before, input, result, now)];
      if (is || under === undefined) return told;
      const { began, cause, earlierMs, bridged: at, stale, preemptedAfterMs } = under;
      under = undefined;
      return [
        ...told,
        {
          kind: 'outage-ended',
          lengthMs: rounded(now - began + earlierMs),
          cause,
          bridgedAfterMs: typeof at === 'number' ? at : undefined,
          carriedBy: stale
            ? preemptedAfterMs === undefined
              ? 'stale-routes'
              : 'stale-routes, then backup-routes'
            : typeof at === 'number'
              ? 'backup-routes'
              : undefined,
          preemptedAfterMs: stale ? preemptedAfterMs : undefined,
        },
      ];
    },
    resume(earlierMs) {
      if (under?.cause === 'start') under = { ...under, earlierMs: Math.max(0, earlierMs) };
    },
  };
}

/** Whether the step adds a backup route and not a route for symmetric replies. */
function isBackupRoute({ config, former }: World, step: Step): boolean {
  return step.kind === 'add-route' && !isReplyTable(ownership(config, former), step.route.table);
}

/** Whether a route of an unhealthy daemon wins the tie of a destination. */
function staleCarries({ world, phase }: State, now: number): boolean {
  if (!isSeen(world) || phase.kind !== 'in') return false;
  return world.config.managementInterfaces.some(({ selector, backupRouters }) => {
    const { table, vrf } = realmOf(linkOf(selector, world.snapshot), world.snapshot);
    return backupRouters.some(({ destinations }) =>
      destinations.some((destination) => {
        const rival = rivalOf(world, table, destination);
        const key = questionKey({ prefix: destination, vrf });
        return rival !== undefined && isStale(world, rival) && rivalry(world, rival, key, now).activeRival;
      }),
    );
  });
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

function isStopped({ world }: State, id: DaemonId | undefined): boolean {
  return id !== undefined && world.daemons.get(id)?.stopped === true;
}

function causeOf(before: State, input: Input, after: State): OutageCause {
  if (before.phase.kind === 'starting') return 'start';
  if (input.kind === 'verdict') {
    if (before.world.daemons.get(input.id)?.life === 'unknown') return 'start';
    if (input.verdict.kind === 'unresponsive') return 'hang';
    return isStopped(after, input.id) ? 'stop' : 'death';
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
