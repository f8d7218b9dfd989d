/** Views of snapshots, and the tables that a snapshot must have for them. Pure. */

import { FAMILIES } from '../model/address.js';
import { defaultPrefix, type Prefix } from '../model/prefix.js';
import type { Route, Rule } from '../model/route.js';
import type { Snapshot } from '../model/snapshot.js';
import { ordinary, ordinaryFrom, plain } from './packet.js';
import { mayMatch, programOf } from './program.js';
import { type Exits, exitsThrough, type View } from './view.js';

/**
 * The view of a snapshot at `now`. `ours`: either `with ours`, or the test for our own rules; then
 * the view has neither our routes nor our rules.
 */
export function viewOf(snapshot: Snapshot, now: number, ours: 'with ours' | OwnRule): View {
  const { rules, ownRoutes, foreignRoutes, furtherRoutes = [], nexthopObjects = [], links, neighbours } = snapshot;
  const foreign = [foreignRoutes, furtherRoutes];
  return {
    rules: ours === 'with ours' ? rules : others(rules, ours),
    routes: ours === 'with ours' ? [...foreign, ownRoutes] : foreign,
    nexthopObjects,
    links,
    neighbours,
    now,
  };
}

/** Whether a rule is one of ours. */
type OwnRule = (rule: Rule) => boolean;

const known = new WeakMap<readonly Rule[], { readonly own: OwnRule; readonly rest: readonly Rule[] }>();

/**
 * The same list object for the same question, so that what was made of it (program.ts) is not made
 * again.
 */
function others(rules: readonly Rule[], own: OwnRule): readonly Rule[] {
  let entry = known.get(rules);
  if (entry?.own !== own) known.set(rules, (entry = { own, rest: rules.filter((rule) => !own(rule)) }));
  return entry.rest;
}

/**
 * The tables that ordinary packets may be looked up in, and the one packet that the kernel is asked
 * about. Rules for some sources do not count, of which there may be ten thousand.
 */
export function tablesOf(rules: readonly Rule[]): readonly Route['table'][] {
  return lookedUp(
    FAMILIES.flatMap((family) => {
      const every = defaultPrefix(family);
      const one = plain(every);
      const mayTake = (rule: Rule): boolean => mayMatch(rule, one);
      return [...programOf(rules, ordinary(every)).rules, ...programOf(rules, one).rules.filter(mayTake)];
    }),
  );
}

/** The tables that ordinary packets from these addresses may be looked up in. */
export function tablesFrom(rules: readonly Rule[], sources: readonly Prefix[]): readonly Route['table'][] {
  return lookedUp(
    sources.flatMap(({ family, address }) => programOf(rules, ordinaryFrom(address, defaultPrefix(family))).rules),
  );
}

function lookedUp(asked: readonly Rule[]): readonly Route['table'][] {
  const tables = asked.flatMap(({ detail, table }) => ((detail?.action ?? 'table') === 'table' ? [table] : []));
  return [...new Set(tables)];
}

/** The next hops of a route of the snapshot. */
export function snapshotExits({ nexthopObjects = [] }: Snapshot, route: Route): Exits {
  return exitsThrough(nexthopObjects, route);
}
