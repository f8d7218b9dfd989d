/**
 * Everything in the kernel that decides the route to one address: the rules of its family, the
 * routes of every table that contain it, and the kernel's own answer (RTM_GETROUTE, as `ip route
 * get` asks it). For `explain`; needs no privileges.
 *
 * Invariant: it keeps only the routes that contain the address. The others are checked in the
 * bytes of the dump without an allocation, so that a full table costs some 0.3 us a route (fact
 * N6).
 */

import { type Address, addressBytes, familyBits, familyOf } from '../model/address.js';
import type { Vrf } from '../model/link.js';
import type { Route, Rule } from '../model/route.js';
import type { KernelAnswer, Ways } from '../model/ways.js';
import { decodeRoute, encodeRouteDump, nexthopObjectOf, routeType } from './messages/route.js';
import { decodeRule, encodeRuleDump } from './messages/rule.js';
import { message, putBytes, putU32, readU32, reserve, walkAttributes } from './netlink/codec.js';
import type { Connection, DumpDecoder } from './netlink/connection.js';
import { familyNumber, readAddress } from './netlink/families.js';
import * as uapi from './netlink/uapi.js';
import { dumpNexthopObjects, only } from './observe.js';

/** Reads all of it. Rejects with a `code` when the kernel cannot be asked. */
export async function readWays(
  connection: Connection,
  address: Address,
  vrf: Vrf | undefined,
  from: Address | undefined,
): Promise<Ways> {
  const family = familyOf(address);
  let nexthopObjects = false;
  const routes = await connection.dump(
    encodeRouteDump(family, {}),
    containing(address, () => (nexthopObjects = true)),
  );
  return {
    address,
    rules: (await readRules(connection)).filter((rule) => rule.family === family),
    routes,
    nexthopObjects,
    ...(nexthopObjects ? { objects: await dumpNexthopObjects(connection) } : {}),
    answer: await readAnswer(connection, address, { vrf, from }),
  };
}

/** The policy rules of both families in ascending priority. */
export async function readRules(connection: Connection): Promise<readonly Rule[]> {
  const rules = await connection.dump(encodeRuleDump(), only(uapi.RTM_NEWRULE, decodeRule));
  return [...rules].sort((one, other) => one.priority - other.priority);
}

/**
 * Decodes the routes whose destination contains the address, checked in the bytes. Next hops are
 * dead where the lookup treats them as dead: without carrier only with ignore_routes_with_linkdown
 * (fib_semantics.c, fib_nexthop_info). `onNexthopObject` is called for each that uses a nexthop
 * object.
 */
function containing(address: Address, onNexthopObject: () => void): DumpDecoder<Route> {
  const wanted = addressBytes(address);
  const family = familyNumber(familyOf(address));
  return (bytes, start, end, type) => {
    const header = start + uapi.NLMSG_HDRLEN;
    if (type !== uapi.RTM_NEWROUTE || header + uapi.RTMSG_LEN > end || bytes[header] !== family) return undefined;
    const length = bytes[header + 1]!;
    if (length > 0 && !startsLike(bytes, header + uapi.RTMSG_LEN, end, wanted, length)) return undefined;
    if (nexthopObjectOf(bytes, start, end) !== 0) onNexthopObject();
    return decodeRoute(bytes, start, end, uapi.RTNH_F_DEAD);
  };
}

function startsLike(bytes: Buffer, attributes: number, end: number, wanted: Uint8Array, length: number): boolean {
  let like = false;
  walkAttributes(bytes, attributes, end, (type, from, to) => {
    if (type !== uapi.RTA_DST || to - from !== wanted.length) return;
    const whole = length >> 3;
    const rest = length & 7;
    for (let i = 0; i < whole; i++) if (bytes[from + i] !== wanted[i]) return;
    like = rest === 0 || ((bytes[from + whole]! ^ wanted[whole]!) & (0xff00 >> rest) & 0xff) === 0;
  });
  return like;
}

/** Only the kernel's own answer. */
export async function readAnswer(connection: Connection, address: Address, packet: AskedPacket): Promise<KernelAnswer> {
  try {
    const [answer] = await connection.dump(encodeRouteGet(address, 0, packet), decodeAnswer);
    if (answer === undefined) return { kind: 'refused', code: 'ENETUNREACH' };
    const [matched] = await connection
      .dump(encodeRouteGet(address, uapi.RTM_F_FIB_MATCH, packet), (bytes, start, end, type) =>
        type === uapi.RTM_NEWROUTE ? decodeRoute(bytes, start, end, uapi.RTNH_F_DEAD) : undefined,
      )
      .catch(() => [undefined]);
    return { ...answer, matched };
  } catch (error) {
    const { code } = error as { readonly code?: string };
    if (code === 'ENETUNREACH' || code === 'EHOSTUNREACH' || code === 'EINVAL' || code === 'EACCES')
      return { kind: 'refused', code };
    throw error;
  }
}

/** What the question says of the packet besides its destination. */
interface AskedPacket {
  /** The VRF that its socket is bound to. */
  readonly vrf?: Vrf | undefined;
  /**
   * Source address. The kernel accepts an IPv4 address only if it is one of this host's
   * (ip_route_output_key_hash_rcu).
   */
  readonly from?: Address | undefined;
  /** User id; absent: the user of the process that asks. */
  readonly user?: number;
}

/**
 * Encodes RTM_GETROUTE. Without a user, an acknowledgement is requested: it ends the answer as
 * NLMSG_DONE ends a dump.
 */
export function encodeRouteGet(address: Address, flags: number, { vrf, from, user }: AskedPacket): Buffer {
  const acknowledge = user === undefined ? uapi.NLM_F_ACK : 0;
  return message(uapi.RTM_GETROUTE, uapi.NLM_F_REQUEST | acknowledge, (writer) => {
    const header = reserve(writer, uapi.RTMSG_LEN);
    const family = familyOf(address);
    writer.bytes[header] = familyNumber(family);
    writer.bytes[header + 1] = familyBits(family);
    if (from !== undefined) writer.bytes[header + 2] = familyBits(family);
    // IPv6 always gives the table, and refuses the flag that requests it
    // (inet6_rtm_valid_getroute_req).
    writer.bytes.writeUInt32LE(flags | (family === 'inet' ? uapi.RTM_F_LOOKUP_TABLE : 0), header + 8);
    putBytes(writer, uapi.RTA_DST, addressBytes(address));
    if (from !== undefined) putBytes(writer, uapi.RTA_SRC, addressBytes(from));
    if (vrf !== undefined) putU32(writer, uapi.RTA_OIF, vrf.index);
    if (user !== undefined) putU32(writer, uapi.RTA_UID, user);
  });
}

const decodeAnswer: DumpDecoder<KernelAnswer & { kind: 'route' }> = (bytes, start, end, type) => {
  const header = start + uapi.NLMSG_HDRLEN;
  if (type !== uapi.RTM_NEWROUTE || header + uapi.RTMSG_LEN > end) return undefined;
  let gateway: Address | undefined;
  let source: Address | undefined;
  let interfaceIndex = 0;
  let table = bytes[header + 4]!;
  walkAttributes(bytes, header + uapi.RTMSG_LEN, end, (attribute, from, to) => {
    switch (attribute) {
      case uapi.RTA_GATEWAY:
        gateway = readAddress(bytes, from, to);
        break;
      case uapi.RTA_VIA:
        gateway = readAddress(bytes, from + 2, to);
        break;
      case uapi.RTA_OIF:
        interfaceIndex = readU32(bytes, from, to);
        break;
      case uapi.RTA_PREFSRC:
        source = readAddress(bytes, from, to);
        break;
      case uapi.RTA_TABLE:
        table = readU32(bytes, from, to);
        break;
      default:
        break;
    }
  });
  return {
    kind: 'route',
    matched: undefined,
    type: routeType(bytes[header + 7]!),
    gateway,
    interfaceIndex,
    source,
    table,
  };
};
