/**
 * What the kernel's answers to a batch of steps change: refused routes, faults, routes given back.
 * Pure.
 */

import type { AdoptedRoute } from '../model/adopted.js';
import type { Route } from '../model/route.js';
import { interferenceAfter } from './adopt.js';
import { routeKey } from './keys.js';
import type { Step, StepResult } from './ports.js';
import { moreUrgent, RETRY_MS, type Refusal, type State, type World, withAgenda, withWorld } from './state.js';

/** Batches in a row that changed something without coming to rest, before the agent slows down. */
const RESTLESS_ROUNDS = 5;

export function applied(state: State, steps: readonly Step[], results: readonly StepResult[], now: number): State {
  const { world, agenda } = state;
  // The same map as before unless something changes in it.
  let { refused } = world;
  const edit = (): Map<string, Refusal> =>
    (refused = refused === world.refused ? new Map(refused) : refused) as Map<string, Refusal>;
  const repair = agenda.round.kind === 'applying' && agenda.round.repair === true;
  const faults: string[] = [];
  const returned: AdoptedRoute[] = [];
  let { adoptInterference, restoreAt } = agenda;
  steps.forEach((step, i) => {
    const result = results[i];
    if (result === undefined) return;
    if (step.kind === 'add-route') {
      // A refusal of a repair before any look says little (EEXIST: somebody else put the route
      // back). The look decides.
      if (!result.ok && repair) return;
      if (!result.ok) edit().set(routeKey(step.route), { code: result.code, message: result.message });
      else if (refused.size > 0 && refused.has(routeKey(step.route))) edit().delete(routeKey(step.route));
    } else if (!result.ok && !alreadyDone(step, result.code)) {
      faults.push(`${step.kind}: ${result.message} (${result.code})`);
    }
    if (step.kind === 'adopt-route') adoptInterference = interferenceAfter(adoptInterference, now);
    if (step.kind === 'restore-route') {
      if (result.ok || alreadyDone(step, result.code)) returned.push(step.adopted);
      else restoreAt = now + agenda.resyncMs;
    }
  });
  const { record } = world;
  // A foreign next hop that was merged into our route (fact K7) may cover now, and our own changes
  // make no event.
  const merged =
    steps.some(({ kind }) => kind === 'delete-route') &&
    world.snapshot?.ownRoutes.some(({ nexthops }) => nexthops.length > 1) === true;
  const known = withWorld(state, {
    refused,
    record: returned.length === 0 ? record : { ...record, returned: [...record.returned, ...returned] },
  });
  return withAgenda(known, {
    faults,
    acknowledged: [...agenda.acknowledged, ...steps.filter((step, i) => isAdded(step) && results[i]?.ok === true)],
    adoptInterference,
    restoreAt,
    round: { kind: 'idle' },
    verifyDue: true,
    // Further deletions belong to the episode that the repair answered.
    completedRounds: agenda.completedRounds + (repair ? 0 : 1),
    dirty: moreUrgent(agenda.dirty, merged ? 'hint' : 'verify'),
    foreignDue: agenda.foreignDue || merged,
    notBefore: agenda.restlessRounds > RESTLESS_ROUNDS ? now + RETRY_MS : agenda.notBefore,
  });
}

/**
 * The refusals, without those of routes that a look has found in the kernel: those were in already
 * when they were added again, before any look had shown them.
 */
export function stillRefused(refused: World['refused'], found: readonly Route[]): World['refused'] {
  if (refused.size === 0) return refused;
  const keys = found.flatMap((route) => route.nexthops.map((nexthop) => routeKey(route, nexthop)));
  const there = new Set(keys.filter((key) => refused.has(key)));
  return there.size === 0 ? refused : new Map([...refused].filter(([key]) => !there.has(key)));
}

function isAdded({ kind }: Step): boolean {
  return kind === 'add-route' || kind === 'add-rule';
}

/**
 * Whether the refusal means that somebody else did it first; the next look tells. For a route to
 * give back, EEXIST means that another route has its place.
 */
function alreadyDone(step: Step, code: string): boolean {
  return step.kind === 'add-rule' || step.kind === 'restore-route'
    ? code === 'EEXIST'
    : code === 'ESRCH' || code === 'ENOENT' || code === 'ENODEV';
}
