/**
 * What the death of each watched daemon would change in the kernel, worked out before it happens, so that the changes can wait
 * in their final bytes (invariant 6). Pure.
 *
 * Nothing is decided here: the machine is asked what it would do. Its answer stays true as long as whatever it goes by is the
 * same, which {@link staysTrue} tells by identity. The fields that a death's steps do not depend on are listed; a field that is
 * new counts as one that they do depend on.
 *
 * Invariant: while a foresight stays true, its steps are those of the transition (machine.property.test.ts holds it, and so does
 * every scenario, where a second batch beside the one that was ready is a violation).
 */

import type { DaemonId } from '../model/daemon.js';
import { routeKey, ruleKey } from './keys.js';
import { transition } from './machine.js';
import type { Step } from './ports.js';
import type { State } from './state.js';

export interface Foresight {
  readonly state: State;
  /** From then on the clock alone may have made it false. */
  readonly until: number;
  /** By the daemon that dies; absent where its death changes nothing at once. */
  readonly steps: ReadonlyMap<DaemonId, readonly Step[]>;
}

/** Bookkeeping of rounds, questions and pauses: it decides when to look and to ask, never what a death adds. */
const WITHOUT_INFLUENCE: ReadonlySet<string> = new Set<keyof State>([
  'observations',
  'dirty',
  'foreignDue',
  'foreignWaits',
  'foreignNotBefore',
  'notBefore',
  'lastRound',
  'completedRounds',
  'restlessRounds',
  'faults',
  'confirmed',
  'asking',
  'askedInVain',
  'askAgainAt',
  'denials',
  'damping',
  'fight',
  'probeAt',
  'recordFault',
  'adoptFight',
  'resyncMs',
]);

export function foresee(state: State, now: number): Foresight {
  const steps = new Map<DaemonId, readonly Step[]>();
  if (state.snapshot !== undefined && state.phase.kind !== 'in' && state.round.kind !== 'applying' && !state.stopping) {
    for (const id of state.daemons.keys()) {
      const { outputs } = transition(state, { kind: 'verdict', id, verdict: { kind: 'down', reason: '' } }, now);
      for (const output of outputs) if (output.kind === 'apply') steps.set(id, output.steps);
    }
  }
  return { state, until: now < state.restoreAt ? state.restoreAt : Number.POSITIVE_INFINITY, steps };
}

/** Whether the machine would still answer the same. */
export function staysTrue(foresight: Foresight, state: State, now: number): boolean {
  const then = foresight.state;
  if (then === state) return now < foresight.until;
  if (
    now >= foresight.until ||
    then.phase.kind !== state.phase.kind ||
    (then.round.kind === 'applying') !== (state.round.kind === 'applying')
  )
    return false;
  for (const key in state) {
    if (key === 'phase' || key === 'round' || WITHOUT_INFLUENCE.has(key)) continue;
    if (then[key as keyof State] !== state[key as keyof State]) return false;
  }
  return true;
}

/** Whether two lists of steps are the same, in the same order. */
export function sameSteps(a: readonly Step[], b: readonly Step[]): boolean {
  return a === b || (a.length === b.length && a.every((step, i) => step === b[i] || stepKey(step) === stepKey(b[i]!)));
}

function stepKey(step: Step): string {
  switch (step.kind) {
    case 'add-route':
    case 'delete-route':
      return `${step.kind} ${routeKey(step.route)}`;
    case 'add-rule':
    case 'delete-rule':
      return `${step.kind} ${ruleKey(step.rule)}`;
    case 'adopt-route':
    case 'restore-route':
      return `${step.kind} ${step.adopted.message}`;
    default:
      return step satisfies never;
  }
}
