/**
 * Whether the kernel would accept an address as a gateway on a link: fib_check_nh_v4_gw
 * (net/ipv4/fib_semantics.c), ip6_validate_gw and ip6_route_check_nh (net/ipv6/route.c). The
 * kernel decides by routes, not by addresses. Pure.
 *
 * The view must have the routes that contain the gateway, of any length. Without them the answer
 * may be wrong.
 */

import { type Address, familyBits, familyOf, isLinkLocal } from '../model/address.js';
import type { InterfaceAddress } from '../model/link.js';
import { prefix } from '../model/prefix.js';
import { REFUSALS, type Route, type Rule, SCOPE_LINK, TABLE_MAIN } from '../model/route.js';
import { type LookupAnswer, lookup } from './lookup.js';
import type { Packet } from './packet.js';
import type { TableAnswer } from './query.js';
import { tableLookup } from './table.js';
import type { View } from './view.js';

/** A planned route, as far as its gateway is concerned. */
interface GatewayUse {
  readonly gateway: Address;
  readonly interfaceIndex: number;
  /** The table that the route is for; undefined: one that leads to no gateway. */
  readonly table: number | undefined;
}

export type OnLink =
  | { readonly kind: 'on-link'; readonly route: Route | undefined }
  | {
      readonly kind: 'off-link';
      readonly why: 'no link' | 'link down' | 'own address' | 'no route' | 'behind a gateway' | 'not a neighbour';
      /** The route by which the gateway would be reached. */
      readonly route: Route | undefined;
      /** The rule that refuses every packet to the gateway; absent: none does. */
      readonly refusedBy?: Rule;
    };

export function onLink(view: View, use: GatewayUse, addresses: readonly InterfaceAddress[]): OnLink {
  const link = view.links.find(({ index }) => index === use.interfaceIndex);
  if (link === undefined) return off('no link');
  if (!link.up) return off('link down');
  return familyOf(use.gateway) === 'inet' ? inet(view, use, link.name) : inet6(view, use, link.name, addresses);
}

function off(why: Extract<OnLink, { kind: 'off-link' }>['why'], route?: Route): OnLink {
  return { kind: 'off-link', why, route };
}

function without(answer: Exclude<LookupAnswer, { kind: 'route' }>): OnLink {
  if (answer.kind === 'none' || answer.route !== undefined)
    return off('no route', answer.kind === 'none' ? undefined : answer.route);
  return { kind: 'off-link', why: 'no route', route: undefined, refusedBy: answer.rule };
}

function packetTo({ gateway, interfaceIndex }: GatewayUse, name: string): Packet {
  return {
    destination: prefix(gateway, familyBits(familyOf(gateway))),
    outputInterface: { index: interfaceIndex, name },
  };
}

/**
 * The route's own table is looked up first, unless it is main; then all rules. Only routes of link
 * scope or narrower count.
 */
function inet(view: View, use: GatewayUse, name: string): OnLink {
  const query = { packet: packetTo(use, name), scope: SCOPE_LINK, ignoreLinkState: true };
  const first =
    use.table === undefined || use.table === TABLE_MAIN ? undefined : led(tableLookup(view, use.table, query));
  const found = first ?? lookup(view, query.packet, query);
  if ('kind' in found && found.kind !== 'route') return without(found);
  const { route } = found as { readonly route: Route };
  return route.type === 'unicast' || route.type === 'local'
    ? { kind: 'on-link', route }
    : off('not a neighbour', route);
}

/** The answer, if it is a route. After any other answer the kernel goes on with the rules. */
function led(found: TableAnswer | undefined): TableAnswer | undefined {
  return found === undefined || found.blackhole || REFUSALS.has(found.route.type) || found.route.type === 'throw'
    ? undefined
    : found;
}

/**
 * Link-local addresses are neighbours. For others the route's own table is looked up first, then
 * all rules, whose suppressors do not apply here.
 */
function inet6(view: View, use: GatewayUse, name: string, addresses: readonly InterfaceAddress[]): OnLink {
  const local = isLinkLocal(use.gateway);
  if (addresses.some((own) => own.address === use.gateway && (!local || own.interfaceIndex === use.interfaceIndex)))
    return off('own address');
  if (local) return { kind: 'on-link', route: undefined };
  // rt6_lookup (net/ipv6/route.c) names no device by which the packet comes in, not even lo.
  const query = { packet: { ...packetTo(use, name), noInput: true as const }, scope: 0, ignoreLinkState: true };
  const first = use.table === undefined ? undefined : led(tableLookup(view, use.table, query));
  if (first !== undefined && neighbour(first, use)) return { kind: 'on-link', route: first.route };
  const answer = lookup(view, query.packet, { unsuppressed: true });
  if (answer.kind !== 'route') return without(answer);
  if (neighbour(answer, use)) return { kind: 'on-link', route: answer.route };
  return off(answer.nexthops[0]?.gateway === undefined ? 'not a neighbour' : 'behind a gateway', answer.route);
}

function neighbour({ nexthops }: { readonly nexthops: TableAnswer['nexthops'] }, use: GatewayUse): boolean {
  const [first] = nexthops;
  return first !== undefined && first.gateway === undefined && first.interfaceIndex === use.interfaceIndex;
}
