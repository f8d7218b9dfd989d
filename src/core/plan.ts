/**
 * Desired against observed: the steps that lead from one to the other. Pure; nothing is remembered.
 *
 * Order: routes are added (into free slots first), then rules in ascending priority; rules are deleted in descending priority, then
 * routes. So a rule never points at an empty table, and whatever prefix of the list gets through (we may be
 * killed between two messages), the router is at least as reachable as before. The one exception to add-before-delete
 * is a slot that our own older route occupies: the two stand side by side in one batch.
 *
 * Invariant: a step never names anything that is not owned (see owns). plan(apply(plan)) is empty.
 */

import type { Address } from '../model/address.js';
import { allBackupRouters, type Config } from '../model/config.js';
import type { Nexthop, Route, Rule } from '../model/route.js';
import type { Snapshot } from '../model/snapshot.js';
import { byPrefix } from './by-prefix.js';
import { routeSlot, ruleKey, sameKey } from './keys.js';
import { isOwnMetric } from './placement.js';
import type { Step } from './ports.js';

export interface Desired {
  readonly routes: readonly Route[];
  readonly rules: readonly Rule[];
}

/** What tells our routes from others that carry our protocol number. */
export interface Ownership {
  readonly protocol: number;
  readonly tableBase: number;
  /** Gateways of this configuration and of the ones before it. */
  readonly gateways: ReadonlySet<Address>;
}

const owners = new WeakMap<Config, { readonly former: Iterable<Address>; readonly own: Ownership }>();
const NO_GATEWAYS: readonly Address[] = [];

/** Ownership under a configuration and the gateways of the one it follows; the very same object for the same ones. */
export function ownership(config: Config, formerGateways: Iterable<Address> = NO_GATEWAYS): Ownership {
  const known = owners.get(config);
  if (known?.former === formerGateways) return known.own;
  const own = {
    protocol: config.routeProtocol,
    tableBase: config.tableBase,
    gateways: new Set([...formerGateways, ...allBackupRouters(config).flatMap((router) => router.gateways)]),
  };
  owners.set(config, { former: formerGateways, own });
  return own;
}

/**
 * Whether one next hop of an observed route is ours. The protocol number is not enough: IPv6 merges a foreigner's
 * appended next hop into our route, under our protocol (fact K7). In our own tables the number does suffice, but for
 * such a merge, and so it does in shared tables with a metric that only we use: the gateways of `address: auto` are in no configuration.
 */
export function owns(own: Ownership, route: Route, nexthop: Nexthop): boolean {
  if (route.protocol !== own.protocol || route.type !== 'unicast' || nexthop.gateway === undefined) return false;
  if (own.gateways.has(nexthop.gateway)) return true;
  const ownTable = route.table >= own.tableBase && route.table <= own.tableBase + 128;
  return route.nexthops.length === 1 && (ownTable || isOwnMetric(route.metric));
}

/** The owned next hops of a snapshot, each as a route of its own. */
export function ownedRoutes(own: Ownership, snapshot: Snapshot): Route[] {
  const owned: Route[] = [];
  for (const route of snapshot.ownRoutes) {
    const mine = route.nexthops.filter((nexthop) => owns(own, route, nexthop));
    if (mine.length === 1 && route.nexthops.length === 1) owned.push(route);
    else for (const nexthop of mine) owned.push({ ...route, nexthops: [nexthop] });
  }
  return owned;
}

/** The owned rules of a snapshot. */
export function ownedRules(own: Ownership, snapshot: Snapshot): Rule[] {
  return snapshot.rules.filter((rule) => rule.protocol === own.protocol && !rule.foreign);
}

const planned = new WeakMap<
  Desired,
  { readonly own: Ownership; readonly snapshot: Snapshot; readonly steps: readonly Step[] }
>();

/** The steps that make the owned part of the snapshot equal to what is desired; the very same list for the same three, unless no route is desired. */
export function plan(own: Ownership, desired: Desired, snapshot: Snapshot): readonly Step[] {
  const last = planned.get(desired);
  if (last !== undefined && last.own === own && last.snapshot === snapshot) return last.steps;
  const steps = findSteps(own, desired, snapshot);
  // "Nothing" is one value for ever, and would keep the snapshot and the steps of a withdrawal as long.
  if (desired.routes.length > 0) planned.set(desired, { own, snapshot, steps });
  return steps;
}

function findSteps(own: Ownership, desired: Desired, snapshot: Snapshot): Step[] {
  const observed = ownedRoutes(own, snapshot);
  const observedRules = new Map(ownedRules(own, snapshot).map((rule) => [ruleKey(rule), rule]));
  const wantedRules = new Set(desired.rules.map((rule) => ruleKey(rule)));
  const { missing, surplus } = compareRoutes(observed, desired.routes);

  // By slot: an IPv6 slot may hold several of ours, merged into one multipath route. Where nothing is to be added, no slot matters.
  const leaving = new Map<string, Route[]>();
  if (missing.length > 0) for (const route of surplus) add(leaving, routeSlot(route), route);

  const steps: Step[] = [];
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
  const ascending = (a: Rule, b: Rule): number => a.priority - b.priority;
  for (const rule of [...desired.rules].sort(ascending))
    if (!observedRules.has(ruleKey(rule))) steps.push({ kind: 'add-rule', rule });
  for (const rule of [...observedRules.values()].sort(ascending).reverse()) {
    if (!wantedRules.has(ruleKey(rule))) steps.push({ kind: 'delete-rule', rule });
  }
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
function compareRoutes(
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
