/**
 * Desired against observed: the steps that lead from one to the other. Pure; nothing is remembered.
 *
 * Order: routes are added (into free slots first), then rules; rules are deleted, the last first, then routes (rule-steps.ts). So a rule never points at an empty table, and whatever prefix of the list gets through (we may be
 * killed between two messages), the router is at least as reachable as before. The one exception to add-before-delete
 * is a slot that our own older route occupies: the two stand side by side in one batch.
 *
 * Invariant: a step never names anything that is not owned (ownership.ts). plan(apply(plan)) is empty.
 */

import { byPrefix } from '../fib/by-prefix.js';
import { type Route, TABLE_MAIN } from '../model/route.js';
import type { Snapshot } from '../model/snapshot.js';
import { routeSlot, sameKey } from './keys.js';
import { type Ownership, ownedRoutes } from './ownership.js';
import type { Step } from './ports.js';
import { lastOfMain, takesAllTo } from './rule-place.js';
import { ruleSteps, type WantedRules } from './rule-steps.js';

export interface Desired extends WantedRules {
  readonly routes: readonly Route[];
}

/** All that is to remain of what is ours once it is taken out: a rule that this host would reach nothing without. */
export function withdrawn(own: Ownership, snapshot: Snapshot): Desired {
  return { routes: [], rules: lastOfMain(own, snapshot.rules), anchors: [] };
}

/** The steps that make the owned part of the snapshot equal to what is desired. */
export function plan(own: Ownership, desired: Desired, snapshot: Snapshot): readonly Step[] {
  const observed = ownedRoutes(own, snapshot);
  const { missing, surplus } = compareRoutes(observed, desired.routes);

  // By slot: an IPv6 slot may hold several of ours, merged into one multipath route. Where nothing is to be added, no slot matters.
  const leaving = new Map<string, Route[]>();
  if (missing.length > 0) for (const route of surplus) add(leaving, routeSlot(route), route);

  const { adds, deletes } = ruleSteps(own, desired, snapshot.rules);
  // The kernel asks the rules whether a gateway is a neighbour: where no other rule reads main, ours comes before the routes.
  const readsMain = (step: Step): boolean => step.kind === 'add-rule' && takesAllTo(step.rule, TABLE_MAIN);
  const steps: Step[] = adds.filter(readsMain);
  // Into free slots first: what leaves a slot for another then stands in the new one already.
  const taken: Route[] = [];
  for (const route of missing) {
    if (leaving.size > 0 && leaving.has(routeSlot(route))) taken.push(route);
    else steps.push({ kind: 'add-route', route });
  }
  for (const route of taken) {
    for (const occupant of leaving.get(routeSlot(route)) ?? []) steps.push({ kind: 'delete-route', route: occupant });
    leaving.delete(routeSlot(route));
    steps.push({ kind: 'add-route', route });
  }
  steps.push(...adds.filter((step) => !readsMain(step)), ...deletes);
  if (missing.length === 0) for (const route of surplus) steps.push({ kind: 'delete-route', route });
  for (const routes of leaving.values()) for (const route of routes) steps.push({ kind: 'delete-route', route });
  return steps;
}

function add(slots: Map<string, Route[]>, slot: string, route: Route): void {
  const others = slots.get(slot);
  if (others === undefined) slots.set(slot, [route]);
  else others.push(route);
}

/** By prefix, not by key: the keys of two hundred thousand routes are most of a second. */
export function compareRoutes(
  observed: readonly Route[],
  desired: readonly Route[],
): { readonly missing: readonly Route[]; readonly surplus: readonly Route[] } {
  if (observed.length === 0) return { missing: desired, surplus: [] };
  if (desired.length === 0) return { missing: [], surplus: observed };
  // A list in the order of the kernel's, which goes by address: nothing need be looked up.
  if (desired.length === observed.length && desired.every((route, i) => sameKey(route, observed[i]!)))
    return { missing: [], surplus: [] };
  const installed = byPrefix(observed);
  const matched = new Set<Route>();
  const missing = desired.filter((route) => {
    const match = installed.at(route.table, route.destination).find((candidate) => sameKey(candidate, route));
    if (match !== undefined) matched.add(match);
    return match === undefined;
  });
  return {
    missing,
    surplus: matched.size === observed.length ? [] : observed.filter((route) => !matched.has(route)),
  };
}
