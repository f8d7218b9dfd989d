/**
 * What a transition is told as: phase, liveness, role, outages, kernel changes, refusals, waits, interference. Every turn of phase
 * carries its reason and its length. Derived from state before and after, so that the core need not know of logs.
 *
 * Invariant: called once the outputs of the transition are on their way; nothing here may hold up a route.
 */

import { wanted } from '../core/desired.js';
import type { Input, Transition } from '../core/inputs.js';
import { pauseOf } from '../core/interference.js';
import { phaseCause } from '../core/phase.js';
import { adopting, placeKey } from '../core/places.js';
import type { Step } from '../core/ports.js';
import { isSeen, type Phase, type State } from '../core/state.js';
import type { Happening } from '../model/event.js';
import { type NameOf, routeText, ruleText } from '../model/route-text.js';
import type { Emit } from './emit.js';
import { gatewayNews } from './gateway-news.js';
import { createOutages, type Outages } from './outages.js';

export type Journal = (before: State, input: Input, result: Transition, now: number) => void;

/** Steps named one by one, at the most. */
const NAMED_STEPS = 8;

/** A storm of events loses many: told once in this time. */
const LOST_EVERY_MS = 10_000;

export function createJournal(emit: Emit, outages: Outages = createOutages()): Journal {
  const waits = createWaits();
  let lostTold = Number.NEGATIVE_INFINITY;
  return (before, input, result, now) => {
    const { state } = result;
    for (const happening of happenings(before, input, result, now, outages)) emit(happening);
    if (roundCompleted(before, input, state)) waits(state, now).forEach(emit);
    if (input.kind === 'hint' && input.hint.kind === 'overflow' && now - lostTold > LOST_EVERY_MS) {
      lostTold = now;
      emit({
        kind: 'events-lost',
        what: input.hint.text,
        remedy: 'none needed, everything is looked at anew',
      });
    }
  };
}

/** Not the one that each second asks after neighbours: with a hundred thousand destinations a look at all of them takes 50 ms. */
function roundCompleted(before: State, input: Input, state: State): boolean {
  return (
    input.kind === 'observed' &&
    state.agenda.completedRounds > before.agenda.completedRounds &&
    before.agenda.round.kind === 'observing' &&
    before.agenda.round.cause !== 'probe'
  );
}

function* happenings(
  before: State,
  input: Input,
  result: Transition,
  now: number,
  outages: Outages,
): Iterable<Happening> {
  const { state, outputs } = result;
  if (input.kind === 'verdict') yield* verdict(before, state, input.id, now);
  if (input.kind === 'reload') yield { kind: 'configuration-reloaded' };
  yield* role(before, state);
  yield* gatewayNews(before, state);
  // Before the turn of phase, which closes an outage whose end nobody told.
  yield* outages.after(before, input, result, now);
  for (const output of outputs) {
    if (output.kind === 'phase') yield* phase(output.from, output.to, now);
    if (output.kind === 'apply') yield* steps(output.steps, namesIn(state));
  }
  if (input.kind === 'applied') yield* applied(before, state, input);
  if (input.kind === 'recorded' && input.fault !== undefined) {
    yield {
      kind: 'record-failed',
      message: input.fault,
      effect: 'no default route is taken over',
      remedy: 'make the state directory writable',
    };
  }
  if (input.kind === 'observe-failed') yield { kind: 'observe-failed', message: input.message };
  if (
    state.agenda.adoptInterference !== before.agenda.adoptInterference &&
    pauseOf(state.agenda.adoptInterference) > 0
  ) {
    yield {
      kind: 'route-keeps-coming-back',
      times: state.agenda.adoptInterference.count,
      pauseMs: pauseOf(state.agenda.adoptInterference),
      remedy: 'keep its owner from setting a default route',
    };
  }
  if (state.world.takeovers !== before.world.takeovers) yield* failedAdoptions(before, state, now);
  if (state.agenda.interference !== before.agenda.interference && input.kind === 'hint') {
    yield {
      kind: 'interference',
      what: input.hint.text,
      episode: state.agenda.interference.count,
      pauseMs: Math.max(0, Math.round(state.agenda.notBefore - now)),
    };
  }
}

function* failedAdoptions(before: State, { world }: State, now: number): Iterable<Happening> {
  for (const { link, router } of isSeen(world) ? adopting(world) : []) {
    const key = placeKey(link, router.family);
    const is = world.takeovers.get(key);
    if (is?.kind !== 'resting' || before.world.takeovers.get(key)?.kind === 'resting') continue;
    const { reason, failures, until } = is;
    const pauseMs = Math.round(until - now);
    yield { kind: 'adoption-failed', interface: link.name, family: router.family, reason, attempt: failures, pauseMs };
  }
}

function* verdict(before: State, after: State, id: string, now: number): Iterable<Happening> {
  const was = before.world.daemons.get(id);
  const is = after.world.daemons.get(id);
  if (was === undefined || is === undefined || was.life === is.life) return;
  yield {
    kind: 'daemon',
    id,
    state: is.life,
    was: was.life,
    wasForMs: Math.round(now - was.since),
    reason: is.reason,
  };
}

/** Also a change that leaves the phase as it is: beside a dead daemon nobody would hear of it otherwise. */
function* role(before: State, after: State): Iterable<Happening> {
  const was = before.orders.role ?? before.world.role;
  const is = after.orders.role ?? after.world.role;
  if (was.role === is.role && was.reason === is.reason) return;
  yield { kind: 'role', role: is.role, was: was.role, reason: is.reason };
}

function* phase(from: Phase, to: Phase, now: number): Iterable<Happening> {
  if (from.kind === to.kind && phaseCause(from) === phaseCause(to)) return;
  yield {
    kind: 'routes',
    phase: to.kind,
    cause: phaseCause(to),
    was: from.kind,
    wasForMs: Math.round(now - from.since),
    reason: to.reason,
  };
}

function* steps(all: readonly Step[], nameOf: NameOf): Iterable<Happening> {
  for (const step of all.slice(0, NAMED_STEPS)) yield { kind: step.kind, what: stepText(step, nameOf) };
  if (all.length > NAMED_STEPS) yield { kind: 'more-changes', count: all.length - NAMED_STEPS };
}

function* applied(before: State, after: State, input: Input & { kind: 'applied' }): Iterable<Happening> {
  let count = 0;
  for (const [what, { code, message }] of after.world.refused) {
    if (before.world.refused.get(what)?.code === code || ++count > NAMED_STEPS) continue;
    yield { kind: 'route-refused', what, code, message };
  }
  for (const what of after.agenda.faults.slice(0, NAMED_STEPS)) yield { kind: 'change-failed', what };
  if (input.results.every((result) => result.ok)) yield { kind: 'applied', count: input.steps.length };
}

/** What is waited for since the last look at it, and no longer. */
function createWaits(): (state: State, now: number) => readonly Happening[] {
  let known: ReadonlyMap<string, { readonly subject: string; readonly reason: string }> = new Map();
  return (state, now) => {
    const waits = isSeen(state.world) ? (wanted(state.world, state.phase, now)?.waits ?? []) : [];
    if (waits.length === 0 && known.size === 0) return [];
    const before = known;
    known = new Map(waits.map((wait) => [`${wait.subject}: ${wait.reason}`, wait]));
    const fresh = [...known]
      .filter(([key]) => !before.has(key))
      .slice(0, NAMED_STEPS)
      .map(([, { subject, reason }]): Happening => ({ kind: 'waiting', subject, reason }));
    const over = [...before]
      .filter(([key]) => !known.has(key))
      .slice(0, NAMED_STEPS)
      .map(([, { subject, reason }]): Happening => ({ kind: 'no-longer-waiting', subject, reason }));
    return [...over, ...fresh];
  };
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
  return (index) => state.world.snapshot?.links.find((link) => link.index === index)?.name;
}
