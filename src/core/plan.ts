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
import { routeKey, routeSlot, ruleKey } from './keys.js';
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

/** Ownership under a configuration and the gateways of the one it follows. */
export function ownership(config: Config, formerGateways: Iterable<Address> = []): Ownership {
  return {
    protocol: config.routeProtocol,
    tableBase: config.tableBase,
    gateways: new Set([...formerGateways, ...allBackupRouters(config).flatMap((router) => router.gateways)]),
  };
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
  return snapshot.ownRoutes.flatMap((route) =>
    route.nexthops.filter((nexthop) => owns(own, route, nexthop)).map((nexthop) => ({ ...route, nexthops: [nexthop] })),
  );
}

/** The owned rules of a snapshot. */
export function ownedRules(own: Ownership, snapshot: Snapshot): Rule[] {
  return snapshot.rules.filter((rule) => rule.protocol === own.protocol && !rule.foreign);
}

/** The steps that make the owned part of the snapshot equal to what is desired. */
export function plan(own: Ownership, desired: Desired, snapshot: Snapshot): Step[] {
  const observedRoutes = new Map(ownedRoutes(own, snapshot).map((route) => [routeKey(route), route]));
  const observedRules = new Map(ownedRules(own, snapshot).map((rule) => [ruleKey(rule), rule]));
  const wantedRoutes = new Set(desired.routes.map((route) => routeKey(route)));
  const wantedRules = new Set(desired.rules.map((rule) => ruleKey(rule)));

  // By slot: an IPv6 slot may hold several of ours, merged into one multipath route.
  const leaving = new Map<string, Route[]>();
  for (const [key, route] of observedRoutes) {
    if (!wantedRoutes.has(key)) leaving.set(routeSlot(route), [...(leaving.get(routeSlot(route)) ?? []), route]);
  }

  const steps: Step[] = [];
  // Into free slots first: what leaves a slot for another then stands in the new one already.
  const missing = desired.routes.filter((route) => !observedRoutes.has(routeKey(route)));
  const free = missing.filter((route) => !leaving.has(routeSlot(route)));
  for (const route of [...free, ...missing.filter((one) => !free.includes(one))]) {
    for (const occupant of leaving.get(routeSlot(route)) ?? []) steps.push({ kind: 'delete-route', route: occupant });
    leaving.delete(routeSlot(route));
    steps.push({ kind: 'add-route', route });
  }
  const ascending = (a: Rule, b: Rule): number => a.priority - b.priority;
  for (const rule of [...desired.rules].sort(ascending)) if (!observedRules.has(ruleKey(rule))) steps.push({ kind: 'add-rule', rule });
  for (const rule of [...observedRules.values()].sort(ascending).reverse()) {
    if (!wantedRules.has(ruleKey(rule))) steps.push({ kind: 'delete-rule', rule });
  }
  for (const route of [...leaving.values()].flat()) steps.push({ kind: 'delete-route', route });
  return steps;
}
