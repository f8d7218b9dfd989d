/**
 * The routes of ours in a dump, as the very objects that were read or added before where they are the same. The kernel dumps in the order of
 * addresses, so the next message is nearly always the next route of the list before: it is compared byte by byte, and a look at a hundred
 * thousand routes of which none changed makes no object at all.
 *
 * Invariant: what a dump yields is equal to what decoding each of its messages would yield; whatever is not quickly found the same is decoded.
 */

import type { Step } from '../core/ports.js';
import { addressBits, FAMILIES, type Family } from '../model/address.js';
import type { Route } from '../model/route.js';
import { CANNOT_CARRY, decodeRoute, routeType } from './messages/route.js';
import type { DumpDecoder } from './netlink/connection.js';
import { familyNumber } from './netlink/families.js';
import * as uapi from './netlink/uapi.js';

export interface KnownRoutes {
  /** These are about to be added: the next dump will most probably have them. */
  expect(steps: readonly Step[]): void;
  /** A dump's decoder; it goes by what is known when the dump begins. */
  decoder(family: Family, protocol: number): DumpDecoder<Route>;
  /** What a whole dump yielded. */
  learn(family: Family, routes: readonly Route[]): void;
}

/**
 * Checks again what the kernel was asked to filter: without NETLINK_GET_STRICT_CHK it sends everything, and a
 * kernel without IPv6 answers for the families that it has (rtnetlink.c, rtnl_dump_all).
 */
export function ownRoute(family: Family, protocol: number, decode: DecodeRoute = decodeRoute): DumpDecoder<Route> {
  const wanted = familyNumber(family);
  return (bytes, start, end, type) => {
    const header = start + uapi.NLMSG_HDRLEN;
    if (type !== uapi.RTM_NEWROUTE || bytes[header] !== wanted || bytes[header + 5] !== protocol) return undefined;
    return decode(bytes, start, end);
  };
}

type DecodeRoute = (bytes: Buffer, start: number, end: number) => Route | undefined;

const NONE: readonly Route[] = [];

export function knownRoutes(): KnownRoutes {
  const read: Record<Family, readonly Route[]> = { inet: NONE, inet6: NONE };
  let added: readonly Step[] = [];
  let looked = added;
  return {
    expect(steps) {
      added = steps;
    },
    decoder(family, protocol) {
      let [nextRead, nextAdded] = [0, 0];
      looked = added;
      return ownRoute(family, protocol, (bytes, start, end) => {
        const before = read[family];
        // One that is gone is stepped over; after more than that the rest is decoded.
        for (let skip = 0; skip < 2; skip++) {
          const route = before[nextRead + skip];
          if (route === undefined || !isRoute(route, bytes, start, end)) continue;
          nextRead += skip + 1;
          return route;
        }
        const step = added[nextAdded];
        if (step?.kind === 'add-route' && isRoute(step.route, bytes, start, end)) {
          nextAdded++;
          return step.route;
        }
        return decodeRoute(bytes, start, end);
      });
    },
    learn(family, routes) {
      read[family] = routes;
      // Those that are there are among what was read now; what was added meanwhile is not.
      if (family !== FAMILIES.at(-1)) return;
      if (added === looked) added = [];
      looked = [];
    },
  };
}

let gateway: { readonly text: string; readonly number: number } = { text: '0.0.0.0', number: 0 };

function gatewayNumber(text: string): number {
  if (gateway.text !== text) gateway = { text, number: addressBits(text)[0]! };
  return gateway.number;
}

/** Whether the message is this IPv4 route of one gateway; false also for what would take longer to say. */
function isRoute(route: Route, bytes: Buffer, start: number, end: number): boolean {
  const [nexthop] = route.nexthops;
  if (
    route.family !== 'inet' ||
    route.type !== 'unicast' ||
    nexthop?.gateway === undefined ||
    route.nexthops.length !== 1 ||
    nexthop.gateway.includes(':')
  )
    return false;
  const header = start + uapi.NLMSG_HDRLEN;
  const flags = bytes.readUInt32LE(header + 8);
  if (
    bytes[header] !== uapi.AF_INET ||
    bytes[header + 1] !== route.destination.length ||
    bytes[header + 3] !== route.tos ||
    bytes[header + 5] !== route.protocol
  )
    return false;
  if (
    routeType(bytes[header + 7]!) !== 'unicast' ||
    (flags & uapi.RTM_F_CLONED) !== 0 ||
    ((flags & CANNOT_CARRY) !== 0) !== nexthop.dead
  )
    return false;
  let [destination, table, metric, interfaceIndex, via] = [0, bytes[header + 4]!, 0, 0, -1];
  for (let at = header + uapi.RTMSG_LEN; at + 4 <= end; ) {
    const length = bytes.readUInt16LE(at);
    if (length < 4 || at + length > end) return false;
    const type = bytes.readUInt16LE(at + 2) & uapi.NLA_TYPE_MASK;
    if (type === uapi.RTA_MULTIPATH || type === uapi.RTA_VIA) return false;
    if (length === 8) {
      if (type === uapi.RTA_DST) destination = bytes.readUInt32BE(at + 4);
      else if (type === uapi.RTA_TABLE) table = bytes.readUInt32LE(at + 4);
      else if (type === uapi.RTA_PRIORITY) metric = bytes.readUInt32LE(at + 4);
      else if (type === uapi.RTA_OIF) interfaceIndex = bytes.readUInt32LE(at + 4);
      else if (type === uapi.RTA_GATEWAY) via = bytes.readUInt32BE(at + 4);
    }
    at += (length + 3) & ~3;
  }
  return (
    table === route.table &&
    metric === route.metric &&
    interfaceIndex === nexthop.interfaceIndex &&
    via === gatewayNumber(nexthop.gateway) &&
    destination === route.destination.bits[0]
  );
}
