/**
 * What the log says of each transition: phase, liveness, kernel changes, refusals, interference. Every turn of phase
 * carries its reason and its length. Derived from state before and after, so that the core need not know of logs.
 */

import { pauseOf } from '../core/fight.js';
import type { Input, Transition } from '../core/machine.js';
import type { Step } from '../core/ports.js';
import type { Phase, State } from '../core/state.js';
import { routeText, ruleText, type NameOf } from '../kernel/text.js';
import type { Log } from './log.js';

export type Journal = (before: State, input: Input, result: Transition, now: number) => void;

/** Steps named one by one in the log, at the most. */
const NAMED_STEPS = 8;

/** A storm of events loses many: told once in this time. */
const LOST_EVERY_MS = 10_000;

export function createJournal(log: Log): Journal {
  let lostTold = Number.NEGATIVE_INFINITY;
  return (before, input, { state, outputs }, now) => {
    if (input.kind === 'verdict') logVerdict(log, before, state, input.id, now);
    if (input.kind === 'reload') log('notice', 'configuration-reloaded');
    for (const output of outputs) {
      if (output.kind === 'phase') logPhase(log, output.from, output.to, now);
      if (output.kind === 'apply') logSteps(log, output.steps, namesIn(state));
    }
    if (input.kind === 'applied') logResults(log, before, state, input);
    if (input.kind === 'recorded' && input.fault !== undefined) {
      log('error', 'record-failed', { message: input.fault, effect: 'no default route is taken over', remedy: 'make the state directory writable' });
    }
    if (input.kind === 'observe-failed') log('error', 'observe-failed', { message: input.message });
    if (state.adoptFight !== before.adoptFight && pauseOf(state.adoptFight) > 0) {
      log('warning', 'route-keeps-coming-back', { times: state.adoptFight.count, pause_ms: pauseOf(state.adoptFight), remedy: 'keep its owner from setting a default route' });
    }
    if (state.fight !== before.fight && input.kind === 'hint') {
      log('warning', 'interference', { what: input.hint.text, episode: state.fight.count, pause_ms: Math.max(0, Math.round(state.notBefore - now)) });
    }
    if (input.kind === 'hint' && input.hint.kind === 'overflow' && now - lostTold > LOST_EVERY_MS) {
      lostTold = now;
      log('notice', 'events-lost', { what: input.hint.text, remedy: 'none needed, everything is looked at anew' });
    }
  };
}

function logVerdict(log: Log, before: State, after: State, id: string, now: number): void {
  const was = before.daemons.get(id);
  const is = after.daemons.get(id);
  if (was === undefined || is === undefined || was.life === is.life) return;
  const level = is.life === 'responsive' || is.life === 'appeared' ? 'notice' : 'warning';
  log(level, 'daemon', { id, state: is.life, was: was.life, was_for_ms: Math.round(now - was.since), reason: is.reason });
}

function logPhase(log: Log, from: Phase, to: Phase, now: number): void {
  if (from.kind === to.kind && (from.kind !== 'in' || to.kind !== 'in' || from.cause === to.cause)) return;
  log('notice', 'routes', { phase: to.kind, cause: to.kind === 'in' ? to.cause : undefined, was: from.kind, was_for_ms: Math.round(now - from.since), reason: to.reason });
}

function logSteps(log: Log, steps: readonly Step[], nameOf: NameOf): void {
  for (const step of steps.slice(0, NAMED_STEPS)) log('info', step.kind, { what: stepText(step, nameOf) });
  if (steps.length > NAMED_STEPS) log('info', 'more-changes', { count: steps.length - NAMED_STEPS });
}

function logResults(log: Log, before: State, after: State, input: Input & { kind: 'applied' }): void {
  let count = 0;
  for (const [key, refusal] of after.refused) {
    if (before.refused.get(key)?.code === refusal.code || ++count > NAMED_STEPS) continue;
    log('warning', 'route-refused', { what: key, code: refusal.code, message: refusal.message });
  }
  for (const fault of after.faults.slice(0, NAMED_STEPS)) log('error', 'change-failed', { what: fault });
  if (input.results.every((result) => result.ok)) log('debug', 'applied', { count: input.steps.length });
}

/** A step in the spelling of ip(8). */
export function stepText(step: Step, nameOf?: NameOf): string {
  switch (step.kind) {
    case 'add-route':
    case 'delete-route':
      return routeText(step.route, nameOf);
    case 'add-rule':
    case 'delete-rule':
      return ruleText(step.rule);
    case 'adopt-route':
    case 'restore-route':
      return routeText(step.adopted.route, (index) => nameOf?.(index) ?? step.adopted.interfaceName);
    default:
      return step satisfies never;
  }
}

/** Interface names as the last snapshot has them. */
function namesIn(state: State): NameOf {
  return (index) => state.snapshot?.links.find((link) => link.index === index)?.name;
}
