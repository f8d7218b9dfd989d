/**
 * The routes that the fake kernel adds for an address: its subnet in the main table or the VRF's,
 * the address itself in table local.
 */

import { type Address, isLinkLocal } from '../../src/model/address.js';
import type { InterfaceAddress } from '../../src/model/link.js';
import { prefix } from '../../src/model/prefix.js';
import { type Route, TABLE_LOCAL, TABLE_MAIN } from '../../src/model/route.js';

export const PROTO_KERNEL = 2;

/**
 * The connected routes of an address. `vrfTable` is set if the link belongs to a VRF, whose table
 * then has the local routes, too (vrf.rst).
 */
export function connectedRoutes(
  { address, peer, length, family, interfaceIndex }: InterfaceAddress,
  vrfTable: number | undefined,
): readonly Route[] {
  const common = {
    family,
    tos: 0,
    protocol: PROTO_KERNEL,
    nexthops: [{ gateway: undefined, interfaceIndex, dead: false }],
  };
  const host = family === 'inet' ? 32 : 128;
  const metric = family === 'inet6' ? 256 : 0;
  const subnet: Route = {
    ...common,
    table: vrfTable ?? TABLE_MAIN,
    destination: prefix(peer ?? address, length),
    metric,
    type: 'unicast',
  };
  const local: Route = {
    ...common,
    table: vrfTable ?? TABLE_LOCAL,
    destination: prefix(address, host),
    metric,
    type: 'local',
  };
  return isLinkLocal(address) || length < host || peer !== undefined ? [subnet, local] : [local];
}

export function splitPrefix(text: string): { readonly address: Address; readonly length: number } {
  const [address = '', length = ''] = text.split('/');
  return { address, length: Number(length) };
}

export function routeKey(route: Route): string {
  return `${route.table} ${route.destination.address}/${route.destination.length} ${route.metric} ${route.nexthops.map((nexthop) => nexthop.interfaceIndex).join()}`;
}
