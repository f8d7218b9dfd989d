/**
 * Turns a transition into events: phase, liveness, role, outages, kernel changes, refusals, waits,
 * interference. Every change of phase has its reason and the length of the phase before. Derived
 * from the states before and after, so that the core does not know of logs.
 *
 * Invariant: called after the outputs of the transition are on their way, so that it never delays
 * a route.
 */

import { isLeft, rivalOf } from '../core/coverage.js';
import { wanted } from '../core/desired.js';
import { isVoid } from '../core/foreign-default.js';
import type { Input, Transition } from '../core/inputs.js';
import { INTERFERENCE_WINDOW_MS, pauseOf } from '../core/interference.js';
import { interfaceKeyOf, routeKey } from '../core/keys.js';
import { linkOfRoute, realmOf } from '../core/management.js';
import { phaseCause } from '../core/phase.js';
import { adopting, placeKey } from '../core/places.js';
import type { Step } from '../core/ports.js';
import { isSeen, type Phase, type SeenWorld, type State } from '../core/state.js';
import type { Happening } from '../model/event.js';
import type { Route } from '../model/route.js';
import { type NameOf, namesOf, routeText, ruleText } from '../model/route-text.js';
import { firstOf } from '../model/text.js';
import type { Emit } from './emit.js';
import { gatewayNews } from './gateway-news.js';
import { createOutages, type Outages } from './outages.js';
import { createUncoveredNews } from './uncovered-news.js';
import { createWaitsNews } from './waits-news.js';

export type Journal = (before: State, input: Input, result: Transition, now: number) => void;

/** The most steps that are named one by one. */
const NAMED_STEPS = 8;

/** The most ties that are named one by one. */
const NAMED_TIES = 3;

/** Lost events are reported at most once in this time. */
const LOST_EVERY_MS = 10_000;

export function createJournal(emit: Emit, outages: Outages = createOutages()): Journal {
  const waits = createWaitsNews();
  const ties = createTies();
  const fight = createFight();
  const uncovered = createUncoveredNews();
  let lostTold = Number.NEGATIVE_INFINITY;
  return (before, input, result, now) => {
    const { state } = result;
    for (const happening of happenings(before, input, result, now, outages)) emit(happening);
    const completed = roundCompleted(before, input, state);
    if (completed || result.outputs.some(({ kind }) => kind === 'apply' || kind === 'phase'))
      ties(state, now).forEach(emit);
    uncovered(state, now).forEach(emit);
    fight(state, now).forEach(emit);
    if (input.kind === 'hint') waits.hint(input.hint);
    if (completed) waits.looked(state, now).forEach(emit);
    if (input.kind === 'hint' && input.hint.kind === 'overflow' && now - lostTold > LOST_EVERY_MS) {
      lostTold = now;
      emit({
        kind: 'events-lost',
        what: input.hint.text,
        remedy: 'none needed, the agent reads everything again',
      });
    }
  };
}

/**
 * Not after the look at neighbours that runs each second: with a hundred thousand destinations the
 * check takes 50 ms.
 */
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
  if (input.kind === 'verdict')
    for (const news of verdict(before, state, input.id, now)) yield { ...news, outageCause: outages.heard(news, now) };
  if (input.kind === 'reload') yield { kind: 'configuration-reloaded' };
  yield* role(before, state);
  yield* gatewayNews(before, state);
  // Before the change of phase: an outage without an end event is closed by that.
  const told = outages.after(before, input, result, now);
  yield* told;
  const bridged = told.some(({ kind }) => kind === 'outage-bridged');
  for (const output of outputs) {
    if (output.kind === 'phase') yield* phase(output.from, output.to, now);
  }
  if (input.kind === 'applied') yield* applied(before, state, input, bridged);
  if (input.kind === 'observed' && outputs.some(({ kind }) => kind === 'record')) yield* voided(before, state);
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
  if (state.world.denials !== before.world.denials) yield* disagreements(before, state, now);
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

function* disagreements(before: State, { world }: State, now: number): Iterable<Happening> {
  for (const [destination, { stage, model, kernel, times, until }] of world.denials)
    if (stage === 'wrong' && before.world.denials.get(destination)?.stage !== 'wrong')
      yield {
        kind: 'model-disagrees',
        destination,
        model,
        kernel,
        times,
        againMs: Math.max(0, Math.round(until - now)),
      };
}

/** Records that the look has found to be void, once they are dropped. */
function* voided(before: State, after: State): Iterable<Happening> {
  const { snapshot } = after.world;
  const { writing } = after.world.record;
  if (snapshot === undefined) return;
  for (const adopted of before.world.record.adopted) {
    if (!isVoid(adopted, snapshot) || writing?.includes(adopted) === true) continue;
    const what = stepText({ kind: 'restore-route', adopted }, namesIn(after));
    yield { kind: 'adoption-void', what, source: adopted.route.source ?? '' };
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

function* verdict(before: State, after: State, id: string, now: number): Iterable<Happening & { kind: 'daemon' }> {
  const was = before.world.daemons.get(id);
  const is = after.world.daemons.get(id);
  if (
    was === undefined ||
    is === undefined ||
    (was.life === is.life && (was.stopped === is.stopped || is.stopped !== true))
  )
    return;
  yield {
    kind: 'daemon',
    id,
    state: is.stopped === true ? 'stopped' : is.life,
    was: was.stopped === true ? 'stopped' : was.life,
    wasForMs: Math.round(now - was.since),
    reason: is.reason,
    othersUnwell: [...after.world.daemons.values()].filter(
      (other) => other.id !== id && other.life !== 'responsive' && other.life !== 'unknown',
    ).length,
  };
}

/**
 * Also when the phase stays the same: beside a dead daemon a change of role would not show
 * otherwise.
 */
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

/** Reports the result of each step; no change is reported before its result. */
function* applied(
  before: State,
  after: State,
  { steps, results }: Input & { kind: 'applied' },
  bridged: boolean,
): Iterable<Happening> {
  const nameOf = namesIn(after);
  const done = steps.filter((_, i) => results[i]?.ok === true);
  for (const step of done.slice(0, NAMED_STEPS)) yield { kind: step.kind, what: stepText(step, nameOf) };
  if (done.length > NAMED_STEPS) yield { kind: 'more-changes', count: done.length - NAMED_STEPS };
  let count = 0;
  for (const [i, step] of steps.entries()) {
    const result = results[i];
    if (step.kind !== 'add-route' || result === undefined || result.ok) continue;
    if (before.world.refused.get(routeKey(step.route))?.code === result.code || ++count > NAMED_STEPS) continue;
    const { code, message } = result;
    yield { kind: 'route-refused', what: stepText(step, nameOf), code, message };
  }
  for (const what of after.agenda.faults.slice(0, NAMED_STEPS)) yield { kind: 'change-failed', what };
  const [first = steps[0]] = done.filter((step) => !step.kind.endsWith('rule'));
  if (done.length === 0 || first === undefined) return;
  const added = done.filter(
    ({ kind }) => kind === 'add-route' || kind === 'add-rule' || kind === 'restore-route',
  ).length;
  yield {
    kind: 'applied',
    added,
    deleted: done.length - added,
    refused: steps.length - done.length,
    routine: bridged || done.every((step) => step.kind.endsWith('rule')),
    first: stepText(first, nameOf),
  };
}

/** Ties that backup routes win and give back. */
function createTies(): (state: State, now: number) => readonly Happening[] {
  let known: readonly string[] = [];
  return ({ world, phase }, now) => {
    const want = isSeen(world) ? wanted(world, phase, now) : undefined;
    const ties = want?.preempting ?? [];
    const before = known;
    if (ties === before) return [];
    known = ties;
    const [was, is] = [new Set(before), new Set(ties)];
    const taken = ties.filter((key) => !was.has(key));
    const given = before.filter((key) => !is.has(key));
    return [
      ...(taken.length === 0 || !isSeen(world)
        ? []
        : [tie('preempting', taken, whyTaken(world, want?.routes ?? [], new Set(taken), now))]),
      ...(given.length === 0 ? [] : [tie('preempting-ended', given, phase.reason)]),
    ];
  };
}

/** A daemon is named only if one of the other routes is its own. */
function whyTaken(world: SeenWorld, routes: readonly Route[], ties: ReadonlySet<string>, now: number): string {
  const { snapshot, daemons } = world;
  const rivals = routes
    .filter((route) => ties.has(interfaceKeyOf(route)))
    .slice(0, NAMED_TIES)
    .flatMap((route) => rivalOf(world, realmOf(linkOfRoute(snapshot, route), snapshot).table, route.destination) ?? []);
  const owners = [...daemons.values()].filter(({ protocols }) =>
    rivals.some(({ protocol }) => protocols.includes(protocol)),
  );
  const ill = owners.find(({ life }) => life === 'down' || life === 'unresponsive');
  if (ill !== undefined)
    return `${ill.id} has been ${ill.life} for ${Math.round((now - ill.since) / 1000)} s, and its routes are stale or broken`;
  const unheard = owners.find(({ life }) => life === 'unknown');
  return unheard !== undefined && rivals.some((rival) => isLeft(world, rival, now))
    ? `they had it before this start, and ${unheard.id} has not been heard from yet`
    : 'the next hop of the other route is broken';
}

function tie(kind: 'preempting' | 'preempting-ended', keys: readonly string[], reason: string): Happening {
  const what = firstOf(keys, NAMED_TIES, (key) => key.slice(key.indexOf(' ') + 1));
  return { kind, what, count: keys.length, reason };
}

/** Reports the end of interference, after a minute without an episode. */
function createFight(): (state: State, now: number) => readonly Happening[] {
  let began: number | undefined;
  return ({ agenda: { interference } }, now) => {
    const active = interference.count > 0 && now - interference.last <= INTERFERENCE_WINDOW_MS;
    if (active) began ??= interference.last;
    if (active || began === undefined) return [];
    const forMs = Math.round(interference.last - began);
    began = undefined;
    return [{ kind: 'interference-ended', episodes: interference.count, forMs, last: interference.culprit.text }];
  };
}

/** A step as text in the syntax of ip(8). */
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

/** Interface names from the last snapshot. */
function namesIn(state: State): NameOf {
  return namesOf(state.world.snapshot?.links ?? []);
}
