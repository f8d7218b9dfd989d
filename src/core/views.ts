/**
 * The views that the judge (fib/) is given: the world without our routes and rules, and as it is.
 * Also the tables that they need. Pure.
 *
 * These views do not depend on the time. A snapshot has no route that had expired when it was
 * taken (completed.ts). The expiry of a route that counts is a reason to look again, not to judge
 * without looking: a router advertisement may have renewed it without an event.
 */

import { dividing, longerIn } from '../fib/parts.js';
import { remembered } from '../fib/remembered.js';
import { tablesFrom, tablesOf, viewOf } from '../fib/snapshot-view.js';
import type { View } from '../fib/view.js';
import { allBackupRouters, type Config } from '../model/config.js';
import { neighbourKey } from '../model/link.js';
import { type Prefix, prefixText } from '../model/prefix.js';
import { type Nexthop, type Route, type Rule, TABLE_LOCAL, TABLE_MAIN } from '../model/route.js';
import type { Snapshot } from '../model/snapshot.js';
import { adoptable } from './adopt.js';
import { routeKey } from './keys.js';
import { vrfTables } from './management.js';
import { type Ownership, ownership, ownsRule } from './ownership.js';
import { replySources } from './reply-sources.js';
import { lastOfMain } from './rule-place.js';
import type { SeenWorld, World } from './state.js';
import { nexthopKey } from './trust.js';

/** A time before the expiry of any route. */
const NEVER_ENDED = 0;

/**
 * The world without our routes and rules, and without the default routes that are about to be
 * taken over. A rule of ours that alone reads main is included: it stays when the others go
 * (rule-place.ts).
 */
export const foreignView = remembered((world: SeenWorld): View => {
  const { snapshot } = world;
  const staying = lastOfMain(ownership(world.config, world.former), snapshot.rules);
  const own = ownRuleOf(world);
  const goes = staying.length === 0 ? own : (rule: Rule) => own(rule) && !staying.includes(rule);
  const leaving = new Set(adoptable(world).map((route) => routeKey(route)));
  return {
    ...trusting(world, viewOf(snapshot, NEVER_ENDED, goes)),
    ...(leaving.size === 0
      ? {}
      : { without: (route: Route) => route.destination.length === 0 && leaving.has(routeKey(route)) }),
  };
});

/** The destinations of both families: one list object for each configuration. */
export const destinationsOf = remembered((config: Config): readonly Prefix[] =>
  allBackupRouters(config).flatMap(({ destinations }) => destinations),
);

/** The world as it is, with our routes and rules. */
export const presentView = remembered(
  (world: SeenWorld): View => trusting(world, viewOf(world.snapshot, NEVER_ENDED, 'with ours')),
);

/**
 * As {@link foreignView}, for whom nothing else carries: a next hop that was bad counts again as
 * soon as it answers, not only after a while. One without an answer still does not: the kernel
 * forgets a neighbour that has failed, and asks it anew.
 */
export const answeringView = remembered((world: SeenWorld): View => {
  const { mistrust, snapshot } = world;
  const view = foreignView(world);
  if (mistrust.size === 0) return view;
  const known = new Set(snapshot.neighbours.filter((one) => one.known).map(neighbourKey));
  const answers = ({ interfaceIndex, gateway }: Nexthop): boolean =>
    gateway === undefined || known.has(neighbourKey({ interfaceIndex, address: gateway }));
  return { ...view, distrusted: (nexthop) => !answers(nexthop) && mistrust.has(nexthopKey(nexthop)) };
});

/** Longer prefixes of foreign routes, and of rules for a part, that lie in the destination. */
export function longerOf({ config, snapshot }: SeenWorld, destination: Prefix): readonly Prefix[] {
  const { foreignRoutes, furtherRoutes = NO_ROUTES, rules } = snapshot;
  const { routes, rules: ofRules } = dividing(destinationsOf(config));
  return longerIn([routes(foreignRoutes), routes(furtherRoutes), ofRules(rules)], destination);
}

/** The same list each time, so that what was made of it is not made again. */
const NO_ROUTES: readonly Route[] = [];

function trusting({ mistrust }: World, view: View): View {
  return mistrust.size === 0 ? view : { ...view, distrusted: (nexthop) => mistrust.has(nexthopKey(nexthop)) };
}

/**
 * One function object for each configuration: the judge remembers results for a list of rules by
 * it.
 */
const ownRules = remembered((config: Config) =>
  remembered((former: Ownership) => {
    const own = ownership(config, former);
    return (rule: Rule): boolean => ownsRule(own, rule);
  }),
);

function ownRuleOf({ config, former }: World): (rule: Rule) => boolean {
  return ownRules(config)(former);
}

/**
 * Tables, beside main and those of VRFs, in which the host's packets may be looked up: the
 * ordinary ones, and symmetric replies from the addresses of the snapshot. Table `local` is not one
 * of them: every rule for the host's own addresses asks it first, and it leads nowhere else.
 */
export function furtherTables(world: World, snapshot = world.snapshot): (rules: readonly Rule[]) => readonly number[] {
  const sources = snapshot === undefined ? [] : replySources(world.config)(snapshot);
  return (rules) => {
    const known = foreignTables(world, rules);
    if (sources.length === 0) return known.covering;
    const key = sources.map(prefixText).join(' ');
    if (known.replies?.key !== key) {
      const tables = tablesFrom(known.foreign, sources).filter(isFurther);
      known.replies = { key, tables: [...new Set([...known.covering, ...tables])] };
    }
    return known.replies.tables;
  };
}

export function isFurther(table: number): boolean {
  return table !== TABLE_MAIN && table !== TABLE_LOCAL;
}

/** What was made of a list of rules, for one test for our own and for one list of addresses. */
interface ForeignTables {
  readonly own: unknown;
  readonly foreign: readonly Rule[];
  readonly covering: readonly number[];
  replies?: { readonly key: string; readonly tables: readonly number[] };
}

const perRules = new WeakMap<readonly Rule[], ForeignTables>();

function foreignTables(world: World, rules: readonly Rule[]): ForeignTables {
  const own = ownRuleOf(world);
  let known = perRules.get(rules);
  if (known?.own !== own) {
    const foreign = rules.filter((rule) => !own(rule));
    perRules.set(rules, (known = { own, foreign, covering: tablesOf(foreign).filter(isFurther) }));
  }
  return known;
}

/**
 * The tables of VRFs and the further ones of a look, in ascending order: what has been read after
 * it.
 */
export function tablesFor(world: World, snapshot: Snapshot): readonly number[] {
  return ascending([...vrfTables(world.config, snapshot), ...furtherTables(world, snapshot)(snapshot.rules)]);
}

/** Those of {@link tablesFor} on which it depends what is covered. */
export function coveringTables(world: World, snapshot: Snapshot): readonly number[] {
  return ascending([...vrfTables(world.config, snapshot), ...foreignTables(world, snapshot.rules).covering]);
}

function ascending(tables: readonly number[]): readonly number[] {
  return [...new Set(tables)].sort((a, b) => a - b);
}
