/**
 * What carries packets that this router originates to one address: now, checked against the kernel's own answer, and in every
 * state of {@link SceneName}. Pure: facts and ways in, one value out; docs/EXPLAIN.md has its JSON.
 */

import type { Address } from '../../model/address.js';
import type { KernelAnswer, PolicyRule, Vrf, Ways } from '../../model/policy.js';
import { TABLE_LOCAL, TABLE_MAIN, type Route } from '../../model/route.js';
import { routeKey } from '../keys.js';
import { ownedRoutes, ownership } from '../plan.js';
import { carrierOf, relation, sceneText, type Carrier } from './reason.js';
import { isDaemons, sceneOf, SCENES, type Facts, type SceneName } from './scenes.js';
import { refuses, walk, type Way } from './walk.js';

export interface Passage {
  readonly state: 'now' | SceneName;
  readonly carrier: Carrier;
  /** What carries or refuses the packet; undefined: nothing. */
  readonly route: Route | undefined;
  /** The rule that led there. */
  readonly rule: PolicyRule | undefined;
  readonly why: string;
}

export interface Explanation {
  readonly address: Address;
  readonly answer: KernelAnswer;
  /** Whether the walk through the rules ends where the kernel says; undefined: the kernel did not say which entry matched. */
  readonly agrees: boolean | undefined;
  readonly now: Passage;
  readonly states: readonly Passage[];
  readonly mayDivert: Way['mayDivert'];
  /** What else an operator should know, in sentences. */
  readonly notes: readonly string[];
}

export function explain(facts: Facts, ways: Ways, vrf: Vrf | undefined): Explanation {
  const packet = { address: ways.address, vrf };
  const present = walk(ways.rules, ways.routes, packet);
  const installed = ownedRoutes(ownership(facts.config, facts.formerGateways), facts.snapshot);
  const ours = new Set(installed.map((route) => routeKey(route)));
  const want = { routes: installed, rules: [], waits: [], preempting: [], preemptAt: undefined };
  const now = passage('now', facts, present, ours, relation(facts, { routes: ways.routes, want }, present, ways.address, ours));
  const states = SCENES.map((name) => {
    const scene = sceneOf(name, facts, ways);
    const way = walk(scene.rules, scene.routes, packet);
    const mine = new Set(scene.want.routes.map((route) => routeKey(route)));
    const stands = relation(facts, scene, way, ways.address, mine);
    // What is the host's own or a neighbour stays so whatever the routing daemon does.
    const settled = ['host', 'connected'].includes(carrierOf(facts, way, mine));
    return passage(name, facts, way, mine, settled ? stands : `${sceneText(name, facts.config, scene.routes.some((route) => isDaemons(facts, route)))}; ${stands}`);
  });
  return { address: ways.address, answer: ways.answer, agrees: agreement(present, ways.answer), now, states, mayDivert: present.mayDivert, notes: notesOf(facts, ways) };
}

function passage(state: Passage['state'], facts: Facts, way: Way, ours: ReadonlySet<string>, why: string): Passage {
  return { state, carrier: carrierOf(facts, way, ours), route: way.route, rule: way.rule, why };
}

/** Same entry of the FIB, or both refuse. */
function agreement(way: Way, answer: KernelAnswer): boolean | undefined {
  const refused = way.route === undefined || refuses(way.route);
  if (answer.kind === 'refused') return refused;
  if (answer.type === 'blackhole' || answer.type === 'unreachable' || answer.type === 'prohibit') return refused;
  if (way.route === undefined || refused) return false;
  if (answer.matched === undefined) return undefined;
  const { table, destination, type } = answer.matched;
  return sameTable(table, way.route.table) && destination.length === way.route.destination.length && type === way.route.type && shareNexthop(answer.matched, way.route);
}

/** Until somebody adds a rule, IPv4 keeps `local` and `main` in one trie and calls both main (fib_trie.c, fib_trie_unmerge). */
function sameTable(said: number, walked: number): boolean {
  return said === walked || (said === TABLE_MAIN && walked === TABLE_LOCAL);
}

function shareNexthop(a: Route, b: Route): boolean {
  return a.nexthops.length === 0 || a.nexthops.some((one) => b.nexthops.some((other) => one.gateway === other.gateway && one.interfaceIndex === other.interfaceIndex));
}

function notesOf(facts: Facts, ways: Ways): readonly string[] {
  const notes: string[] = [];
  if (!ways.routes.some((route) => isDaemons(facts, route)) && facts.watched.some(({ protocols }) => protocols.length > 0)) {
    notes.push('The routing daemon has no route to it in the FIB now: what it will bring when it converges is not known.');
  }
  if (facts.watched.every(({ protocols }) => protocols.length === 0)) {
    notes.push('Whose routes the routing daemon installs is not configured (`route-protocols`): none is taken for its own, so none goes stale.');
  }
  if (facts.config.placement === 'main') {
    notes.push('Placement main: while in, backup routes carry transit packets too, and the routing daemon sees them and can redistribute them.');
  }
  return notes;
}
