/**
 * Outages, told from one transition after the other: when one begins, how soon the backup routes were in the kernel, when it ends.
 *
 * An outage is a time in which the routes are in because of the daemon. Routes that are in because somebody wants them in (standby, a pin) are
 * none, unless a daemon is not well meanwhile. Times are those of the agent: of a hang it sees the end of its patience, not the beginning.
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
import type { Happening, OutageCause } from '../model/event.js';

export interface Outages {
  /** What the transition says of outages, in the order to tell it. */
  after(before: State, input: Input, result: Transition, now: number): readonly Happening[];
  /** The outage under way, found at start, had lasted this long already when the agent started. Nothing happens if there is none. */
  resume(earlierMs: number): void;
}

interface Under {
  readonly began: number;
  readonly cause: OutageCause;
  readonly earlierMs: number;
  /** `awaited`: routes are on their way to the kernel; else when they were there, or undefined: not known. */
  readonly bridged: 'awaited' | number | undefined;
  /** What the routes waited for, at the last look. */
  readonly waitedFor?: string;
  /** Stale routes kept a tie when it began. */
  readonly stale: boolean;
  /** When backup routes took the first tie. */
  readonly preemptedAfterMs: number | undefined;
}

export function createOutages(): Outages {
  let under: Under | undefined;

  const begin = (before: State, input: Input, { state, outputs }: Transition, now: number): Happening => {
    const turned = outputs.some((output) => output.kind === 'phase' && output.from.kind !== 'in');
    under = {
      began: now,
      cause: causeOf(before, input, state),
      earlierMs: 0,
      bridged: turned ? 'awaited' : undefined,
      stale: staleCarries(state, now),
      preemptedAfterMs: undefined,
    };
    return { kind: 'outage-began', cause: under.cause, reason: reasonOf(state) };
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
      // A look that found nothing to do: they were there already, or what they need is not.
      const waits = isSeen(state.world) ? (wanted(state.world, state.phase, now)?.waits ?? []) : [];
      under =
        waits.length === 0
          ? { ...under, bridged: undefined }
          : { ...under, waitedFor: waits.map((wait) => `${wait.subject}: ${wait.reason}`).join('; ') };
    }
    return undefined;
  };

  /** Backup routes have taken a tie. */
  const preempted = ({ state }: Transition, input: Input, now: number): void => {
    if (under === undefined || under.preemptedAfterMs !== undefined || input.kind !== 'applied') return;
    if (!isSeen(state.world) || (wanted(state.world, state.phase, now)?.preempting.length ?? 0) === 0) return;
    under = { ...under, preemptedAfterMs: rounded(now - under.began) };
  };

  return {
    after(before, input, result, now) {
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

/** Not one for symmetric replies. */
function isBackupRoute({ config, former }: World, step: Step): boolean {
  return step.kind === 'add-route' && !isReplyTable(ownership(config, former), step.route.table);
}

/** Whether the tie of some destination is kept by a route of a daemon that is not well. */
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

/** Tenths of a millisecond: a death is answered within few. */
function rounded(ms: number): number {
  return Math.round(ms * 10) / 10;
}

/** Routes that are out although a destination is uncovered end no outage: a clock ran out, and nothing else. */
function suffers(state: State, under: boolean): boolean {
  if (phaseCause(state.phase) === 'uncovered') return true;
  if (state.phase.kind !== 'in') return false;
  // Whatever carried the packets still does, or ours do: a foreign default route is being taken over.
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
    return input.verdict.kind === 'unresponsive' ? 'hang' : 'death';
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
