/**
 * RTM_*ROUTE: encode and decode (linux/rtnetlink.h, struct rtmsg; rtnetlink(7)).
 *
 * Invariants: a route is created with CREATE|EXCL, never REPLACE (fact K3), and deleted by its full tuple
 * (fact K5). A next hop without gateway is sent with scope link, so it is on-link because somebody meant it;
 * a next hop without interface is not sent at all.
 */

import { addressBytes, type Family, familyBits, familyOf, readBits } from '../../model/address.js';
import { defaultPrefix, prefixFromBits } from '../../model/prefix.js';
import type { Nexthop, Route, RouteType } from '../../model/route.js';
import {
  beginMessage,
  beginNest,
  endMessage,
  endNest,
  message,
  putBytes,
  putU32,
  putWords,
  readU32,
  reserve,
  type Writer,
  walkAttributes,
} from '../netlink/codec.js';
import { familyFromNumber, familyNumber, putAddress, readAddress } from '../netlink/families.js';
import * as uapi from '../netlink/uapi.js';

/** rtm_type numbers (enum, linux/rtnetlink.h), by index. */
const TYPES: readonly RouteType[] = [
  'other',
  'unicast',
  'local',
  'broadcast',
  'anycast',
  'multicast',
  'blackhole',
  'unreachable',
  'prohibit',
  'throw',
];

/** Of the flags of a next hop those by which the kernel says that it cannot carry. */
export const CANNOT_CARRY = uapi.RTNH_F_DEAD | uapi.RTNH_F_LINKDOWN;

const WITHOUT_NEXTHOP: ReadonlySet<RouteType> = new Set<RouteType>(['blackhole', 'unreachable', 'prohibit', 'throw']);

/** The name of a rtm_type. */
export function routeType(number: number): RouteType {
  return TYPES[number] ?? 'other';
}

/** Why the route cannot be put on the wire; undefined when it can. */
export function routeFault(route: Route): string | undefined {
  if (route.type === 'other') return 'route type is not known';
  if (WITHOUT_NEXTHOP.has(route.type))
    return route.nexthops.length > 0 ? `${route.type} routes have no next hop` : undefined;
  if (route.nexthops.length === 0) return 'route has no next hop';
  if (route.nexthops.some((nexthop) => nexthop.interfaceIndex <= 0)) return 'next hop has no interface';
  return undefined;
}

export function writeAddRoute(writer: Writer, route: Route): void {
  const flags = uapi.NLM_F_REQUEST | uapi.NLM_F_ACK | uapi.NLM_F_CREATE | uapi.NLM_F_EXCL;
  const start = beginMessage(writer, uapi.RTM_NEWROUTE, flags);
  putRoute(writer, route);
  endMessage(writer, start);
}

export function writeDeleteRoute(writer: Writer, route: Route): void {
  const start = beginMessage(writer, uapi.RTM_DELROUTE, uapi.NLM_F_REQUEST | uapi.NLM_F_ACK);
  putRoute(writer, route);
  endMessage(writer, start);
}

function putRoute(writer: Writer, route: Route): void {
  const header = reserve(writer, uapi.RTMSG_LEN);
  const { bytes } = writer;
  bytes[header] = familyNumber(route.family);
  bytes[header + 1] = route.destination.length;
  bytes[header + 3] = route.tos;
  bytes[header + 4] = route.table < 256 ? route.table : uapi.RT_TABLE_UNSPEC;
  bytes[header + 5] = route.protocol;
  bytes[header + 6] = scope(route);
  bytes[header + 7] = TYPES.indexOf(route.type);
  if (route.destination.length > 0) putWords(writer, uapi.RTA_DST, route.destination.bits);
  putU32(writer, uapi.RTA_TABLE, route.table);
  putU32(writer, uapi.RTA_PRIORITY, route.metric);
  const [first] = route.nexthops;
  if (route.nexthops.length === 1 && first !== undefined) {
    putGateway(writer, route.family, first);
    putU32(writer, uapi.RTA_OIF, first.interfaceIndex);
  } else if (route.nexthops.length > 1) {
    putMultipath(writer, route);
  }
}

/** IPv6 has no scopes. */
function scope(route: Route): number {
  const onLink =
    route.family === 'inet' &&
    route.nexthops.length > 0 &&
    route.nexthops.every((nexthop) => nexthop.gateway === undefined);
  return onLink ? uapi.RT_SCOPE_LINK : uapi.RT_SCOPE_UNIVERSE;
}

function putGateway(writer: Writer, family: Family, nexthop: Nexthop): void {
  if (nexthop.gateway === undefined) return;
  const gatewayFamily = familyOf(nexthop.gateway);
  if (gatewayFamily === family) {
    putAddress(writer, uapi.RTA_GATEWAY, nexthop.gateway);
  } else {
    putBytes(writer, uapi.RTA_VIA, Uint8Array.from([familyNumber(gatewayFamily), 0, ...addressBytes(nexthop.gateway)]));
  }
}

function putMultipath(writer: Writer, route: Route): void {
  const nest = beginNest(writer, uapi.RTA_MULTIPATH);
  for (const nexthop of route.nexthops) {
    const start = reserve(writer, uapi.RTNEXTHOP_LEN);
    writer.bytes.writeInt32LE(nexthop.interfaceIndex, start + 4);
    putGateway(writer, route.family, nexthop);
    writer.bytes.writeUInt16LE(writer.length - start, start);
  }
  endNest(writer, nest);
}

/**
 * A dump of the routes of one family. `protocol` and `table` are filters of the kernel under
 * NETLINK_GET_STRICT_CHK (Linux 4.20, fact N6) and mere hints without: check what comes.
 */
export function encodeRouteDump(
  family: Family | undefined,
  filter: { readonly protocol?: number; readonly table?: number },
): Buffer {
  return message(uapi.RTM_GETROUTE, uapi.NLM_F_REQUEST | uapi.NLM_F_DUMP, (writer) => {
    const header = reserve(writer, uapi.RTMSG_LEN);
    writer.bytes[header] = family === undefined ? uapi.AF_UNSPEC : familyNumber(family);
    writer.bytes[header + 5] = filter.protocol ?? 0;
    if (filter.table !== undefined) putU32(writer, uapi.RTA_TABLE, filter.table);
  });
}

/**
 * The route of an RTM_NEWROUTE or RTM_DELROUTE message; undefined for other families, cache entries and garbage.
 * `deadFlags`: the flags that make a next hop `dead`.
 */
export function decodeRoute(bytes: Buffer, start: number, end: number, deadFlags = CANNOT_CARRY): Route | undefined {
  const header = start + uapi.NLMSG_HDRLEN;
  const attributes = header + uapi.RTMSG_LEN;
  if (attributes > end) return undefined;
  const family = familyFromNumber(bytes[header]!);
  const flags = bytes.readUInt32LE(header + 8);
  if (family === undefined || (flags & uapi.RTM_F_CLONED) !== 0) return undefined;
  let destination = defaultPrefix(family).bits;
  let table = bytes[header + 4]!;
  let metric = 0;
  let interfaceIndex = 0;
  let gateway: string | undefined;
  let nexthops: readonly Nexthop[] | undefined;
  walkAttributes(bytes, attributes, end, (type, from, to) => {
    switch (type) {
      case uapi.RTA_DST:
        if (8 * (to - from) === familyBits(family)) destination = readBits(bytes, from, to);
        break;
      case uapi.RTA_TABLE:
        table = readU32(bytes, from, to);
        break;
      case uapi.RTA_PRIORITY:
        metric = readU32(bytes, from, to);
        break;
      case uapi.RTA_OIF:
        interfaceIndex = readU32(bytes, from, to);
        break;
      case uapi.RTA_GATEWAY:
        gateway = readAddress(bytes, from, to);
        break;
      case uapi.RTA_VIA:
        gateway = readAddress(bytes, from + 2, to);
        break;
      case uapi.RTA_MULTIPATH:
        nexthops = decodeMultipath(bytes, from, to, deadFlags);
        break;
      // RTA_NH_ID needs no case: a dump carries the expanded next hops beside it.
      default:
        break;
    }
  });
  const type = routeType(bytes[header + 7]!);
  if (WITHOUT_NEXTHOP.has(type))
    nexthops = []; // IPv6 hangs these on `lo`
  else if (nexthops === undefined)
    nexthops = interfaceIndex > 0 ? [{ gateway, interfaceIndex, dead: (flags & deadFlags) !== 0 }] : [];
  return {
    family,
    table,
    destination: prefixFromBits(destination, bytes[header + 1]!),
    metric,
    tos: bytes[header + 3]!,
    protocol: bytes[header + 5]!,
    type,
    nexthops,
  };
}

/** RTA_NH_ID: the nexthop object that the route hangs on; 0: none. */
export function nexthopObjectOf(bytes: Buffer, start: number, end: number): number {
  let id = 0;
  walkAttributes(bytes, start + uapi.NLMSG_HDRLEN + uapi.RTMSG_LEN, end, (type, from, to) => {
    if (type === uapi.RTA_NH_ID) id = readU32(bytes, from, to);
  });
  return id;
}

function decodeMultipath(bytes: Buffer, start: number, end: number, deadFlags: number): readonly Nexthop[] {
  const nexthops: Nexthop[] = [];
  let at = start;
  while (at + uapi.RTNEXTHOP_LEN <= end) {
    const length = bytes.readUInt16LE(at);
    if (length < uapi.RTNEXTHOP_LEN || at + length > end) break;
    let gateway: string | undefined;
    walkAttributes(bytes, at + uapi.RTNEXTHOP_LEN, at + length, (type, from, to) => {
      if (type === uapi.RTA_GATEWAY) gateway = readAddress(bytes, from, to);
      else if (type === uapi.RTA_VIA) gateway = readAddress(bytes, from + 2, to);
    });
    nexthops.push({
      gateway,
      interfaceIndex: bytes.readInt32LE(at + 4),
      dead: (bytes[at + 2]! & deadFlags) !== 0,
    });
    at += (length + 3) & ~3;
  }
  return nexthops;
}
