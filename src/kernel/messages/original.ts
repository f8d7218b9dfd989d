/**
 * Foreign default routes, byte for byte: taken from a dump, named in a deletion, put back
 * (linux/rtnetlink.h; rtnetlink(7)).
 *
 * struct rtmsg and every attribute are kept as they came, unknown ones too, so that source
 * address, MTU, preference and the like survive. What only a dump has is left out: RTA_CACHEINFO,
 * and all of rtm_flags except RTNH_F_ONLINK, which the kernel refuses in a request ("Invalid
 * flags"). A lifetime is kept as the time of its end and put back as RTA_EXPIRES; the next router
 * advertisement renews it (fib6_add_rt2node, net/ipv6/ip6_fib.c).
 *
 * Invariant: the same bytes delete and create. A route that has changed since it was read does not
 * match, and stays.
 */

import { uptime } from 'node:os';
import type { AdoptedRoute, Obstacle, Original } from '../../model/adopted.js';
import type { Route } from '../../model/route.js';
import {
  align,
  beginMessage,
  endMessage,
  putU32,
  reserve,
  type Writer,
  walkAttributes,
  walkNexthops,
} from '../netlink/codec.js';
import * as uapi from '../netlink/uapi.js';

/** Offset of rtm_flags in struct rtmsg, of rta_expires in struct rta_cacheinfo. */
const RTM_FLAGS = 8;
const RTA_EXPIRES_OFFSET = 8;
/** rta_expires counts in USER_HZ, which is 100 everywhere (time(7)). */
const TICKS_PER_S = 100;

/**
 * The route of an RTM_NEWROUTE message with its bytes; undefined unless it is a unicast default
 * route.
 */
export function originalOf(route: Route, bytes: Buffer, start: number, end: number): Original | undefined {
  if (route.destination.length !== 0 || route.type !== 'unicast') return undefined;
  const header = start + uapi.NLMSG_HDRLEN;
  const kept = Buffer.from(bytes.subarray(header, header + uapi.RTMSG_LEN));
  kept.writeUInt32LE(kept.readUInt32LE(RTM_FLAGS) & uapi.RTNH_F_ONLINK, RTM_FLAGS);
  const parts = [kept];
  let obstacle: Obstacle | undefined;
  let expiresAtS: number | undefined;
  walkAttributes(bytes, header + uapi.RTMSG_LEN, end, (type, from, to) => {
    if (type === uapi.RTA_NH_ID) obstacle = 'nexthop-object';
    if (type === uapi.RTA_CACHEINFO) expiresAtS = endOf(bytes, from, to);
    if (type === uapi.RTA_CACHEINFO || type === uapi.RTA_EXPIRES) return;
    const attribute = Buffer.alloc(align(to - from + 4));
    bytes.copy(attribute, 0, from - 4, to);
    // The kernel refuses the state flags of next hops in a request (fib_get_nhs).
    if (type === uapi.RTA_MULTIPATH)
      walkNexthops(attribute, 4, to - from + 4, (at) => void (attribute[at + 2]! &= uapi.RTNH_F_ONLINK));
    parts.push(attribute);
  });
  return {
    route,
    message: Buffer.concat(parts).toString('hex'),
    obstacle,
    ...(expiresAtS === undefined ? {} : { expiresAtS }),
  };
}

function endOf(bytes: Buffer, start: number, end: number): number | undefined {
  if (start + RTA_EXPIRES_OFFSET + 4 > end) return undefined;
  const ticks = bytes.readInt32LE(start + RTA_EXPIRES_OFFSET);
  return ticks === 0 ? undefined : Math.round(uptime() + ticks / TICKS_PER_S);
}

/** Whether the route's lifetime is over (less than a second remains): then it is not put back. */
export function isOver({ expiresAtS }: AdoptedRoute): boolean {
  return expiresAtS !== undefined && expiresAtS - uptime() < 1;
}

/**
 * Why the record cannot be encoded; undefined when it can. It comes from a file, so it is checked.
 */
export function originalFault(adopted: AdoptedRoute): string | undefined {
  const bytes = Buffer.from(adopted.message, 'hex');
  if (bytes.length < uapi.RTMSG_LEN || 2 * bytes.length !== adopted.message.length)
    return 'the record of the route is damaged';
  if (bytes[1] !== 0 || bytes[5] !== adopted.route.protocol) return 'the record of the route contradicts itself';
  return undefined;
}

/** RTM_DELROUTE with everything that the kernel reported of the route. */
export function writeAdoptRoute(writer: Writer, adopted: AdoptedRoute): void {
  const start = beginMessage(writer, uapi.RTM_DELROUTE, uapi.NLM_F_REQUEST | uapi.NLM_F_ACK);
  putKept(writer, adopted);
  endMessage(writer, start);
}

/** RTM_NEWROUTE; the kernel answers EEXIST when another route has taken its place. */
export function writeRestoreRoute(writer: Writer, adopted: AdoptedRoute): void {
  const start = beginMessage(
    writer,
    uapi.RTM_NEWROUTE,
    uapi.NLM_F_REQUEST | uapi.NLM_F_ACK | uapi.NLM_F_CREATE | uapi.NLM_F_EXCL,
  );
  putKept(writer, adopted);
  if (adopted.expiresAtS !== undefined)
    putU32(writer, uapi.RTA_EXPIRES, Math.max(1, Math.round(adopted.expiresAtS - uptime())));
  endMessage(writer, start);
}

/**
 * Writes the kept bytes with the interface indexes of `route`: the interface may have another
 * index than before (fact K9). A source that `route` no longer has is left out.
 */
function putKept(writer: Writer, { route, message }: AdoptedRoute): void {
  const kept = Buffer.from(message, 'hex');
  const parts = [kept.subarray(0, uapi.RTMSG_LEN)];
  walkAttributes(kept, uapi.RTMSG_LEN, kept.length, (attribute, from, to) => {
    if (attribute === uapi.RTA_OIF) kept.writeUInt32LE(route.nexthops[0]?.interfaceIndex ?? 0, from);
    if (attribute === uapi.RTA_MULTIPATH)
      walkNexthops(kept, from, to, (at, _stop, i) => kept.writeInt32LE(route.nexthops[i]?.interfaceIndex ?? 0, at + 4));
    if (attribute !== uapi.RTA_PREFSRC || route.source !== undefined) parts.push(kept.subarray(from - 4, align(to)));
  });
  const bytes = Buffer.concat(parts);
  const at = reserve(writer, bytes.length);
  bytes.copy(writer.bytes, at);
}
