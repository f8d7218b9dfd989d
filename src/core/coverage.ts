/**
 * What the judge says of foreign routes as the backup routes see them: which destination is
 * covered, and where the backup route takes a tie. Pure.
 *
 * A route is *stale* when the daemon that installed it is dead or does not answer. For ties it
 * stops being stale with the daemon's first sign of life. For coverage it stops being stale only
 * once the living daemon says that it holds the route (fact F13: "vty answers" proves nothing).
 */

import { byPrefix } from '../fib/by-prefix.js';
import { type Carried, carried, covered, inTable } from '../fib/destination.js';
import { partsOf } from '../fib/parts.js';
import { remembered } from '../fib/remembered.js';
import { routeFault } from '../fib/usable.js';
import { exitsOf, type View } from '../fib/view.js';
import type { Vrf } from '../model/link.js';
import {
  containsPrefix,
  HEARD_BITS,
  LOCAL_INET6,
  type Prefix,
  parsePrefix,
  prefixText,
  samePrefix,
} from '../model/prefix.js';
import type { Nexthop, Route } from '../model/route.js';
import type { Snapshot } from '../model/snapshot.js';
import type { Judged } from './denials.js';
import { linkOf, type Realm, realmOf } from './management.js';
import { ownership, owns } from './ownership.js';
import type { SeenWorld, World } from './state.js';
import { answeringView, coveringTables, foreignView, longerOf, presentView } from './views.js';

/** Whether the daemon that installed the route is dead or does not answer. */
export function isStale({ daemons }: World, { protocol }: Route): boolean {
  return [...daemons.values()].some(
    ({ life, protocols }) => (life === 'down' || life === 'unresponsive') && protocols.includes(protocol),
  );
}

/**
 * Since when the daemon that installed the route has been dead; undefined: it is alive, or not
 * watched.
 */
function deadSince({ daemons }: World, { protocol }: Route): number | undefined {
  const dead = [...daemons.values()].filter(({ life, protocols }) => life === 'down' && protocols.includes(protocol));
  return dead.length === 0 ? undefined : Math.min(...dead.map(({ since }) => since));
}

const UNIQUE_LOCAL = parsePrefix(LOCAL_INET6)!;

interface Rivalry {
  /** The backup route takes the tie now. */
  readonly preempt: boolean;
  /**
   * When the backup route takes the tie if nothing changes until then; undefined: never by time
   * alone.
   */
  readonly preemptAt: number | undefined;
  /**
   * A foreign route of the same prefix keeps the tie for now: it is not stale, or has not been
   * stale for long enough.
   */
  readonly activeRival: boolean;
}

const NO_RIVAL: Rivalry = { preempt: false, preemptAt: undefined, activeRival: false };
const PREEMPTED: Rivalry = { preempt: true, preemptAt: undefined, activeRival: false };
const ACTIVE: Rivalry = { preempt: false, preemptAt: undefined, activeRival: true };

/**
 * The foreign route of the same prefix that the table has for ordinary packets, if any. Without
 * our route it carries or refuses them.
 */
export function rivalOf(world: SeenWorld, table: number, destination: Prefix): Route | undefined {
  // Nearly all destinations have none.
  if (byPrefix(world.snapshot.foreignRoutes).at(table, destination).length === 0) return undefined;
  const found = inTable(foreignView(world), table, destination);
  return found !== undefined && samePrefix(found.destination, destination) ? found : undefined;
}

/**
 * How the backup route of a destination (by its key) stands to its rival. A rival that leads
 * nowhere, or that the kernel says it does not follow, loses the tie whoever owns it. By time
 * alone a rival loses only while its owner is dead: a daemon that hangs may forward for minutes,
 * and its sessions depend on its routes. Nor does it lose by time to a backup route that is `lost`,
 * known to lead nowhere: what a dead daemon has left may be the only way. One whose next hop is good
 * again waits for no ten seconds then.
 */
export function rivalry(world: SeenWorld, rival: Route | undefined, key: string, lost: boolean, now: number): Rivalry {
  if (rival === undefined) return NO_RIVAL;
  const fault = routeFault(lost ? answeringView(world) : foreignView(world), rival);
  if (isDenied(world, key) || fault !== undefined) return PREEMPTED;
  if (lost) return ACTIVE;
  return isLeft(world, rival, now) ? PREEMPTED : { ...ACTIVE, preemptAt: preemptAtOf(world, rival) };
}

/**
 * Whether the daemon that installed the route has been dead for so long that the route is to carry
 * no more.
 */
export function isLeft(world: SeenWorld, route: Route, now: number): boolean {
  const at = preemptAtOf(world, route);
  return (at !== undefined && now >= at) || (world.config.preemptAfterMs !== 'never' && isHeld(world, route));
}

function preemptAtOf(world: SeenWorld, route: Route): number | undefined {
  const { preemptAfterMs } = world.config;
  const since = deadSince(world, route);
  return since === undefined || preemptAfterMs === 'never' ? undefined : since + preemptAfterMs;
}

/**
 * Whether the backup route won the tie in the kernel in a former life of the agent, and the
 * rival's owner has shown no sign of life since this start: a restart of the agent gives no tie
 * back to a dead daemon.
 */
function isHeld(world: SeenWorld, { protocol, table, destination }: Route): boolean {
  const { daemons, config, former, snapshot } = world;
  const silent = [...daemons.values()].some(
    ({ life, foundDead, protocols }) => (life === 'unknown' || foundDead === true) && protocols.includes(protocol),
  );
  if (!silent) return false;
  const vrf = vrfOf(snapshot, snapshot.links.find(({ vrfTable }) => vrfTable === table)?.name);
  const { route } = carried(presentView(world), destination, vrf);
  if (route === undefined || !samePrefix(route.destination, destination)) return false;
  const own = ownership(config, former);
  return route.nexthops.some((nexthop) => owns(own, route, nexthop));
}

/** The times at which ties turn without any further event. */
export function turns({ config, daemons }: World): readonly number[] {
  const { preemptAfterMs } = config;
  if (preemptAfterMs === 'never') return [];
  return [...daemons.values()].flatMap(({ life, since }) => (life === 'down' ? [since + preemptAfterMs] : []));
}

interface Coverage {
  readonly judged: readonly Judged[];
  /** Keys of destinations that would be covered if the kernel did not deny it (verify.ts). */
  readonly disagreed: readonly string[];
  /**
   * A table that decides about coverage has not been read yet. Nothing can be said of the
   * destinations in it.
   */
  readonly unread: boolean;
  /**
   * Destinations that no route covers that the daemon has confirmed, or that needs no
   * confirmation.
   */
  readonly uncovered: readonly Prefix[];
  /**
   * Of these, as text, the destinations that are covered only by routes that the daemon has
   * denied, or by none. Used while the routes are out or once the convergence-timeout is over:
   * then a route counts unless the daemon has denied it.
   */
  readonly bare: readonly string[];
  /**
   * Of the uncovered destinations, as text, those that a rule's suppressor decides about, where it
   * is not certain what it does (fib/suppress.ts).
   */
  readonly doubtful: ReadonlySet<string>;
  /**
   * Foreign prefixes that would cover a destination if the living daemon said that it holds them.
   */
  readonly toConfirm: readonly Question[];
  /** Next hops of routes that would cover a destination if they led anywhere. */
  readonly broken: readonly Nexthop[];
  /** When the first of the covering routes expires; undefined: none does. */
  readonly until: number | undefined;
}

/** A foreign prefix that a daemon must confirm, in the VRF of that name or in the default one. */
export interface Question {
  readonly prefix: Prefix;
  readonly vrf: string | undefined;
}

export function questionKey({ prefix, vrf }: Question): string {
  return vrf === undefined ? prefixText(prefix) : `${vrf} ${prefixText(prefix)}`;
}

/**
 * Which destinations the kernel would carry without our routes, according to the judge
 * (fib/destination.ts): by a usable route that is not stale and not for some packets only. A route
 * of a watched daemon counts once that daemon has confirmed it.
 */
export const coverage = remembered((world: SeenWorld): Coverage => {
  const { snapshot, daemons, confirmed } = world;
  const missing = coveringTables(world, snapshot).filter((table) => !world.tablesRead.includes(table));
  const realms = world.config.managementInterfaces.map(({ selector }) => realmOf(linkOf(selector, snapshot), snapshot));
  const ofVrfs = new Set(realms.flatMap(({ vrf, table }) => (vrf === undefined ? [] : [table])));
  const unreadMain = missing.some((table) => !ofVrfs.has(table));
  const uncovered: Prefix[] = [];
  const bare: string[] = [];
  const toConfirm = new Map<string, Question>();
  const doubtful = new Set<string>();
  const broken: Nexthop[] = [];
  const judged: Judged[] = [];
  const disagreed: string[] = [];
  let until: number | undefined;
  const watched = new Set([...daemons.values()].flatMap((daemon) => daemon.protocols));
  const view = foreignView(world);
  let unread = false;
  for (const [i, { backupRouters }] of world.config.managementInterfaces.entries()) {
    const { table, vrf } = realms[i]!;
    if (vrf === undefined ? unreadMain : missing.includes(table)) {
      unread = true;
      continue;
    }
    for (const destination of backupRouters.flatMap(({ destinations }) => destinations)) {
      const here = vrfOf(snapshot, vrf);
      const destinationKey = questionKey({ prefix: destination, vrf });
      const answer = covered(view, destination, here);
      if (answer.kind === 'not-carried' && answer.why === 'doubtful') doubtful.add(prefixText(destination));
      broken.push(...brokenHops(view, answer));
      const routes = coversOf(world, answer, destination, { vrf, table }, broken);
      judged.push({ key: destinationKey, destination, vrf: here, route: routes[0] });
      const denied = isDenied(world, destinationKey);
      if (denied && routes.length > 0) disagreed.push(destinationKey);
      if (routes.length === 0 || denied) {
        uncovered.push(destination);
        bare.push(prefixText(destination));
        continue;
      }
      const words = routes.map((route) => {
        const question = { prefix: route.destination, vrf };
        const key = questionKey(question);
        const word = watched.has(route.protocol) ? confirmed.get(key) : true;
        if (word !== true) toConfirm.set(key, question);
        if (word !== false && route.expiresAtMs !== undefined)
          until = Math.min(until ?? route.expiresAtMs, route.expiresAtMs);
        return word;
      });
      if (words.some((word) => word !== true)) uncovered.push(destination);
      if (words.includes(false)) bare.push(prefixText(destination));
    }
  }
  return { unread, uncovered, bare, doubtful, toConfirm: [...toConfirm.values()], broken, until, judged, disagreed };
});

/**
 * The routes that cover the destination: one, or, where longer prefixes take all of it, one for
 * each part. None: it is not covered. `broken` gets the next hops of a part that lead nowhere.
 *
 * A destination of a VRF that a route of another table carries is not covered: answers to those
 * packets do not reach the VRF.
 */
function coversOf(
  world: SeenWorld,
  answer: Carried,
  destination: Prefix,
  { vrf, table }: Realm,
  broken: Nexthop[],
): readonly Route[] {
  const counts = (one: Carried): one is Carried & { readonly kind: 'carried' } =>
    one.kind === 'carried' && !isStale(world, one.route) && (vrf === undefined || one.route.table === table);
  if (counts(answer)) return [answer.route];
  const most = destination.length + HEARD_BITS;
  const longer = longerOf(world, destination).filter(({ length }) => length <= most);
  if (longer.length === 0) return [];
  const view = foreignView(world);
  const routes: Route[] = [];
  // For reports, unique local addresses make no part of the IPv6 default. A NOC may have one.
  const local = destination.family === 'inet6' && containsPrefix(destination, UNIQUE_LOCAL) ? [UNIQUE_LOCAL] : [];
  for (const part of [...partsOf(destination, longer), ...local]) {
    const one = covered(view, part, vrfOf(world.snapshot, vrf));
    if (!counts(one)) {
      broken.push(...brokenHops(view, one));
      return [];
    }
    routes.push(one.route);
  }
  return routes;
}

/**
 * Keys of prefixes whose routes would cover a destination, but the living daemon says that it does
 * not hold them.
 */
export function notHeld(world: SeenWorld): readonly string[] {
  const { confirmed } = world;
  // Nearly always none: judging a hundred thousand destinations takes long.
  if (![...confirmed.values()].includes(false)) return [];
  const keys = coverage(world).toConfirm.map(questionKey);
  return keys.filter((key) => confirmed.get(key) === false);
}

/** Whether the kernel denies that it carries the destination (verify.ts). */
export function isDenied({ denials }: World, key: string): boolean {
  const denial = denials.get(key);
  return denial !== undefined && denial.stage !== 'over';
}

/** The next hops by which the destination would be carried if they led anywhere. */
function brokenHops(view: View, answer: Carried): readonly Nexthop[] {
  if (answer.kind === 'carried' || answer.why !== 'broken' || answer.route === undefined) return [];
  const exits = exitsOf(view, answer.route);
  return exits === 'blackhole' ? [] : exits;
}

/** The VRF of that name; undefined: it does not exist. */
export function vrfOf({ links }: Snapshot, name: string | undefined): Vrf | undefined {
  const link = name === undefined ? undefined : links.find((candidate) => candidate.name === name);
  return link?.vrfTable === undefined ? undefined : { name: link.name, index: link.index, table: link.vrfTable };
}
