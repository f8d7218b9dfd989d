/**
 * What carries packets that this router originates to one address: now, checked against the
 * kernel's own answer, and in every state of {@link SceneName}. Pure: facts and routes in, one
 * value out.
 */

import { exitsThrough } from '../../fib/view.js';
import { type Address, familyOf, isLinkLocal } from '../../model/address.js';
import type { Vrf } from '../../model/link.js';
import { mayShareCache, REFUSALS, type Route, type Rule, refuses, TABLE_LOCAL, TABLE_MAIN } from '../../model/route.js';
import type { KernelAnswer, Ways } from '../../model/ways.js';
import { NOTHING } from '../desired.js';
import { routeKey } from '../keys.js';
import { ownedRoutes } from '../ownership.js';
import { repliesOf } from '../replies.js';
import { type Carrier, carrierOf, relation, sceneText } from './reason.js';
import {
  type Facts,
  imagine,
  isDaemons,
  isNotHeld,
  OUT,
  ownershipOf,
  SCENES,
  type SceneName,
  sceneOf,
} from './scenes.js';
import { type Way, walk } from './walk.js';

export interface Passage {
  readonly state: 'now' | SceneName;
  readonly carrier: Carrier;
  /** The route that carries or refuses the packet; undefined: none. */
  readonly route: Route | undefined;
  /** The rule that led there. */
  readonly rule: Rule | undefined;
  readonly why: string;
}

export interface Explanation {
  readonly address: Address;
  readonly answer: KernelAnswer;
  /** Whether the walk through the rules ends where the kernel says. */
  readonly agrees: boolean;
  readonly now: Passage;
  readonly states: readonly Passage[];
  readonly mayDivert: Way['mayDivert'];
  /** What else an operator should know, in sentences. */
  readonly notes: readonly string[];
}

/** `from`: the source address that the packet's socket is bound to; undefined: none. */
export function explain(facts: Facts, read: Ways, vrf: Vrf | undefined, from?: Address): Explanation {
  const ways = resolved(read);
  const packet = { address: ways.address, vrf, from };
  const host = { nexthopObjects: ways.objects ?? [], links: facts.snapshot.links };
  const present = walk(ways.rules, ways.routes, packet, host);
  const installed = ownedRoutes(ownershipOf(facts), facts.snapshot);
  const ours = new Set(installed.map((route) => routeKey(route)));
  const want = { ...NOTHING, routes: installed };
  const now = passage(
    'now',
    facts,
    present,
    ours,
    relation(facts, { routes: ways.routes, want }, present, ways.address, ours),
  );
  const states = SCENES.map((name) => {
    const scene = sceneOf(name, facts, ways);
    const way = walk(scene.rules, scene.routes, packet, host);
    const mine = new Set([...scene.want.routes, ...scene.want.replies].map((route) => routeKey(route)));
    const stands = relation(facts, scene, way, ways.address, mine);
    // A packet to the host itself or to a connected subnet goes the same way whatever the routing
    // daemon does.
    const settled = ['host', 'connected'].includes(carrierOf(facts, way, mine));
    return passage(
      name,
      facts,
      way,
      mine,
      settled
        ? stands
        : `${sceneText(
            name,
            facts.config,
            scene.routes.some((route) => isDaemons(facts, route)),
          )}; ${stands}`,
    );
  });
  return {
    address: ways.address,
    answer: ways.answer,
    agrees: agreement(present, ways.answer),
    now,
    states,
    mayDivert: present.mayDivert,
    notes: notesOf(facts, ways, now, states),
  };
}

/**
 * Fills in the next hops of routes that name a nexthop object only (sysctl nexthop_compat_mode 0).
 */
function resolved(ways: Ways): Ways {
  const { objects = [], routes } = ways;
  if (objects.length === 0) return ways;
  const whole = routes.map((route) => {
    const exits = exitsThrough(objects, route);
    return exits === 'blackhole' || exits === route.nexthops ? route : { ...route, nexthops: exits };
  });
  return { ...ways, routes: whole };
}

function passage(state: Passage['state'], facts: Facts, way: Way, ours: ReadonlySet<string>, why: string): Passage {
  return { state, carrier: carrierOf(facts, way, ours), route: way.route, rule: way.rule, why };
}

/**
 * Whether both refuse, or both take the same next hop, and in IPv4 the same entry. With IPv6
 * routes that share a nexthop object the kernel does not tell which entry matched: it names the
 * one that was used first (the route is cached in the fib6_nh; seen on Linux 6.18 with FRR), or
 * none ({@link isUnnamed}).
 */
function agreement({ route }: Way, answer: KernelAnswer): boolean {
  if (isUnnamed(route, answer)) return true;
  if (answer.kind === 'refused' || REFUSALS.has(answer.type)) return route === undefined || refuses(route);
  if (route === undefined || answer.type !== route.type) return false;
  const { matched } = answer;
  const sameEntry =
    matched === undefined ||
    route.family === 'inet6' ||
    (sameTable(matched.table, route.table) && matched.destination.length === route.destination.length);
  // The kernel shows routes to the host's own addresses as leaving by lo.
  return (
    sameEntry &&
    (route.table === TABLE_LOCAL ||
      route.nexthops.some(
        ({ gateway, interfaceIndex }) => gateway === answer.gateway && interfaceIndex === answer.interfaceIndex,
      ))
  );
}

/**
 * Whether the kernel may follow the route without naming it: after the deletion of an IPv6 route it
 * says ENETUNREACH of others with the same nexthop object (fact K19).
 */
function isUnnamed(route: Route | undefined, answer: KernelAnswer): boolean {
  if (route === undefined || !mayShareCache(route) || refuses(route)) return false;
  return answer.kind === 'refused' && answer.code === 'ENETUNREACH';
}

/**
 * Until somebody adds a rule, IPv4 keeps `local` and `main` in one trie and calls both main
 * (fib_trie.c, fib_trie_unmerge).
 */
function sameTable(said: number, walked: number): boolean {
  return said === walked || (said === TABLE_MAIN && walked === TABLE_LOCAL);
}

function notesOf(facts: Facts, ways: Ways, now: Passage, states: readonly Passage[]): readonly string[] {
  const { config, watched } = facts;
  const notes: string[] = [];
  const suppressing = [
    ...ways.rules.map((rule) => rule.suppressPrefixLength),
    ...(config.placement === 'local' ? [0] : []),
  ];
  if (
    familyOf(ways.address) === 'inet6' &&
    ways.nexthopObjects &&
    suppressing.some((suppress) => suppress !== undefined)
  ) {
    notes.push(
      'IPv6 routes to it use nexthop objects. Where routes of several prefixes share one, Linux applies suppress_prefixlength to the prefix that was looked up first, so that ties and longer prefixes may go either way while backup routes are in. FRR: `no zebra nexthop kernel enable`.',
    );
  }
  if (isUnnamed(now.route, ways.answer)) {
    notes.push(
      'The kernel names no route to it. After the deletion of one of the IPv6 routes that share a nexthop object it says so of the others, by which it sends packets all the same.',
    );
  }
  if (watched.every(({ protocols }) => protocols.length === 0)) {
    notes.push("`route-protocols` is not configured, so no route counts as the routing daemon's, and none goes stale.");
  } else if (!ways.routes.some((route) => isDaemons(facts, route) && !isNotHeld(facts, route))) {
    notes.push(
      'The routing daemon has no route to it in the FIB now: what it will bring when it converges is not known.',
    );
  }
  if (config.placement === 'main' && [now, ...states].some(({ carrier }) => carrier === 'backup')) {
    notes.push(
      'Placement main: while in, backup routes carry transit packets too, and the routing daemon sees them and can redistribute them.',
    );
  }
  for (const { family, rules, gateway, interfaceName } of repliesOf(
    imagine(facts, facts.snapshot, 'responsive', OUT).world,
  )) {
    if (family !== familyOf(ways.address) || rules.length === 0) continue;
    const sources = rules.flatMap(({ detail }) => detail?.from?.address ?? []).join(', ');
    notes.push(
      `Packets from ${sources} to the destinations go by ${gateway ?? 'the interface alone'} on ${interfaceName} in every state (symmetric-replies), unless a foreign rule takes them first.`,
    );
  }
  if (isLinkLocal(ways.address))
    notes.push('A link-local address is reached on the interface that the sender names; no route decides.');
  return notes;
}
