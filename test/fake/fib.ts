/**
 * The FIB of the fake kernel: routes and rules, and Linux's answers to changes of them. It is
 * strict: it refuses what the real kernel refuses, with the same errno (facts K3-K6, K10). Links
 * and addresses are in kernel.ts.
 */

import type { StepResult } from '../../src/core/ports.js';
import { type Address, familyBits, familyOf, isLinkLocal } from '../../src/model/address.js';
import type { InterfaceAddress, Link } from '../../src/model/link.js';
import { containsAddress, type Prefix, prefix, samePrefix } from '../../src/model/prefix.js';
import { type Nexthop, type Route, type Rule, refuses } from '../../src/model/route.js';

export interface Host {
  readonly links: ReadonlyMap<number, Link>;
  readonly addresses: readonly InterfaceAddress[];
}

export interface Fib {
  routes: Route[];
  rules: Rule[];
}

/** The rule and route that a packet takes. */
export interface Lookup {
  readonly rule: Rule;
  readonly route: Route;
}

const OK: StepResult = { ok: true };

export function refuse(code: string, message: string): StepResult {
  return { ok: false, code, message };
}

/**
 * The identity of a route is (table, destination, tos, metric), whatever the protocol (fact K4).
 * For IPv6 it has no tos.
 */
export function sameIdentity(a: Route, b: Route): boolean {
  return (
    a.family === b.family &&
    a.table === b.table &&
    samePrefix(a.destination, b.destination) &&
    a.metric === b.metric &&
    (a.family === 'inet6' || a.tos === b.tos)
  );
}

function sameNexthops(a: Route, b: Route): boolean {
  return (
    a.nexthops.length === b.nexthops.length &&
    a.nexthops.every(
      (nexthop, i) =>
        nexthop.gateway === b.nexthops[i]!.gateway && nexthop.interfaceIndex === b.nexthops[i]!.interfaceIndex,
    )
  );
}

/**
 * The further attributes that an IPv4 deletion must match if it names them (fib_table_delete).
 * IPv6 ignores them.
 */
function sameMore(a: Route, named: Route): boolean {
  if (a.family === 'inet6') return true;
  return (
    (named.source === undefined || named.source === a.source) &&
    (named.metrics === undefined || named.metrics === a.metrics)
  );
}

/** The route as the kernel stores it: IPv6 masks host bits (K10), and metric 0 becomes 1024. */
function normalize(route: Route): Route {
  if (route.family === 'inet') return route;
  const { address, length } = route.destination;
  return {
    ...route,
    destination: prefix(address, length),
    metric: route.metric === 0 ? 1024 : route.metric,
    tos: 0,
  };
}

export function addRoute(fib: Fib, host: Host, wanted: Route): StepResult {
  const route = normalize(wanted);
  const { address, length } = route.destination;
  if (prefix(address, length).address !== address) return refuse('EINVAL', 'Invalid prefix for given prefix length');
  for (const nexthop of route.nexthops) {
    const fault = nexthopFault(host, fib, nexthop);
    if (fault !== undefined) return fault;
  }
  if (route.source !== undefined && !host.addresses.some((own) => own.address === route.source))
    return refuse('EINVAL', 'Invalid prefsrc address');
  if (fib.routes.some((other) => sameIdentity(other, route))) return refuse('EEXIST', 'file already exists');
  fib.routes.push(route);
  return OK;
}

/**
 * Adds a route that the kernel creates for one of its own addresses. The same subnet on two links
 * exists twice (fib_magic, NLM_F_APPEND).
 */
export function connectRoute(fib: Fib, route: Route): boolean {
  const there = fib.routes.some(
    (other) => sameIdentity(other, route) && other.nexthops[0]?.interfaceIndex === route.nexthops[0]?.interfaceIndex,
  );
  if (!there) fib.routes.push(route);
  return !there;
}

/** K6: the gateway must be on-link behind an interface that is up. */
function nexthopFault(host: Host, fib: Fib, { gateway, interfaceIndex, onlink }: Nexthop): StepResult | undefined {
  const link = host.links.get(interfaceIndex);
  if (link === undefined)
    return gateway === undefined || familyOf(gateway) === 'inet6'
      ? refuse('ENODEV', 'no such device')
      : refuse('ENETUNREACH', 'Nexthop has invalid gateway');
  if (gateway === undefined) return link.up ? undefined : refuse('ENETDOWN', 'Device for nexthop is not up');
  if (familyOf(gateway) === 'inet6') {
    if (!link.up) return refuse('ENETDOWN', 'Nexthop device is not up');
    if (host.addresses.some((own) => own.address === gateway && own.interfaceIndex === interfaceIndex))
      return refuse('EINVAL', 'Gateway can not be a local address');
    if (onlink === true || isLinkLocal(gateway) || onLink(fib, interfaceIndex, gateway)) return undefined;
    return refuse('EHOSTUNREACH', 'host is unreachable');
  }
  if (!link.up) return refuse('ENETUNREACH', 'Nexthop has invalid gateway');
  // Even with `onlink`, an address of this host is not a neighbour (inet_addr_type_dev_table in
  // fib_check_nh_v4_gw).
  if (onlink === true)
    return host.addresses.some((own) => own.address === gateway)
      ? refuse('EINVAL', 'Nexthop has invalid gateway')
      : undefined;
  return onLink(fib, interfaceIndex, gateway) ? undefined : refuse('ENETUNREACH', 'Nexthop has invalid gateway');
}

function onLink(fib: Fib, interfaceIndex: number, gateway: Address): boolean {
  return fib.routes.some(
    (route) =>
      route.type !== 'other' &&
      containsAddress(route.destination, gateway) &&
      route.nexthops.some((nexthop) => nexthop.interfaceIndex === interfaceIndex && nexthop.gateway === undefined),
  );
}

/**
 * The protocol of a next hop that was merged into another route. IPv6 keeps each next hop as a
 * route of its own, with its own protocol.
 */
const appended = new WeakMap<Nexthop, number>();

/**
 * K7: IPv6 merges another next hop into the route of the same identity. A dump shows all next hops
 * with the protocol of the first.
 */
export function appendNexthop(fib: Fib, route: Route, nexthop: Nexthop, protocol: number): void {
  // A route without a gateway is never merged (rt6_qualify_for_ecmp).
  if (route.nexthops.some((own) => own.gateway === undefined)) {
    fib.routes.push({ ...route, protocol, nexthops: [nexthop] });
    return;
  }
  appended.set(nexthop, protocol);
  fib.routes = fib.routes.map((other) =>
    other === route ? { ...other, nexthops: [...other.nexthops, nexthop] } : other,
  );
}

/** The protocol of a next hop of a route. */
export function ownerOf(route: Route, hop: Nexthop): number {
  return appended.get(hop) ?? route.protocol;
}

/**
 * Deletes one next hop of a merged IPv6 route (ip6_route_del). The others stay, with the protocol
 * of the first of them.
 */
function deleteMerged(fib: Fib, named: Route): Route | undefined {
  const [wanted, ...more] = named.nexthops;
  if (named.family !== 'inet6' || wanted === undefined || more.length > 0) return undefined;
  for (const [at, route] of fib.routes.entries()) {
    if (
      route.nexthops.length < 2 ||
      !sameIdentity(route, { ...named, metric: named.metric === 0 ? route.metric : named.metric })
    )
      continue;
    const hop = route.nexthops.find(
      (one) =>
        one.gateway === wanted.gateway &&
        one.interfaceIndex === wanted.interfaceIndex &&
        ownerOf(route, one) === named.protocol,
    );
    if (hop === undefined) continue;
    const rest = route.nexthops.filter((one) => one !== hop);
    for (const one of rest) appended.set(one, ownerOf(route, one));
    fib.routes[at] = { ...route, protocol: ownerOf(route, rest[0]!), nexthops: rest };
    return { ...route, protocol: named.protocol, nexthops: [hop] };
  }
  return undefined;
}

/** Deletes by the full tuple (K5); metric 0 matches any. Returns the deleted route, or ESRCH. */
export function deleteRoute(
  fib: Fib,
  named: Route,
): { readonly result: StepResult; readonly deleted: Route | undefined } {
  const route = named.family === 'inet6' ? { ...normalize(named), metric: named.metric } : named;
  const merged = deleteMerged(fib, route);
  if (merged !== undefined) return { result: OK, deleted: merged };
  const at = fib.routes
    .map((other, index) => ({ other, index }))
    .filter(({ other }) => sameIdentity(other, { ...route, metric: route.metric === 0 ? other.metric : route.metric }))
    .filter(({ other }) => other.protocol === route.protocol && other.type === route.type && sameNexthops(other, route))
    .filter(({ other }) => sameMore(other, route))
    .sort((a, b) => a.other.metric - b.other.metric)[0];
  if (at === undefined) return { result: refuse('ESRCH', 'no such process'), deleted: undefined };
  fib.routes.splice(at.index, 1);
  return { result: OK, deleted: at.other };
}

function sameRule(a: Rule, b: Rule): boolean {
  return (
    a.family === b.family &&
    a.priority === b.priority &&
    a.table === b.table &&
    a.suppressPrefixLength === b.suppressPrefixLength &&
    a.inputInterface === b.inputInterface &&
    a.protocol === b.protocol &&
    a.foreign === b.foreign &&
    JSON.stringify(a.detail) === JSON.stringify(b.detail)
  );
}

/**
 * Adds the rule behind the older rules of its priority. `again`: without NLM_F_EXCL, so duplicates
 * are allowed (fact K22).
 */
export function addRule(fib: Fib, rule: Rule, again = false): StepResult {
  if (!again && fib.rules.some((other) => sameRule(other, rule))) return refuse('EEXIST', 'file already exists');
  const after = fib.rules.findIndex((other) => other.family === rule.family && other.priority > rule.priority);
  fib.rules.splice(after < 0 ? fib.rules.length : after, 0, rule);
  return OK;
}

/**
 * A selector that the request does not name matches anything; the oldest match is deleted
 * (fib_rules.c, rule_find).
 */
function ruleMatches(named: Rule, other: Rule): boolean {
  return sameRule(named, {
    ...other,
    suppressPrefixLength: named.suppressPrefixLength === undefined ? undefined : other.suppressPrefixLength,
    inputInterface: named.inputInterface === undefined ? undefined : other.inputInterface,
    ...(named.detail === undefined && other.detail?.action === 'table'
      ? { foreign: named.foreign, detail: undefined }
      : {}),
  } as Rule);
}

export function deleteRule(fib: Fib, rule: Rule): StepResult {
  const at = fib.rules.findIndex((other) => ruleMatches(rule, other));
  if (at < 0) return refuse('ENOENT', 'no such file or directory');
  fib.rules.splice(at, 1);
  return OK;
}

export interface FakePacket {
  readonly originated: boolean;
  /** Absent: no source is chosen yet. */
  readonly source?: Address;
}

/** Whether the rule has a source and no other selector. */
function isForSources({ detail }: Rule): boolean {
  return detail?.from !== undefined && Object.keys(detail).every((key) => key === 'action' || key === 'from');
}

/**
 * Walks rules and tables as Linux does (net/core/fib_rules.c, fib_rules_lookup): rules in the
 * order of priority, `iif lo` only for packets that the host originates, in each table the longest
 * prefix and then the lowest metric. A suppressed result or a `throw` route continues with the
 * next rule. A refusal is a result that no rule suppresses (fact K18).
 */
export function lookup(fib: Fib, address: Address, packet: FakePacket): Lookup | undefined {
  const family = familyOf(address);
  const rules = fib.rules
    .filter((rule) => rule.family === family && (!rule.foreign || isForSources(rule)))
    .sort((a, b) => a.priority - b.priority);
  for (const rule of rules) {
    if (rule.inputInterface !== undefined && !(rule.inputInterface === 'lo' && packet.originated)) continue;
    const from = rule.detail?.from;
    if (from !== undefined && (packet.source === undefined || !containsAddress(from, packet.source))) continue;
    const route = lookupTable(fib.routes, rule.table, prefix(address, familyBits(family)));
    if (route === undefined || route.type === 'throw') continue;
    if (
      !refuses(route) &&
      rule.suppressPrefixLength !== undefined &&
      route.destination.length <= rule.suppressPrefixLength
    )
      continue;
    return { rule, route };
  }
  return undefined;
}

/** The route that one table has for the address. */
export function lookupTable(routes: readonly Route[], table: number, host: Prefix): Route | undefined {
  let best: Route | undefined;
  for (const route of routes) {
    if (
      route.table !== table ||
      route.tos !== 0 ||
      route.family !== host.family ||
      !containsAddress(route.destination, host.address)
    )
      continue;
    const longer = best === undefined ? 1 : route.destination.length - best.destination.length;
    if (longer > 0 || (longer === 0 && route.metric < best!.metric)) best = route;
  }
  return best;
}
