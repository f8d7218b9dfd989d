/**
 * RTM_*ADDR: dump request and decoding (linux/if_addr.h, rtnetlink(7)). The agent never changes an
 * address.
 */

import type { InterfaceAddress } from '../../model/link.js';
import { message, readU32, reserve, walkAttributes } from '../netlink/codec.js';
import { familyFromNumber, readAddress } from '../netlink/families.js';
import * as uapi from '../netlink/uapi.js';

/** A dump of the addresses of both families. */
export function encodeAddressDump(): Buffer {
  return message(uapi.RTM_GETADDR, uapi.NLM_F_REQUEST | uapi.NLM_F_DUMP, (writer) =>
    reserve(writer, uapi.IFADDRMSG_LEN),
  );
}

/**
 * The address of an RTM_NEWADDR or RTM_DELADDR message; undefined for other families and garbage.
 */
export function decodeAddress(bytes: Buffer, start: number, end: number): InterfaceAddress | undefined {
  const header = start + uapi.NLMSG_HDRLEN;
  const attributes = header + uapi.IFADDRMSG_LEN;
  if (attributes > end) return undefined;
  const family = familyFromNumber(bytes[header]!);
  if (family === undefined) return undefined;
  let address: string | undefined;
  let local: string | undefined;
  let broadcast: string | undefined;
  let flags = bytes[header + 2]!;
  walkAttributes(bytes, attributes, end, (type, from, to) => {
    if (type === uapi.IFA_ADDRESS) address = readAddress(bytes, from, to);
    else if (type === uapi.IFA_LOCAL) local = readAddress(bytes, from, to);
    else if (type === uapi.IFA_BROADCAST) broadcast = readAddress(bytes, from, to);
    else if (type === uapi.IFA_FLAGS) flags = readU32(bytes, from, to);
  });
  const own = local ?? address;
  if (own === undefined) return undefined;
  return {
    interfaceIndex: bytes.readUInt32LE(header + 4),
    family,
    address: own,
    peer: address === own ? undefined : address,
    length: bytes[header + 1]!,
    ...(broadcast === undefined ? {} : { broadcast }),
    tentative: (flags & (uapi.IFA_F_TENTATIVE | uapi.IFA_F_DADFAILED)) !== 0,
  };
}
