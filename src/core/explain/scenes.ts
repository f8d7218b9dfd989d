/**
 * The states that a router with a backup router can be in. Each is given as the rules and routes
 * that the kernel would then have for one address: what is there now, minus our own, minus what
 * the routing daemon would not have there, plus what the agent would want. Pure. The agent's own
 * functions decide the agent's part.
 *
 *   scene       routing daemon's routes      ours             the daemon is
 *   booting     none                         in               never seen
 *   converged   as they are now              out              healthy
 *   clean-stop  none (facts F5, B2), but     in               down
 *               those that it does not hold
 *   crash       as they are now, stale       in, losing ties  dead since a moment
 *   preempted   as they are now, stale       in, ties won     dead for longer than preempt-after
 *   hang        as they are now, stale       in, losing ties  unresponsive since a moment
 *   standby     as they are now              in, losing ties  healthy; the role is standby
 *
 * All other routes are assumed to stay.
 */

import { familyOf } from '../../model/address.js';
import type { AdoptedRoute } from '../../model/adopted.js';
import type { Config } from '../../model/config.js';
import type { WatchedDaemon } from '../../model/daemon.js';
import type { Route, Rule } from '../../model/route.js';
import type { Snapshot } from '../../model/snapshot.js';
import type { Ways } from '../../model/ways.js';
import { takeable } from '../adopt.js';
import { learnedAfter } from '../auto.js';
import { questionKey } from '../coverage.js';
import type { Life } from '../daemon-state.js';
import { type Wanted, wanted } from '../desired.js';
import { sightingsAtRest } from '../gateways.js';
import { routeKey, routeSlot } from '../keys.js';
import { neighbourOn } from '../neighbour.js';
import { isOffered } from '../offers.js';
import { formerly, type Ownership, ownedRoutes, ownership, owns } from '../ownership.js';
import { initialState, type Phase, RESYNC_MS, type Refusal, type SeenWorld } from '../state.js';
import type { Learned } from '../takeover-state.js';
import { tablesFor } from '../views.js';

export type SceneName = 'booting' | 'converged' | 'clean-stop' | 'crash' | 'preempted' | 'hang' | 'standby';

export const SCENES: readonly SceneName[] = [
  'booting',
  'converged',
  'clean-stop',
  'crash',
  'preempted',
  'hang',
  'standby',
];

/** What is known of the host and the configuration. */
export interface Facts {
  readonly config: Config;
  readonly watched: readonly WatchedDaemon[];
  /** The configuration before this one, whose routes may still be in the kernel. */
  readonly former: Config | undefined;
  readonly adopted: readonly AdoptedRoute[];
  readonly snapshot: Snapshot;
  /** `routes.stale` of the running agent's status; absent: none. */
  readonly stale?: readonly string[];
  /** What the agent has learned for `address: auto`; absent: nothing. */
  readonly learned?: Learned;
  /** By neighbourKey, the gateways of which the running agent knows whether they answer. */
  readonly answers?: ReadonlyMap<string, boolean>;
}

/** The kernel in one state, as far as one address is concerned. */
export interface Scene {
  readonly rules: readonly Rule[];
  readonly routes: readonly Route[];
  /** What the agent wants there, without the routes that the kernel would refuse. */
  readonly want: Wanted;
}

/** The marks by which our own routes on this host are recognised. */
export function ownershipOf({ config, former, adopted }: Facts): Ownership {
  return ownership(
    config,
    formerly(
      former,
      adopted.flatMap(({ route }) => route.nexthops[0]?.gateway ?? []),
    ),
  );
}

export function isDaemons(facts: Facts, route: Route): boolean {
  return facts.watched.some((daemon) => daemon.protocols.includes(route.protocol));
}

/** Whether the daemon, which lives, says that it does not hold the route. */
export function isNotHeld(facts: Facts, route: Route): boolean {
  const { stale = [], snapshot } = facts;
  if (stale.length === 0 || !isDaemons(facts, route)) return false;
  const vrf = snapshot.links.find(({ vrfTable }) => vrfTable === route.table)?.name;
  return stale.includes(questionKey({ prefix: route.destination, vrf }));
}

/** A world and a phase that the agent's decisions can be asked about. */
interface Imagined {
  readonly world: SeenWorld;
  readonly phase: Phase;
}

/** A state of the agent in which all daemons have had the given life since time 0. */
export function imagine(facts: Facts, snapshot: Snapshot, life: Life, phase: Phase): Imagined {
  const role = phase.kind === 'in' && phase.cause === 'standby' ? 'standby' : 'primary';
  const { world: fresh } = initialState(
    {
      config: facts.config,
      watched: facts.watched,
      former: facts.former,
      resyncMs: RESYNC_MS,
      role: { role, reason: 'imagined' },
      roleOverride: undefined,
      pin: undefined,
      adopted: facts.adopted,
      ...(facts.learned === undefined ? {} : { learned: facts.learned }),
    },
    0,
  );
  const daemons = new Map([...fresh.daemons].map(([id, daemon]) => [id, { ...daemon, life, since: 0 }]));
  const world: SeenWorld = {
    ...fresh,
    daemons,
    snapshot,
    tablesRead: tablesFor(fresh, snapshot),
  };
  const learned = { ...world, learned: learnedAfter(world) };
  return { world: { ...learned, sightings: sightingsAtRest(learned, facts.answers) }, phase };
}

export const OUT: Phase = { kind: 'out', since: 0, reason: 'imagined', uncovered: [] };

export function phaseIn(cause: 'down' | 'standby'): Phase {
  return { kind: 'in', cause, since: 0, reason: 'imagined', until: undefined, from: undefined };
}

export function sceneOf(name: SceneName, facts: Facts, ways: Ways): Scene {
  const stands = (route: Route): boolean =>
    !isDaemons(facts, route) || (name === 'clean-stop' ? isNotHeld(facts, route) : name !== 'booting');
  const { foreignRoutes, furtherRoutes = [], originals = [] } = facts.snapshot;
  const snapshot: Snapshot = {
    ...facts.snapshot,
    foreignRoutes: foreignRoutes.filter(stands),
    furtherRoutes: furtherRoutes.filter(stands),
    originals: originals.filter(({ route }) => stands(route)),
  };
  const foreign = foreignOf(facts, ways).filter(stands);
  const { state, now } = stateOf(name, facts, snapshot);
  const want = accepted(state, foreign, now);
  const left = taken(state);
  const ours = [...want.routes, ...want.replies].filter((route) => route.family === familyOf(ways.address));
  return {
    rules: rulesWith(facts.config.routeProtocol, ways, want.rules),
    routes: [...foreign.filter((route) => !left.has(routeKey(route))), ...ours],
    want,
  };
}

function stateOf(
  name: SceneName,
  facts: Facts,
  snapshot: Snapshot,
): { readonly state: Imagined; readonly now: number } {
  switch (name) {
    case 'booting':
    case 'clean-stop':
    case 'crash':
      return { state: imagine(facts, snapshot, 'down', phaseIn('down')), now: 0 };
    case 'preempted': {
      const { preemptAfterMs } = facts.config;
      return {
        state: imagine(facts, snapshot, 'down', phaseIn('down')),
        now: preemptAfterMs === 'never' ? 0 : preemptAfterMs,
      };
    }
    case 'hang':
      return { state: imagine(facts, snapshot, 'unresponsive', phaseIn('down')), now: 0 };
    case 'standby':
      return { state: imagine(facts, snapshot, 'responsive', phaseIn('standby')), now: 0 };
    case 'converged':
      return { state: imagine(facts, snapshot, 'responsive', OUT), now: 0 };
    default:
      return name satisfies never;
  }
}

/**
 * The routes that contain the address and are not ours. Of an IPv6 multipath route that others
 * were merged into (fact K7), the foreign part.
 */
function foreignOf(facts: Facts, ways: Ways): Route[] {
  const own = ownershipOf(facts);
  return ways.routes.flatMap((route) => {
    const nexthops = route.nexthops.filter((nexthop) => !owns(own, route, nexthop));
    return route.nexthops.length > 0 && nexthops.length === 0 ? [] : [{ ...route, nexthops }];
  });
}

/**
 * What the agent wants once it has learned which routes the kernel refuses: those whose gateway is
 * no neighbour, and those whose slot is taken (facts K6, K4).
 */
export function accepted({ world, phase }: Imagined, foreign: readonly Route[], now: number): Wanted {
  const { snapshot } = world;
  const first = wanted(world, phase, now);
  if (first === undefined) throw new TypeError('an imagined state is never undecided');
  const installed = new Set(
    ownedRoutes(ownership(world.config, world.former), snapshot).map((route) => routeKey(route)),
  );
  const slots = new Set([...foreign, ...snapshot.foreignRoutes].map(routeSlot));
  const refused = new Map<string, Refusal>();
  for (const route of [...first.routes, ...first.replies]) {
    const [nexthop] = route.nexthops;
    const link = snapshot.links.find(({ index }) => index === nexthop?.interfaceIndex);
    if (installed.has(routeKey(route)) || nexthop?.gateway === undefined || link === undefined) continue;
    if (nexthop.onlink !== true && neighbourOn(world.config, snapshot, link, nexthop.gateway, now).kind === 'off-link')
      refused.set(routeKey(route), { code: 'ENETUNREACH', message: 'Nexthop has invalid gateway' });
    else if (slots.has(routeSlot(route))) refused.set(routeKey(route), { code: 'EEXIST', message: 'File exists' });
  }
  if (refused.size === 0) return first;
  const second = wanted({ ...world, refused }, phase, now) ?? first;
  const goesIn = (route: Route): boolean => !refused.has(routeKey(route));
  return { ...second, routes: second.routes.filter(goesIn), replies: second.replies.filter(goesIn) };
}

/**
 * Keys of the foreign default routes that the agent would have taken over by then (`adopt: true`),
 * beside a healthy daemon that has a default of its own.
 */
function taken({ world }: Imagined): ReadonlySet<string> {
  if ([...world.daemons.values()].some(({ life }) => life !== 'responsive')) return new Set();
  return new Set(
    takeable(world)
      .filter((candidate) => isOffered(world, candidate))
      .map(({ original }) => routeKey(original.route)),
  );
}

/**
 * The foreign rules with the wanted ones added. Of equal priority the older rule comes first
 * (fib_nl_newrule).
 */
function rulesWith(protocol: number, ways: Ways, own: readonly Rule[]): readonly Rule[] {
  const others = ways.rules.filter((rule) => rule.foreign || rule.protocol !== protocol);
  const ours = own.filter((rule) => rule.family === familyOf(ways.address));
  return [...others, ...ours].sort((a, b) => a.priority - b.priority);
}
