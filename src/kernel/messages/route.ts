/**
 * RTM_*ROUTE: encode and decode (linux/rtnetlink.h, struct rtmsg; rtnetlink(7)).
 *
 * Invariants: a route is created with CREATE|EXCL, never REPLACE (fact K3), and deleted by its
 * full tuple (fact K5). Its scope is its own or the default of ip-route(8), which is link without
 * a gateway. A route whose next hop has no interface is never sent.
 */

import { addressBytes, type Family, familyBits, familyOf, readBits } from '../../model/address.js';
import { defaultPrefix, prefix, prefixFromBits } from '../../model/prefix.js';
import { type Nexthop, ordinaryScope, type Route, type RouterPreference, type RouteType } from '../../model/route.js';
import {
  beginMessage,
  beginNest,
  endMessage,
  endNest,
  message,
  putBytes,
  putU32,
  putWords,
  readU8,
  readU32,
  reserve,
  type Writer,
  walkAttributes,
  walkNexthops,
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

/** The flags by which the kernel marks a next hop that cannot carry packets. */
const CANNOT_CARRY = uapi.RTNH_F_DEAD | uapi.RTNH_F_LINKDOWN;

const WITHOUT_NEXTHOP: ReadonlySet<RouteType> = new Set<RouteType>(['blackhole', 'unreachable', 'prohibit', 'throw']);

/** The name of an rtm_type. */
export function routeType(number: number): RouteType {
  return TYPES[number] ?? 'other';
}

/** Why the route cannot be encoded; undefined when it can. */
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
  bytes[header + 6] = route.scope ?? ordinaryScope(route);
  bytes[header + 7] = TYPES.indexOf(route.type);
  if (route.nexthops.length === 1 && route.nexthops[0]?.onlink === true)
    bytes.writeUInt32LE(uapi.RTNH_F_ONLINK, header + 8);
  if (route.destination.length > 0) putWords(writer, uapi.RTA_DST, route.destination.bits);
  putU32(writer, uapi.RTA_TABLE, route.table);
  putU32(writer, uapi.RTA_PRIORITY, route.metric);
  if (route.source !== undefined) putAddress(writer, uapi.RTA_PREFSRC, route.source);
  if (route.metrics !== undefined) putBytes(writer, uapi.RTA_METRICS, Buffer.from(route.metrics, 'hex'));
  const [first] = route.nexthops;
  if (route.nexthops.length === 1 && first !== undefined) {
    putGateway(writer, route.family, first);
    putU32(writer, uapi.RTA_OIF, first.interfaceIndex);
  } else if (route.nexthops.length > 1) {
    putMultipath(writer, route);
  }
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
    if (nexthop.onlink === true) writer.bytes[start + 2] = uapi.RTNH_F_ONLINK;
    writer.bytes[start + 3] = (nexthop.weight ?? 1) - 1;
    writer.bytes.writeInt32LE(nexthop.interfaceIndex, start + 4);
    putGateway(writer, route.family, nexthop);
    writer.bytes.writeUInt16LE(writer.length - start, start);
  }
  endNest(writer, nest);
}

/**
 * A dump of the routes of one family. With NETLINK_GET_STRICT_CHK (Linux 4.20, fact N6) the kernel
 * filters by `protocol` and `table`; without it the kernel ignores them, so the caller checks
 * again.
 */
export function encodeRouteDump(
  family: Family,
  filter: { readonly protocol?: number; readonly table?: number },
): Buffer {
  return message(uapi.RTM_GETROUTE, uapi.NLM_F_REQUEST | uapi.NLM_F_DUMP, (writer) => {
    const header = reserve(writer, uapi.RTMSG_LEN);
    writer.bytes[header] = familyNumber(family);
    writer.bytes[header + 5] = filter.protocol ?? 0;
    if (filter.table !== undefined) putU32(writer, uapi.RTA_TABLE, filter.table);
  });
}

/**
 * The route of an RTM_NEWROUTE or RTM_DELROUTE message; undefined for other families, cache
 * entries and garbage. A next hop with one of `deadFlags` is `dead`.
 */
export function decodeRoute(bytes: Buffer, start: number, end: number, deadFlags = CANNOT_CARRY): Route | undefined {
  const header = start + uapi.NLMSG_HDRLEN;
  const attributes = header + uapi.RTMSG_LEN;
  if (attributes > end) return undefined;
  const family = familyFromNumber(bytes[header]!);
  const flags = bytes.readUInt32LE(header + 8);
  if (family === undefined || (flags & uapi.RTM_F_CLONED) !== 0) return undefined;
  if (Math.max(bytes[header + 1]!, bytes[header + 2]!) > familyBits(family)) return undefined;
  let destination = defaultPrefix(family).bits;
  let table = bytes[header + 4]!;
  let metric = 0;
  let interfaceIndex = 0;
  let gateway: string | undefined;
  let nexthops: readonly Nexthop[] | undefined;
  let more: More | undefined;
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
      // Most routes have none of these, and no object is made for them.
      case uapi.RTA_SRC:
        if (bytes[header + 2] !== 0 && 8 * (to - from) === familyBits(family))
          (more ??= {}).from = prefix(readAddress(bytes, from, to)!, bytes[header + 2]!);
        break;
      case uapi.RTA_PREFSRC:
        (more ??= {}).source = readAddress(bytes, from, to) ?? defaultPrefix(family).address;
        break;
      case uapi.RTA_NH_ID:
        (more ??= {}).nexthopId = readU32(bytes, from, to);
        break;
      case uapi.RTA_PREF:
        if (PREFERENCES[readU8(bytes, from, to)] !== undefined)
          (more ??= {}).preference = PREFERENCES[readU8(bytes, from, to)]!;
        break;
      case uapi.RTA_CACHEINFO:
        if (to - from >= RTA_EXPIRES_AT + 4 && bytes.readInt32LE(from + RTA_EXPIRES_AT) !== 0)
          (more ??= {}).expiresAtMs = performance.now() + bytes.readInt32LE(from + RTA_EXPIRES_AT) * TICK_MS;
        break;
      case uapi.RTA_METRICS:
        (more ??= {}).metrics = bytes.toString('hex', from, to);
        break;
      default:
        break;
    }
  });
  const type = routeType(bytes[header + 7]!);
  if (WITHOUT_NEXTHOP.has(type))
    nexthops = []; // IPv6 gives these the interface `lo`
  else if (nexthops === undefined)
    nexthops = interfaceIndex > 0 ? [nexthopState(gateway, interfaceIndex, flags, deadFlags)] : [];
  const scope = bytes[header + 6]!;
  if (scope !== ordinaryScope({ family, type, nexthops })) (more ??= {}).scope = scope;
  return {
    family,
    table,
    destination: prefixFromBits(destination, bytes[header + 1]!),
    metric,
    tos: bytes[header + 3]!,
    protocol: bytes[header + 5]!,
    type,
    nexthops,
    ...more,
  };
}

type More = {
  -readonly [Key in 'from' | 'source' | 'nexthopId' | 'preference' | 'expiresAtMs' | 'metrics' | 'scope']?: NonNullable<
    Route[Key]
  >;
};

/** ICMPV6_ROUTER_PREF_* (linux/icmpv6.h). */
const PREFERENCES: Readonly<Partial<Record<number, RouterPreference>>> = { 1: 'high', 3: 'low' };

/**
 * Offset of rta_expires in struct rta_cacheinfo. Its unit is 1/USER_HZ, and USER_HZ is 100
 * everywhere (time(7)).
 */
const RTA_EXPIRES_AT = 8;
const TICK_MS = 10;

/** The next hop with the state that its flags (RTNH_F_*) give. */
export function nexthopState(
  gateway: string | undefined,
  interfaceIndex: number,
  flags: number,
  deadFlags = CANNOT_CARRY,
  weight = 1,
): Nexthop {
  // Nearly all next hops are like this, and there may be a million.
  if ((flags & (CANNOT_CARRY | uapi.RTNH_F_ONLINK)) === 0 && weight === 1)
    return { gateway, interfaceIndex, dead: false };
  return {
    gateway,
    interfaceIndex,
    dead: (flags & deadFlags) !== 0,
    ...((flags & CANNOT_CARRY & deadFlags) === uapi.RTNH_F_LINKDOWN ? { linkDown: true } : {}),
    ...((flags & uapi.RTNH_F_ONLINK) !== 0 ? { onlink: true } : {}),
    ...(weight === 1 ? {} : { weight }),
  };
}

/** RTA_NH_ID: the id of the nexthop object that the route uses; 0: none. */
export function nexthopObjectOf(bytes: Buffer, start: number, end: number): number {
  let id = 0;
  walkAttributes(bytes, start + uapi.NLMSG_HDRLEN + uapi.RTMSG_LEN, end, (type, from, to) => {
    if (type === uapi.RTA_NH_ID) id = readU32(bytes, from, to);
  });
  return id;
}

function decodeMultipath(bytes: Buffer, start: number, end: number, deadFlags: number): readonly Nexthop[] {
  const nexthops: Nexthop[] = [];
  walkNexthops(bytes, start, end, (at, stop) => {
    let gateway: string | undefined;
    walkAttributes(bytes, at + uapi.RTNEXTHOP_LEN, stop, (type, from, to) => {
      if (type === uapi.RTA_GATEWAY) gateway = readAddress(bytes, from, to);
      else if (type === uapi.RTA_VIA) gateway = readAddress(bytes, from + 2, to);
    });
    // struct rtnexthop: rtnh_flags, then rtnh_hops, which is the weight minus one.
    nexthops.push(nexthopState(gateway, bytes.readInt32LE(at + 4), bytes[at + 2]!, deadFlags, bytes[at + 3]! + 1));
  });
  return nexthops;
}
