/**
 * What the kernel should hold now, computed from one snapshot: routes, rules, and what they wait
 * for. Pure.
 *
 * "Nothing" (out), "not yet" (waits) and "leave it as it is" (undefined: starting) are three
 * different answers.
 */

import type { OnLink } from '../fib/on-link.js';
import { remembered } from '../fib/remembered.js';
import { type Address, FAMILIES, type Family } from '../model/address.js';
import type { Link } from '../model/link.js';
import { destinationText } from '../model/prefix.js';
import type { Route, Rule } from '../model/route.js';
import { turns } from './coverage.js';
import { type Hidden, hiddenAmong } from './hidden.js';
import { hiddenWaits } from './hidden-text.js';
import { interfaceKey, interfaceKeyOf, routeKey } from './keys.js';
import { localRules } from './local-rules.js';
import { linkOf, realmOf, usableLink, type Wait } from './management.js';
import { neighbourOn, offLinkReason } from './neighbour.js';
import { ownership } from './ownership.js';
import { type Placed, place } from './placement.js';
import { type Desired, withdrawn } from './plan.js';
import { renamedWaits } from './renamed.js';
import { type Replies, repliesOf } from './replies.js';
import { type RulePlace, rulePlace } from './rule-place.js';
import type { Phase, SeenWorld, World } from './state.js';
import { staying } from './staying.js';
import { addTargets, type Targets } from './targets.js';
import { inOrder, type Usable } from './ways.js';

export interface Wanted extends Desired {
  /**
   * Routes of symmetric replies, wanted beside the backup routes in every phase. Their rules are
   * in `rules`.
   */
  readonly replies: readonly Route[];
  readonly waits: readonly Wait[];
  /**
   * Destinations whose backup route no packet follows, by {@link interfaceKey}. `waits` reports
   * them.
   */
  readonly hidden: ReadonlyMap<string, Hidden>;
  /** When the next tie turns by time alone. */
  readonly preemptAt: number | undefined;
  /** Destinations whose backup route takes the tie now, by {@link interfaceKey}. */
  readonly preempting: readonly string[];
  /** Destinations that stay out of the tables because the tie is lost, by {@link interfaceKey}: an active route carries them. */
  readonly yielding: ReadonlySet<string>;
}

/** Nothing is wanted. */
export const NOTHING: Wanted = {
  routes: [],
  rules: [],
  anchors: [],
  replies: [],
  waits: [],
  hidden: new Map(),
  preemptAt: undefined,
  preempting: [],
  yielding: new Set(),
};

/** The wanted routes and rules; undefined while the kernel is to be left as it was found. */
export function wanted(world: SeenWorld, phase: Phase, now: number): Wanted | undefined {
  switch (phase.kind) {
    case 'starting':
      return undefined;
    case 'out':
      return wantedOut(world);
    case 'in':
      return wantedIn(world)(now);
    default:
      return phase satisfies never;
  }
}

/** All of it, symmetric replies included, as the kernel is to hold it. */
export function desiredOf(want: Wanted): Desired {
  return want.replies.length === 0 ? want : { ...want, routes: [...want.routes, ...want.replies] };
}

/**
 * While the routes are out. If the rules could not stand where they should, that is reported
 * already now, before they are needed.
 */
const wantedOut = remembered((world: SeenWorld): Wanted => {
  const own = ownership(world.config, world.former);
  const { rules } = withdrawn(own, world.snapshot);
  const places = familiesWithRules(world).map((family) => rulePlace(world.config, own, family, world.snapshot.rules));
  const waits = [...renamedWaits(world.config, world.snapshot), ...places.flatMap(placeWaits)];
  const out = rules.length === 0 && waits.length === 0 ? NOTHING : { ...NOTHING, rules, waits };
  const replies = repliesOf(world);
  return replies.length === 0 ? out : withReplies(world, replies, out);
});

/**
 * Adds the symmetric replies. Their rules come first: of equal priority the older rules are met
 * first, and these stay when the rules of backup routes leave.
 */
function withReplies(world: SeenWorld, replies: readonly Replies[], want: Wanted): Wanted {
  const routes = replies.flatMap((one) => one.routes);
  const anchors = replies.flatMap(({ place }) => (place?.kind === 'beside' ? [place.anchor] : []));
  const waits = [
    ...replies.flatMap(({ place }) => (place === undefined ? [] : placeWaits(place))),
    ...(world.refused.size > 0 ? refusals(world, routes, 0) : []),
    ...replies.flatMap(replyWaits),
  ].filter((wait) => want.waits.every(({ reason }) => reason !== wait.reason));
  return {
    ...want,
    rules: [...replies.flatMap((one) => one.rules), ...want.rules],
    anchors: [...new Set([...want.anchors, ...anchors])],
    replies: routes,
    waits: [...want.waits, ...new Map(waits.map((wait) => [`${wait.subject} ${wait.reason}`, wait])).values()],
  };
}

/** Families whose backup routes go into tables of their own. */
function familiesWithRules({ config, snapshot }: SeenWorld): readonly Family[] {
  if (config.placement !== 'local') return [];
  const here = config.managementInterfaces.filter(
    ({ selector }) => realmOf(linkOf(selector, snapshot), snapshot).vrf === undefined,
  );
  return FAMILIES.filter((family) =>
    here.some(({ backupRouters }) => backupRouters.some((router) => router.family === family)),
  );
}

function replyWaits({ reason, vrf, interfaceName, family }: Replies): readonly Wait[] {
  return reason === undefined || vrf !== undefined
    ? []
    : [{ subject: `${family} replies on ${interfaceName}`, reason }];
}

function placeWaits(place: RulePlace): readonly Wait[] {
  if (!('trouble' in place) || place.trouble === undefined) return [];
  const { subject, reason } = place.trouble;
  return [{ subject, reason }];
}

/**
 * What is wanted while the routes are in. It is computed again for the same world only when a tie
 * has turned since.
 */
const wantedIn = remembered((world: SeenWorld): ((now: number) => Wanted) => {
  const times = [...turns(world)].sort((a, b) => a - b);
  const perTurn = new Map<number, Wanted>();
  return (now) => {
    const turn = times.filter((time) => time <= now).length;
    let want = perTurn.get(turn);
    if (want === undefined) perTurn.set(turn, (want = makeWanted(world, now)));
    return want;
  };
});

function makeWanted(world: SeenWorld, now: number): Wanted {
  const { config, snapshot, refused } = world;
  const found: Targets = {
    targets: { inet: [], inet6: [] },
    waits: [...renamedWaits(config, snapshot)],
    preempting: [],
    preemptAt: undefined,
    lost: new Set(),
  };
  const usable: Usable[] = [];
  for (const management of config.managementInterfaces) {
    const link = usableLink(config, management.selector, snapshot);
    if ('reason' in link) found.waits.push(link);
    else usable.push({ link, management });
  }
  const placedRoutes: Route[] = [];
  const rules: Rule[] = [];
  const anchors: Rule[] = [];
  const yields: Route[] = [];
  for (const family of FAMILIES) {
    inOrder(usable, family, world.sightings).forEach((way, order) => addTargets(found, world, way, order, now));
    const placed = place(config, family, found.targets[family]);
    // Not by spreading: arguments go on the stack, and there may be a hundred thousand routes.
    for (const route of placed.routes) placedRoutes.push(route);
    for (const route of placed.yielding) yields.push(route);
    if (placed.lengths.size === 0) continue;
    const at = rulePlace(config, ownership(config, world.former), family, snapshot.rules);
    rules.push(...localRules(config, family, at, acceptedLengths(world, placed), placed.preempting));
    if (at.kind === 'beside') anchors.push(at.anchor);
    found.waits.push(...placeWaits(at));
  }
  const stays = staying(world, placedRoutes);
  const routes = stays.size === 0 ? placedRoutes : placedRoutes.map((route) => stays.get(route) ?? route);
  if (refused.size > 0) found.waits.push(...refusals(world, routes, now));
  const isOut = new Set(refused.size === 0 ? [] : routes.filter((route) => refused.has(routeKey(route))));
  const tieless = new Set([...stays.keys(), ...isOut].map(interfaceKeyOf));
  const goesIn = isOut.size === 0 ? routes : routes.filter((route) => !isOut.has(route));
  // What leaves its tie to a stale route, because it leads nowhere itself, is not hidden by it.
  const hidden = new Map(
    [...hiddenAmong(world, { routes: goesIn, rules }, now, yields)]
      .map(([route, one]) => [interfaceKeyOf(route), one] as const)
      .filter(([key, { why, part }]) => why !== 'stale' || part === true || !found.lost.has(key)),
  );
  if (hidden.size > 0) found.waits.push(...hiddenWaits([...hidden.values()], config.placement));
  const want: Wanted = {
    replies: [],
    routes,
    rules,
    anchors,
    waits: found.waits,
    hidden,
    preempting: found.preempting.filter((key) => !tieless.has(key)),
    yielding: new Set(yields.map(interfaceKeyOf).filter((key) => !hidden.has(key))),
    preemptAt: found.preemptAt,
  };
  const replies = repliesOf(world);
  return replies.length === 0 ? want : withReplies(world, replies, want);
}

/** Lengths that get rules: a table of which the kernel refuses every route gets none. */
function acceptedLengths({ config, refused }: World, { routes, lengths }: Placed): ReadonlySet<number> {
  if (refused.size === 0) return lengths;
  const tables = new Set(routes.filter((route) => !refused.has(routeKey(route))).map((route) => route.table));
  return new Set([...lengths].filter((length) => tables.has(config.tableBase + length)));
}

function refusals({ config, snapshot, refused }: SeenWorld, routes: readonly Route[], now: number): Wait[] {
  const links = new Map(snapshot.links.map((link) => [link.index, link]));
  const waits = new Map<string, Wait>();
  // Every route through a gateway may be refused for the same reason.
  const answers = new Map<string, OnLink>();
  const standingOf = (link: Link, gateway: Address): OnLink => {
    const key = `${link.index} ${gateway}`;
    let answer = answers.get(key);
    if (answer === undefined) answers.set(key, (answer = neighbourOn(config, snapshot, link, gateway, now)));
    return answer;
  };
  for (const route of routes) {
    const refusal = refused.get(routeKey(route));
    const gateway = route.nexthops[0]?.gateway;
    const link = links.get(route.nexthops[0]?.interfaceIndex ?? 0);
    if (refusal === undefined || link === undefined) continue;
    const onlink = route.nexthops[0]?.onlink === true;
    const answer = gateway === undefined || onlink ? undefined : standingOf(link, gateway);
    const [subject, reason] =
      gateway !== undefined && answer?.kind === 'off-link'
        ? [gateway, offLinkReason(config, snapshot, link, gateway, answer)]
        : [destinationText(route.destination), `kernel: ${refusal.message} (${refusal.code})`];
    waits.set(subject, { subject, reason });
  }
  return [...waits.values()];
}
