/**
 * RTM_*NEXTHOP: dump request and decoding of nexthop objects (linux/nexthop.h,
 * net/ipv4/nexthop.c). The agent never creates or deletes one.
 */

import type { NexthopObject } from '../../model/route.js';
import { message, readU32, reserve, walkAttributes } from '../netlink/codec.js';
import { readAddress } from '../netlink/families.js';
import * as uapi from '../netlink/uapi.js';
import { nexthopState } from './route.js';

/** struct nexthop_grp. */
const GROUP_ENTRY_LEN = 8;

/** A dump of the nexthop objects of all families. EOPNOTSUPP before Linux 5.3. */
export function encodeNexthopDump(): Buffer {
  return message(uapi.RTM_GETNEXTHOP, uapi.NLM_F_REQUEST | uapi.NLM_F_DUMP, (writer) =>
    reserve(writer, uapi.NHMSG_LEN),
  );
}

/**
 * The object of an RTM_NEWNEXTHOP message; undefined for nexthops of bridges (NHA_FDB) and
 * garbage.
 */
export function decodeNexthopObject(bytes: Buffer, start: number, end: number): NexthopObject | undefined {
  const header = start + uapi.NLMSG_HDRLEN;
  if (header + uapi.NHMSG_LEN > end) return undefined;
  const flags = bytes.readUInt32LE(header + 4);
  let [id, interfaceIndex, blackhole, bridge] = [0, 0, false, false];
  let gateway: string | undefined;
  let members: { readonly id: number; readonly weight: number }[] | undefined;
  walkAttributes(bytes, header + uapi.NHMSG_LEN, end, (type, from, to) => {
    if (type === uapi.NHA_ID) id = readU32(bytes, from, to);
    else if (type === uapi.NHA_OIF) interfaceIndex = readU32(bytes, from, to);
    else if (type === uapi.NHA_GATEWAY) gateway = readAddress(bytes, from, to);
    else if (type === uapi.NHA_BLACKHOLE) blackhole = true;
    else if (type === uapi.NHA_FDB) bridge = true;
    else if (type === uapi.NHA_GROUP) {
      members = [];
      for (let at = from; at + GROUP_ENTRY_LEN <= to; at += GROUP_ENTRY_LEN)
        members.push({ id: bytes.readUInt32LE(at), weight: bytes[at + 4]! + 1 });
    }
  });
  if (id === 0 || bridge) return undefined;
  if (members !== undefined) return { id, kind: 'group', members };
  return blackhole
    ? { id, kind: 'blackhole' }
    : { id, kind: 'nexthop', nexthop: nexthopState(gateway, interfaceIndex, flags) };
}
