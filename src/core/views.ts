/**
 * What the judge (fib/) looks at: the world without what is ours, and as it stands. And which tables it needs for that. Pure.
 *
 * Time stands still in these views: a snapshot has no route that had ended when it was taken (looks.ts), and the end of one that
 * counts is a reason to look again, not to judge without looking. A router advertisement may have renewed it without a word.
 */

import { remembered } from '../fib/remembered.js';
import { tablesOf, viewOf } from '../fib/snapshot-view.js';
import type { View } from '../fib/view.js';
import type { Config } from '../model/config.js';
import { type Route, type Rule, TABLE_LOCAL, TABLE_MAIN } from '../model/route.js';
import type { Snapshot } from '../model/snapshot.js';
import { adoptable } from './adopt.js';
import { routeKey } from './keys.js';
import { vrfTables } from './management.js';
import { type Ownership, ownership, ownsRule } from './ownership.js';
import { lastOfMain } from './rule-place.js';
import type { SeenWorld, World } from './state.js';
import { nexthopKey } from './trust.js';

/** Before every end of a route. */
const NEVER_ENDED = 0;

/**
 * The world without our routes and rules, and without the default routes that are about to be taken over. A rule of ours that alone
 * reads main is in it: it stays when the others go (rule-place.ts).
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

/** The world as it stands, ours among it. */
export const presentView = remembered(
  (world: SeenWorld): View => trusting(world, viewOf(world.snapshot, NEVER_ENDED, 'with ours')),
);

function trusting({ mistrust }: World, view: View): View {
  return mistrust.size === 0 ? view : { ...view, distrusted: (nexthop) => mistrust.has(nexthopKey(nexthop)) };
}

/** One function for one configuration: what the judge remembers of a list of rules goes by it. */
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
 * Tables beside main and those of VRFs that packets of the host may be looked up in. Not `local`, which every rule for the host's own
 * addresses asks first, and which leads nowhere else.
 */
export function furtherTables(world: World): (rules: readonly Rule[]) => readonly number[] {
  const own = ownRuleOf(world);
  return (rules) => {
    let known = perOwner.get(rules);
    if (known?.own !== own) {
      const tables = tablesOf(rules.filter((rule) => !own(rule)));
      perOwner.set(
        rules,
        (known = { own, tables: tables.filter((table) => table !== TABLE_MAIN && table !== TABLE_LOCAL) }),
      );
    }
    return known.tables;
  };
}

const perOwner = new WeakMap<readonly Rule[], { readonly own: unknown; readonly tables: readonly number[] }>();

/** Those of VRFs and the further ones of a look, in ascending order: what has been read after it. */
export function tablesFor(world: World, snapshot: Snapshot): readonly number[] {
  const tables = [...vrfTables(world.config, snapshot), ...furtherTables(world)(snapshot.rules)];
  return [...new Set(tables)].sort((a, b) => a - b);
}
