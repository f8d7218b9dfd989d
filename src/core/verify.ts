/**
 * Trust, and verify: the kernel itself is asked about every destination (RTM_GETROUTE) after each
 * withdrawal, after each installation, at each resync, and after each change of foreign routes or
 * rules while the routes are in. Its answer overrides the judge's. Pure.
 *
 *   the routes are   the kernel names           then
 *   out              no usable foreign route    the destination counts as uncovered: the routes go
 *                    for what is covered        in at once (`disagreement`); a look follows, which
 *                                               tells whether the model was late or is wrong
 *   in               neither ours nor a usable  the backup route is reported to carry nothing
 *                    foreign route, or a
 *                    foreign one in our tables
 *
 * While the routes are in, the kernel cannot be asked what it would do without them. So a denial
 * stands for a while and is then tried again. Each further one within {@link FORGOTTEN_AFTER_MS}
 * stands twice as long.
 */

import { carried } from '../fib/destination.js';
import { routeFault } from '../fib/usable.js';
import type { Vrf } from '../model/link.js';
import { containsPrefix, samePrefix } from '../model/prefix.js';
import { mayShareCache } from '../model/route.js';
import { namesOf, routeText } from '../model/route-text.js';
import { coverage, isStale } from './coverage.js';
import type { Denial, Judged } from './denials.js';
import type { Output } from './inputs.js';
import { foreignPauseMs } from './looks.js';
import { ownership, owns, ownTables } from './ownership.js';
import type { KernelWord } from './ports.js';
import { samplesOf } from './sample.js';
import { isSeen, moreUrgent, type SeenWorld, type State, withAgenda, withWorld } from './state.js';
import { foreignView, presentView } from './views.js';

export const DENIAL_MS = { first: 10_000, most: 3_600_000 } as const;
const FORGOTTEN_AFTER_MS = 600_000;

/** Asks once everything is at rest and the question before is answered. */
export function askKernel(state: State, outputs: Output[], now: number): State {
  const { world, phase, agenda } = state;
  if (!agenda.verifyDue || agenda.verifying !== undefined) return state;
  if (!isSeen(world) || agenda.round.kind !== 'idle' || agenda.dirty !== undefined) return state;
  if (phase.kind === 'starting' || coverage(world).unread) return state;
  const { judged } = coverage(world);
  const id = agenda.verifications + 1;
  const rules = world.snapshot.rules;
  const questions = judged.map(({ destination, vrf, route }) => ({
    destination,
    vrf,
    byObject: route !== undefined && mayShareCache(route),
    // Made when it is asked about: for ten thousand at once the loop would stand still.
    get addresses() {
      return samplesOf(destination, rules);
    },
  }));
  outputs.push({ kind: 'verify', id, questions });
  return withAgenda(state, { verifyDue: false, verifications: id, verifying: { phase, judged, since: now } });
}

export function verified(state: State, id: number, words: readonly KernelWord[] | undefined, now: number): State {
  const { world, phase, agenda } = state;
  if (id !== agenda.verifications || agenda.verifying === undefined) return state;
  const { verifying } = agenda;
  const paused = now + foreignPauseMs(now - verifying.since);
  const heard = withAgenda(state, {
    verifying: undefined,
    // While the routes are in, each change of foreign routes leads to such a question, which costs
    // as much as a look, or more.
    ...(phase.kind === 'in' ? { foreignNotBefore: Math.max(agenda.foreignNotBefore, paused) } : {}),
  });
  if (words === undefined || !isSeen(world)) return heard;
  // The phase has turned, or a batch is under way or was carried out since: the answer is out of
  // date. The routes may have been in for a moment, and the kernel has named them.
  const changed = agenda.round.kind === 'applying' || (phase.kind === 'out' && agenda.verifyDue);
  if (phase.kind !== verifying.phase.kind || changed) return withAgenda(heard, { verifyDue: true });
  return phase.kind === 'out'
    ? denied(heard, world, verifying.judged, words, now)
    : withWorld(heard, { idle: idleOf(world, verifying.judged, words) });
}

/**
 * Whether the kernel has named a route of another prefix: IPv6 routes that share a nexthop object
 * share the route cached in it (fact K19). Nothing follows from it. `route` is the judge's answer.
 */
function isOfAnother(word: KernelWord, { destination, route }: Judged): boolean {
  if (word.kind !== 'route' || !mayShareCache(word.route)) return false;
  const named = word.route.destination;
  if (route !== undefined && mayShareCache(route)) return !samePrefix(named, route.destination);
  return !containsPrefix(named, destination) && !containsPrefix(destination, named);
}

/**
 * Whether a foreign route carries. A stale one carries, too, although it covers nothing; so does
 * one whose next hop is good again, which counts (`trusted`) ten seconds later.
 */
function carriesForeign(world: SeenWorld, word: KernelWord, trusted: boolean): boolean {
  if (word.kind !== 'route') return false;
  const { route } = word;
  if ((route.type !== 'unicast' && route.type !== 'local') || isOurs(world, word)) return false;
  const fault = routeFault(foreignView(world), route);
  return fault === undefined || (!trusted && fault === 'not trusted yet');
}

function isOurs({ config, former }: SeenWorld, word: KernelWord & { readonly kind: 'route' }): boolean {
  const own = ownership(config, former);
  return word.route.nexthops.some((nexthop) => owns(own, word.route, nexthop));
}

/** Whether a route of somebody else in a table of ours is met in place of the backup route. */
function usurps({ config }: SeenWorld, word: KernelWord, vrf: Vrf | undefined): boolean {
  return word.kind === 'route' && word.route.table !== vrf?.table && ownTables(config).includes(word.route.table);
}

function denied(
  state: State,
  world: SeenWorld,
  judged: readonly Judged[],
  words: readonly KernelWord[],
  now: number,
): State {
  const denials = new Map(world.denials);
  if (world.config.convergenceTimeoutMs === 0) return state;
  judged.forEach((one, i) => {
    const { key, route } = one;
    const word = words[i] ?? { kind: 'unknown' };
    if (route === undefined || word.kind === 'unknown' || isOfAnother(word, one)) return;
    if (word.kind === 'route' && carriesForeign(world, word, true) && !isStale(world, word.route)) return;
    const before = denials.get(key);
    const times = before !== undefined && now - before.until < FORGOTTEN_AFTER_MS ? before.times + 1 : 1;
    const until = now + Math.min(DENIAL_MS.most, DENIAL_MS.first * 2 ** (times - 1));
    denials.set(key, {
      since: now,
      until,
      times,
      model: textOf(world, { kind: 'route', route }),
      kernel: textOf(world, word),
      stage: 'late',
    });
  });
  if (denials.size === world.denials.size && [...denials].every(([key, one]) => world.denials.get(key) === one))
    return state;
  return withAgenda(withWorld(state, { denials }), { foreignDue: true, dirty: moreUrgent(state.agenda.dirty, 'hint') });
}

function idleOf(world: SeenWorld, judged: readonly Judged[], words: readonly KernelWord[]): SeenWorld['idle'] {
  const idle = new Map<string, string>();
  judged.forEach((one, i) => {
    const { key, destination, vrf } = one;
    const word = words[i] ?? { kind: 'unknown' };
    if (word.kind === 'unknown' || isOfAnother(word, one) || (word.kind === 'route' && isOurs(world, word))) return;
    if (carriesForeign(world, word, false) && !usurps(world, word, vrf)) return;
    const answer = carried(presentView(world), destination, vrf);
    const instead = word.kind === 'refused' && answer.kind === 'not-carried' ? answer.route : undefined;
    // A backup route itself is in nobody's way: the model is in doubt about it.
    const named = instead !== undefined && !world.snapshot.ownRoutes.includes(instead);
    idle.set(key, textOf(world, named ? { kind: 'route', route: instead } : word));
  });
  const same = idle.size === world.idle.size && [...idle].every(([key, why]) => world.idle.get(key) === why);
  return same ? world.idle : idle;
}

function textOf({ snapshot }: SeenWorld, word: KernelWord): string {
  if (word.kind === 'route') return routeText(word.route, namesOf(snapshot.links));
  return word.kind === 'refused' ? `unreachable (${word.code})` : 'unknown';
}

/**
 * Ends denials whose time is over, and re-judges the others after a look at the tables. `looked`:
 * such a look has just come back.
 */
export function reconsidered(state: State, looked: boolean, now: number): State {
  const { world } = state;
  if (world.denials.size === 0 || !isSeen(world)) return state;
  const standing = new Set(looked ? coverage(world).disagreed : []);
  let denials: Map<string, Denial> | undefined;
  for (const [key, one] of world.denials) {
    const stage = stageAfter(one, looked, standing.has(key), now);
    if (stage === one.stage) continue;
    denials ??= new Map(world.denials);
    if (stage === undefined) denials.delete(key);
    else denials.set(key, { ...one, stage });
  }
  return denials === undefined ? state : withWorld(state, { denials });
}

function stageAfter(
  { stage, until }: Denial,
  looked: boolean,
  stands: boolean,
  now: number,
): Denial['stage'] | undefined {
  if (stage === 'over' || now >= until) return 'over';
  if (!looked) return stage;
  if (stands) return 'wrong';
  // The model was late, and agrees by now.
  return stage === 'late' ? undefined : 'over';
}

/** When the first denial ends. */
export function denialEndsAt({ world }: State): number | undefined {
  const ends = [...world.denials.values()].filter(({ stage }) => stage !== 'over').map(({ until }) => until);
  return ends.length === 0 ? undefined : Math.min(...ends);
}
