/**
 * Identity of routes and rules as text keys: the one place that says which fields make two of them
 * the same. Pure.
 */

import { type Prefix, prefixText } from '../model/prefix.js';
import type { Nexthop, Route, Rule } from '../model/route.js';

/**
 * The kernel's identity of a route (fib_table_insert, fact K4): in IPv4 two routes with one key
 * cannot coexist.
 */
export function routeSlot(route: Route): string {
  return `${route.family} ${route.table} ${prefixText(route.destination)} ${route.tos} ${route.metric}`;
}

/** A route of one next hop in full, as it is added and deleted. */
export function routeKey(route: Route, nexthop: Nexthop | undefined = route.nexthops[0]): string {
  const { source, metrics } = route;
  const more = `${nexthop?.onlink === true ? ' onlink' : ''}${source === undefined ? '' : ` src ${source}`}${metrics === undefined ? '' : ` ${metrics}`}`;
  return `${routeSlot(route)} ${route.protocol} ${route.type} ${nexthop?.gateway ?? '-'} ${nexthop?.interfaceIndex ?? '-'}${more}`;
}

/** Family, table and destination, the first three words of a {@link routeKey}. */
export function placeOfKey(key: string): string {
  return key.split(' ', 3).join(' ');
}

/** A rule in full, as it is added and deleted. */
export function ruleKey(rule: Rule): string {
  const from = rule.detail?.from === undefined ? '' : ` from ${prefixText(rule.detail.from)}`;
  return `${rule.family} ${rule.priority} ${rule.table} ${rule.suppressPrefixLength ?? '-'} ${rule.inputInterface ?? '-'} ${rule.protocol}${from}`;
}

/**
 * Whether two routes are the same in everything that the kernel keeps of them, including the state
 * of their next hops.
 */
export function sameRoute(a: Route, b: Route): boolean {
  return (
    a === b ||
    (sameIdentity(a, b) &&
      sameMore(a, b) &&
      a.nexthops.length === b.nexthops.length &&
      (a.nexthops === b.nexthops || a.nexthops.every((nexthop, i) => sameNexthop(nexthop, b.nexthops[i]!))))
  );
}

function sameNexthop(a: Nexthop, b: Nexthop): boolean {
  return (
    a.gateway === b.gateway &&
    a.interfaceIndex === b.interfaceIndex &&
    a.dead === b.dead &&
    a.linkDown === b.linkDown &&
    a.onlink === b.onlink &&
    a.weight === b.weight
  );
}

/**
 * Milliseconds by which the expiry times of one route differ between two dumps, because reading
 * takes time.
 */
const SAME_END_MS = 500;

/** The attributes that most routes do not have at all. */
function sameMore(a: Route, b: Route): boolean {
  return (
    a.nexthopId === b.nexthopId &&
    a.scope === b.scope &&
    a.source === b.source &&
    a.preference === b.preference &&
    a.metrics === b.metrics &&
    a.from?.address === b.from?.address &&
    a.from?.length === b.from?.length &&
    (a.expiresAtMs === b.expiresAtMs || Math.abs((a.expiresAtMs ?? 0) - (b.expiresAtMs ?? 0)) < SAME_END_MS)
  );
}

/** Whether two routes of one next hop have the same {@link routeKey}. */
export function sameKey(a: Route, b: Route): boolean {
  if (a === b) return true;
  const [one, other] = [a.nexthops[0], b.nexthops[0]];
  return (
    sameIdentity(a, b) &&
    one?.gateway === other?.gateway &&
    one?.interfaceIndex === other?.interfaceIndex &&
    one?.onlink === other?.onlink &&
    a.source === b.source &&
    a.metrics === b.metrics
  );
}

function sameIdentity(a: Route, b: Route): boolean {
  return (
    a.destination.address === b.destination.address &&
    a.destination.length === b.destination.length &&
    a.family === b.family &&
    a.table === b.table &&
    a.metric === b.metric &&
    a.tos === b.tos &&
    a.protocol === b.protocol &&
    a.type === b.type
  );
}

/** Key of one destination on one interface. It is judged in the realm of that interface. */
export function interfaceKey(interfaceIndex: number, destination: Prefix): string {
  return `${interfaceIndex} ${prefixText(destination)}`;
}

/** {@link interfaceKey} of a backup route. */
export function interfaceKeyOf({ destination, nexthops }: Route): string {
  return interfaceKey(nexthops[0]?.interfaceIndex ?? 0, destination);
}
