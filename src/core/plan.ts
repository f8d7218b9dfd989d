/**
 * Desired against observed: the steps that lead from one to the other. Pure; it has no memory.
 *
 * Order: routes are added (into free slots first), then rules are added, then rules are deleted
 * (the last first), then routes. The order within the rules is that of rule-steps.ts. So a rule
 * never points at an empty table. Whatever prefix of the list gets through (the agent may be
 * killed between two messages), the router is at least as reachable as before. The one exception
 * to add-before-delete is a slot that an older route of ours occupies: its deletion and the
 * addition are adjacent in one batch.
 *
 * Invariant: a step never names anything that is not owned (ownership.ts). plan(apply(plan)) is
 * empty.
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

/**
 * What remains of ours once the routes are withdrawn: a rule of ours that reads main, if no other
 * rule does. Without it this host would reach nothing.
 */
export function withdrawn(own: Ownership, snapshot: Snapshot): Desired {
  return { routes: [], rules: lastOfMain(own, snapshot.rules), anchors: [] };
}

/** The steps that make the owned part of the snapshot equal to what is desired. */
export function plan(own: Ownership, desired: Desired, snapshot: Snapshot): readonly Step[] {
  const observed = ownedRoutes(own, snapshot);
  const { missing, surplus } = compareRoutes(observed, desired.routes);

  // By slot: an IPv6 slot may hold several of our routes, merged into one multipath route. Slots
  // matter only if something is to be added.
  const leaving = new Map<string, Route[]>();
  if (missing.length > 0) for (const route of surplus) add(leaving, routeSlot(route), route);

  const { adds, deletes } = ruleSteps(own, desired, snapshot.rules);
  // The kernel consults the rules to decide whether a gateway is a neighbour. Where no other rule
  // reads main, ours is added before the routes.
  const readsMain = (step: Step): boolean => step.kind === 'add-rule' && takesAllTo(step.rule, TABLE_MAIN);
  const steps: Step[] = adds.filter(readsMain);
  // Free slots come first: a route that leaves its slot to another is then already in its new
  // slot.
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

/** Compares by prefix. Making the keys of two hundred thousand routes takes most of a second. */
export function compareRoutes(
  observed: readonly Route[],
  desired: readonly Route[],
): { readonly missing: readonly Route[]; readonly surplus: readonly Route[] } {
  if (observed.length === 0) return { missing: desired, surplus: [] };
  if (desired.length === 0) return { missing: [], surplus: observed };
  // A list in the kernel's order, which is by address, needs no lookups.
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
