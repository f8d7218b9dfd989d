/**
 * Why a packet goes where it goes, in a sentence or two for people: what the state means for the
 * routing daemon's routes, and how the winning route stands to the one that it beat. Pure.
 */

import { inTable } from '../../fib/destination.js';
import { viewOf } from '../../fib/snapshot-view.js';
import { routeFault } from '../../fib/usable.js';
import { EMPTY_VIEW } from '../../fib/view.js';
import { type Address, familyBits, familyOf } from '../../model/address.js';
import type { Config } from '../../model/config.js';
import { containsAddress, destinationText, prefix, prefixText } from '../../model/prefix.js';
import { type Route, refuses, TABLE_LOCAL, TABLE_MAIN } from '../../model/route.js';
import { tableText } from '../../model/route-text.js';
import { timeText } from '../../model/text.js';
import { routeKey } from '../keys.js';
import { isOwnMetric, MAIN_METRIC } from '../placement.js';
import { type Facts, isDaemons, isNotHeld, type Scene, type SceneName } from './scenes.js';
import type { Way } from './walk.js';

/** Whose route carries the packet. */
export type Carrier = 'backup' | 'daemon' | 'stale' | 'connected' | 'host' | 'other' | 'refused' | 'none';

const RTPROT_KERNEL = 2;

export function carrierOf(facts: Facts, way: Way, ours: ReadonlySet<string>): Carrier {
  const { route } = way;
  if (route === undefined) return way.rule === undefined ? 'none' : 'refused';
  if (refuses(route)) return 'refused';
  if (ours.has(routeKey(route))) return 'backup';
  if (route.table === TABLE_LOCAL) return 'host';
  if (isDaemons(facts, route)) return isNotHeld(facts, route) ? 'stale' : 'daemon';
  return route.protocol === RTPROT_KERNEL && route.nexthops.every((nexthop) => nexthop.gateway === undefined)
    ? 'connected'
    : 'other';
}

/** A description of the state. `stale`: in it the daemon has a route to the address. */
export function sceneText(name: SceneName, config: Config, stale: boolean): string {
  switch (name) {
    case 'booting':
      return 'the routing daemon has no routes yet';
    case 'converged':
      return 'backup routes are out';
    case 'clean-stop':
      return 'the routing daemon removed its routes when it stopped';
    case 'crash':
      return stale ? "the dead daemon's routes stay, stale" : 'the dead daemon left no route to it';
    case 'preempted':
      if (!stale) return 'nothing to preempt';
      return config.preemptAfterMs === 'never'
        ? 'preempt-after is never: as after the crash'
        : `dead for ${timeText(config.preemptAfterMs)} (preempt-after)`;
    case 'hang':
      return `noticed after ${timeText(config.probeTimeoutMs)} (probe-timeout), from then on as after a crash`;
    case 'standby':
      return 'backup routes are wanted, and lose their ties';
    default:
      return name satisfies never;
  }
}

/** How the winning route stands to the one that it beat. */
export function relation(
  facts: Facts,
  scene: Pick<Scene, 'routes' | 'want'>,
  way: Way,
  address: Address,
  ours: ReadonlySet<string>,
): string {
  const { route, rule } = way;
  const backup = longest(scene.want.routes.filter((own) => containsAddress(own.destination, address)));
  if (route === undefined) {
    if (rule !== undefined) return `rule ${rule.priority} refuses it`;
    const [wait] = scene.want.waits;
    return wait === undefined ? 'nothing has a route to it' : `no route; waiting for ${wait.subject}: ${wait.reason}`;
  }
  const name = destinationText(route.destination);
  if (refuses(route)) {
    const before =
      backup !== undefined && backup.destination.length > route.destination.length
        ? `, although the backup route ${destinationText(backup.destination)} is more specific: a refusal ends the lookup`
        : '';
    return `${route.type} ${name} in table ${tableText(route.table)}${before}`;
  }
  if (ours.has(routeKey(route))) return won(facts, scene, way, route, address, ours);
  const owner = `${ownerText(facts, way, name)}${brokenText(facts, route)}`;
  if (route.table === TABLE_LOCAL) return owner;
  if (backup === undefined) {
    const [wait] = scene.want.waits;
    return wait === undefined ? owner : `${owner}; backup routes wait for ${wait.subject}: ${wait.reason}`;
  }
  const own = destinationText(backup.destination);
  // Only with main, or a table that they share, is the longest prefix what decides.
  if (route.table === TABLE_MAIN || route.table === backup.table) {
    if (backup.destination.length < route.destination.length)
      return `${owner} is more specific than the backup route ${own}`;
    if (backup.destination.length === route.destination.length) return `${owner} wins the tie with the backup route`;
  }
  return `${owner}; rule ${rule?.priority ?? '?'} comes before the backup route ${own}`;
}

/** In every scene the next hop is as bad as it is now. */
function brokenText({ snapshot }: Facts, route: Route): string {
  const fault = route.type === 'unicast' ? routeFault(viewOf(snapshot, 0, 'with ours'), route) : undefined;
  return fault === undefined ? '' : ` (leads nowhere: ${fault})`;
}

function ownerText(facts: Facts, way: Way, name: string): string {
  const carrier = carrierOf(facts, way, new Set());
  switch (carrier) {
    case 'daemon':
      return `the routing daemon's ${name}`;
    case 'stale':
      return `the stale ${name} (the routing daemon does not have it)`;
    case 'connected':
      return `the connected ${name}`;
    case 'host':
      return "this host's own address, or a broadcast";
    default:
      return `${name} of protocol ${way.route?.protocol ?? '?'}`;
  }
}

/** What the backup route has won over. */
function won(
  facts: Facts,
  scene: Pick<Scene, 'routes'>,
  way: Way,
  route: Route,
  address: Address,
  ours: ReadonlySet<string>,
): string {
  const from = way.rule?.detail?.from;
  if (from !== undefined && from.length > 0)
    return `packets from ${from.length === familyBits(from.family) ? from.address : prefixText(from)} leave by the backup router in every state (symmetric-replies)`;
  const beaten =
    way.visits.find((visit) => visit.verdict === 'suppressed')?.route ??
    inTable(
      { ...EMPTY_VIEW, routes: [scene.routes], without: (other) => ours.has(routeKey(other)) },
      route.table,
      prefix(address, familyBits(familyOf(address))),
    );
  if (beaten === undefined) return 'nothing else has a route to it';
  const name = destinationText(beaten.destination);
  if (beaten.destination.length < route.destination.length)
    return `more specific than ${name} in table ${tableText(beaten.table)}`;
  const preempting = !isOwnMetric(route.metric) || route.metric < MAIN_METRIC;
  if (!preempting) return `wins over ${name}`;
  const broken = brokenText(facts, beaten);
  return `takes the tie from ${broken === '' ? 'the stale ' : ''}${name}${broken}`;
}

function longest(routes: readonly Route[]): Route | undefined {
  return [...routes].sort((a, b) => b.destination.length - a.destination.length)[0];
}
