/**
 * Outages, told from one transition after the other: when one begins, how soon the backup routes were in the kernel, when it ends.
 *
 * An outage is a time in which the routes are in because of the daemon. Routes that are in because somebody wants them in (standby, a pin) are
 * none, unless a daemon is not well meanwhile. Times are those of the agent: of a hang it sees the end of its patience, not the beginning.
 */

import type { Input, Transition } from '../core/inputs.js';
import { phaseCause } from '../core/phase.js';
import type { State } from '../core/state.js';
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
    };
    return { kind: 'outage-began', cause: under.cause, reason: reasonOf(state) };
  };

  const bridge = (before: State, input: Input, { state }: Transition, now: number): Happening | undefined => {
    if (under?.bridged !== 'awaited') return undefined;
    if (
      input.kind === 'applied' &&
      input.steps.some((step, i) => step.kind === 'add-route' && input.results[i]?.ok === true)
    ) {
      const afterMs = rounded(now - under.began);
      under = { ...under, bridged: afterMs };
      return { kind: 'outage-bridged', afterMs };
    }
    // A look that found nothing to do: they were there already, or what they need is not.
    if (input.kind === 'observed' && state.agenda.completedRounds > before.agenda.completedRounds)
      under = { ...under, bridged: undefined };
    return undefined;
  };

  return {
    after(before, input, result, now) {
      const was = under !== undefined;
      const is = suffers(result.state, was);
      const bridged = bridge(before, input, result, now);
      const told = bridged === undefined ? [] : [bridged];
      if (is && !was) return [...told, begin(before, input, result, now)];
      if (is || under === undefined) return told;
      const { began, cause, earlierMs, bridged: at } = under;
      under = undefined;
      return [
        ...told,
        {
          kind: 'outage-ended',
          lengthMs: rounded(now - began + earlierMs),
          cause,
          bridgedAfterMs: typeof at === 'number' ? at : undefined,
        },
      ];
    },
    resume(earlierMs) {
      if (under?.cause === 'start') under = { ...under, earlierMs: Math.max(0, earlierMs) };
    },
  };
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
