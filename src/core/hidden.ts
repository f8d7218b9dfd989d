/**
 * Backup routes that no packet follows, according to the judge (fib/) asked about the world with
 * them in it, both before and after they are installed. Pure.
 *
 *   in the way                      where
 *   a refusal of the main table     placement local: no rule suppresses it, however short it is
 *                                   (fact K18)
 *   a route of the same prefix      placement main and VRFs, at a lower metric: one that refuses,
 *                                   returns to the rules (`throw`), or uses a bad next hop
 *   a rule, or a table before main  everywhere: it refuses, leads past the backup routes, or uses a
 *                                   bad next hop
 *   longer prefixes                 everywhere: routes, or rules for a part, that together take all
 *                                   of the destination, and some of them refuse or lead nowhere
 *
 * A route of a daemon that has been dead for preempt-after leads nowhere, too, as in ties. A
 * destination that other foreign routes carry is not hidden, nor is one of which the backup route
 * carries a part. A backup route that leads nowhere because our own link or gateway is missing is
 * reported elsewhere.
 */

import { byPrefix } from '../fib/by-prefix.js';
import { type Carried, carried } from '../fib/destination.js';
import type { Trace } from '../fib/lookup.js';
import { ordinary } from '../fib/packet.js';
import { partsOf } from '../fib/parts.js';
import { programOf } from '../fib/program.js';
import { remembered } from '../fib/remembered.js';
import type { NexthopFault } from '../fib/usable.js';
import type { View } from '../fib/view.js';
import { FAMILIES } from '../model/address.js';
import type { Vrf } from '../model/link.js';
import { containsPrefix, defaultPrefix, type Prefix } from '../model/prefix.js';
import { type NexthopObject, type Route, type Rule, TABLE_DEFAULT, TABLE_LOCAL, TABLE_MAIN } from '../model/route.js';
import { isLeft, vrfOf } from './coverage.js';
import { linkOf, linkOfRoute, type Realm, realmOf } from './management.js';
import { takesAllTo } from './rule-place.js';
import type { SeenWorld } from './state.js';
import { foreignView, longerOf } from './views.js';

type NotCarried = Extract<Carried, { readonly kind: 'not-carried' }>;

export interface Hidden {
  readonly destination: Prefix;
  /** `stale`: carried by a route of a daemon that has been dead for preempt-after. */
  readonly why: NotCarried['why'] | 'stale';
  /** The route or rule in the way; neither: the rules lead past the backup route. */
  readonly route: Route | undefined;
  readonly rule: Rule | undefined;
  /** What is wrong with the next hop of a route that leads nowhere. */
  readonly fault: NexthopFault | undefined;
  /** The rule that leads past the rules of the backup routes to that route. */
  readonly jump?: Rule;
  /** The route is longer than the destination; with others it takes all of it. */
  readonly part?: true;
  /** What is in the way of other parts of the destination. */
  readonly beside?: readonly Hidden[];
}

/** Maximum number of parts that are judged one by one for a report. */
const JUDGED = 1_024;

/** Our routes and rules that are in the kernel, or are to be. */
interface Ours {
  readonly routes: readonly Route[];
  readonly rules: readonly Rule[];
}

/**
 * Which of our routes are hidden at `now`, once all of ours are in, and by what. `yielding`: those
 * that stay out because a route of the same prefix has the tie, which may refuse.
 */
export function hiddenAmong(
  world: SeenWorld,
  ours: Ours,
  now: number,
  yielding: readonly Route[] = [],
): ReadonlyMap<Route, Hidden> {
  const hidden = new Map<Route, Hidden>();
  let judge: Judge | undefined;
  for (const route of yielding.length === 0 ? ours.routes : [...ours.routes, ...yielding]) {
    const { destination } = route;
    const realm = realmOf(linkOfRoute(world.snapshot, route), world.snapshot);
    if (!mayBeHidden(world, realm, route.table === realm.table, destination)) continue;
    judge ??= judgeOf(world, ours, now);
    const found = hiddenBy(judge, destination, vrfOf(world.snapshot, realm.vrf));
    if (found !== undefined) hidden.set(route, found);
  }
  return hidden;
}

/**
 * What takes a part of a destination and does not carry it, while the backup route carries the
 * rest. The first of them, where there are very many.
 */
export function partsTaken(world: SeenWorld, ours: Ours, now: number): readonly Hidden[] {
  const taken: Hidden[] = [];
  let judge: Judge | undefined;
  let left = JUDGED;
  for (const route of ours.routes.slice(0, JUDGED)) {
    const { destination } = route;
    const longer = longerOf(world, destination);
    if (longer.length === 0) continue;
    judge ??= judgeOf(world, ours, now);
    const { vrf } = realmOf(linkOfRoute(world.snapshot, route), world.snapshot);
    const answers: Answer[] = [];
    let carries = false;
    for (const part of partsOf(destination, longer)) {
      if (left-- <= 0) return taken;
      const answer = answerFor(judge, part, vrfOf(world.snapshot, vrf));
      if (answer === 'ours') carries = true;
      else answers.push(answer);
    }
    if (carries) for (const one of outermost(answers)) taken.push({ ...one, destination, part: true });
  }
  return taken;
}

function judgeOf(world: SeenWorld, ours: Ours, now: number): Judge {
  return { world, now, view: viewWith(world, ours), routes: new Set(ours.routes), rules: new Set(ours.rules) };
}

interface Judge {
  readonly world: SeenWorld;
  readonly now: number;
  readonly view: View;
  readonly routes: ReadonlySet<Route>;
  readonly rules: ReadonlySet<Rule>;
}

/** For the destination and its parts; undefined if a backup route carries any, or others all. */
function hiddenBy(judge: Judge, destination: Prefix, vrf: Vrf | undefined): Hidden | undefined {
  const answers: Answer[] = [];
  for (const part of partsOf(destination, longerOf(judge.world, destination))) {
    const answer = answerFor(judge, part, vrf);
    if (answer === 'ours') return undefined;
    answers.push(answer);
  }
  const [found, ...beside] = outermost(answers);
  if (found === undefined) return undefined;
  const part = found.route !== undefined && found.route.destination.length > destination.length;
  return { ...found, destination, ...(part ? { part } : {}), ...(beside.length > 0 ? { beside } : {}) };
}

/** An answer for a part, with the prefix that gives it. */
interface Answer {
  readonly prefix: Prefix;
  readonly hidden: Hidden | undefined;
}

/**
 * What is in the way, each once. What lies in a shorter prefix that has an answer of its own is a
 * detail of that one.
 */
function outermost(answers: readonly Answer[]): readonly Hidden[] {
  const outer: Answer[] = [];
  for (const answer of [...answers].sort((a, b) => a.prefix.length - b.prefix.length))
    if (!outer.some(({ prefix }) => prefix.length < answer.prefix.length && containsPrefix(prefix, answer.prefix)))
      outer.push(answer);
  const hidden = outer.flatMap((one) => one.hidden ?? []);
  return [...new Map(hidden.map((one) => [one.route ?? one.rule, one])).values()];
}

/** What carries a part that nothing divides, or keeps it from being carried. */
function answerFor({ world, now, view, routes, rules }: Judge, part: Prefix, vrf: Vrf | undefined): 'ours' | Answer {
  const trace: Trace = { visits: [], asked: [] };
  const answer = carried(view, part, vrf, trace);
  const { route, rule } = answer;
  if (route !== undefined && routes.has(route)) return 'ours';
  if (answer.kind === 'not-carried' && answer.why === 'doubtful') return 'ours';
  const prefix = route?.destination ?? part;
  if (answer.kind === 'carried' && !isLeft(world, answer.route, now)) return { prefix, hidden: undefined };
  const thrown = trace.visits.find(({ verdict }) => verdict === 'thrown')?.route;
  const why = answer.kind === 'carried' ? 'stale' : answer.why;
  const past = rules.size > 0 && trace.asked.every((asked) => !rules.has(asked));
  const jump = past && route?.table === TABLE_MAIN ? trace.asked.findLast(isJump) : undefined;
  return {
    prefix,
    hidden: {
      destination: part,
      why,
      route: route ?? (why === 'no route' ? thrown : undefined),
      rule,
      fault: answer.kind === 'carried' ? undefined : answer.fault,
      ...(jump === undefined || route === undefined || route.destination.length > part.length ? {} : { jump }),
    },
  };
}

export function isJump({ detail }: Rule): boolean {
  return detail?.action === 'goto';
}

/**
 * The foreign view with our routes and rules added. Ours are the newest of their priority. Next
 * hops that were bad a moment ago count as good here.
 */
export function viewWith(world: SeenWorld, { routes, rules }: Ours): View {
  const { distrusted: _, ...view } = foreignView(world);
  return { ...view, rules: [...view.rules, ...rules], routes: [...view.routes, routes] };
}

/**
 * The world after an orderly stop of every daemon, which takes its routes along (facts F5, B2):
 * what they kept from being met is met then. The same world if there are none.
 */
export function withoutDaemons(world: SeenWorld): SeenWorld {
  const { snapshot } = world;
  const { foreignRoutes, furtherRoutes } = snapshot;
  const left = othersThan(world.daemons);
  const main = left(foreignRoutes);
  const further = furtherRoutes === undefined ? undefined : left(furtherRoutes);
  if (main === foreignRoutes && further === furtherRoutes) return world;
  return {
    ...world,
    snapshot: { ...snapshot, foreignRoutes: main, ...(further === undefined ? {} : { furtherRoutes: further }) },
  };
}

/** The same list object for the same list, so that what was made of it is not made again. */
const othersThan = remembered((daemons: SeenWorld['daemons']) => {
  const theirs = new Set([...daemons.values()].flatMap(({ protocols }) => protocols));
  return remembered((routes: readonly Route[]): readonly Route[] => {
    const rest = routes.filter(({ protocol }) => !theirs.has(protocol));
    return rest.length === routes.length ? routes : rest;
  });
});

/** Whether the judge needs to be asked about any of the configured destinations. */
export function mayHide(world: SeenWorld): boolean {
  const { config, snapshot } = world;
  return config.managementInterfaces.some(({ selector, backupRouters }) => {
    const realm = realmOf(linkOf(selector, snapshot), snapshot);
    const shared = config.placement !== 'local' || realm.vrf !== undefined;
    return backupRouters.some(({ destinations }) =>
      destinations.some((destination) => mayBeHidden(world, realm, shared, destination)),
    );
  });
}

/**
 * A cheap test: nearly always nothing can be in the way. `shared`: the backup route goes into the
 * table of the realm itself.
 */
function mayBeHidden(world: SeenWorld, { table, vrf }: Realm, shared: boolean, destination: Prefix): boolean {
  const { snapshot } = world;
  const { rules } = foreignView(world);
  if (longerOf(world, destination).length > 0) return true;
  if (vrf !== undefined ? !kernelsAlone(rules) : !leadsToMain(rules) || refuses(snapshot, TABLE_LOCAL)) return true;
  return shared ? byPrefix(snapshot.foreignRoutes).at(table, destination).length > 0 : refuses(snapshot, TABLE_MAIN);
}

function refuses(
  { foreignRoutes, furtherRoutes = NONE.routes, nexthopObjects = NONE.objects }: SeenWorld['snapshot'],
  table: number,
): boolean {
  return (
    byPrefix(table === TABLE_MAIN ? foreignRoutes : furtherRoutes).refusing(table) || haveBlackhole(nexthopObjects)
  );
}

/** The same lists each time, so that what was made of them is not made again. */
const NONE = { routes: [], objects: [] } as const;

const haveBlackhole = remembered((objects: readonly NexthopObject[]): boolean =>
  objects.some(({ kind }) => kind === 'blackhole'),
);

/** Whether ordinary packets reach main's rule past `local` alone. */
const leadsToMain = remembered((rules: readonly Rule[]): boolean =>
  FAMILIES.every((family) => {
    const asked = programOf(rules, ordinary(defaultPrefix(family))).rules;
    const main = asked.findIndex((rule) => takesAllTo(rule, TABLE_MAIN));
    return main >= 0 && asked.slice(0, main).every((rule) => takesAllTo(rule, TABLE_LOCAL));
  }),
);

const kernelsAlone = remembered((rules: readonly Rule[]): boolean =>
  rules.every(
    (rule) =>
      rule.detail?.l3mdev === true || [TABLE_LOCAL, TABLE_MAIN, TABLE_DEFAULT].some((table) => takesAllTo(rule, table)),
  ),
);
