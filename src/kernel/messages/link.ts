/**
 * RTM_*LINK: dump request and decoding (linux/if_link.h, rtnetlink(7)). The agent never changes a
 * link.
 */

import type { Link } from '../../model/link.js';
import { message, putU32, readText, readU32, reserve, walkAttributes } from '../netlink/codec.js';
import * as uapi from '../netlink/uapi.js';

/** A dump of all links without their counters, which are two thirds of the bytes. */
export function encodeLinkDump(): Buffer {
  return message(uapi.RTM_GETLINK, uapi.NLM_F_REQUEST | uapi.NLM_F_DUMP, (writer) => {
    reserve(writer, uapi.IFINFOMSG_LEN);
    putU32(writer, uapi.IFLA_EXT_MASK, uapi.RTEXT_FILTER_SKIP_STATS);
  });
}

/**
 * The link of an RTM_NEWLINK or RTM_DELLINK message; undefined for messages of one family, such as
 * those of bridges (AF_BRIDGE).
 */
export function decodeLink(bytes: Buffer, start: number, end: number): Link | undefined {
  const header = start + uapi.NLMSG_HDRLEN;
  const attributes = header + uapi.IFINFOMSG_LEN;
  if (attributes > end || bytes[header] !== uapi.AF_UNSPEC) return undefined;
  const flags = bytes.readUInt32LE(header + 8);
  const altNames: string[] = [];
  let name = '';
  let mac: string | undefined;
  let master: number | undefined;
  let group = 0;
  let info: { readonly kind: string | undefined; readonly vrfTable: number | undefined } = {
    kind: undefined,
    vrfTable: undefined,
  };
  walkAttributes(bytes, attributes, end, (type, from, to) => {
    switch (type) {
      case uapi.IFLA_IFNAME:
        name = readText(bytes, from, to);
        break;
      case uapi.IFLA_ADDRESS:
        mac = readMac(bytes, from, to);
        break;
      case uapi.IFLA_MASTER:
        master = readU32(bytes, from, to);
        break;
      case uapi.IFLA_GROUP:
        group = readU32(bytes, from, to);
        break;
      case uapi.IFLA_LINKINFO:
        info = decodeLinkInfo(bytes, from, to);
        break;
      case uapi.IFLA_PROP_LIST:
        walkAttributes(bytes, from, to, (property, at, stop) => {
          if (property === uapi.IFLA_ALT_IFNAME) altNames.push(readText(bytes, at, stop));
        });
        break;
      default:
        break;
    }
  });
  return {
    index: bytes.readInt32LE(header + 4),
    name,
    altNames,
    mac,
    up: (flags & uapi.IFF_UP) !== 0,
    carrier: (flags & uapi.IFF_LOWER_UP) !== 0,
    master,
    kind: info.kind,
    vrfTable: info.vrfTable,
    ...(group === 0 ? {} : { group }),
    ...((flags & (uapi.IFF_POINTOPOINT | uapi.IFF_NOARP)) === 0 ? {} : { withoutNeighbours: true }),
  };
}

function decodeLinkInfo(
  bytes: Buffer,
  start: number,
  end: number,
): { readonly kind: string | undefined; readonly vrfTable: number | undefined } {
  let kind: string | undefined;
  let data: readonly [number, number] | undefined;
  walkAttributes(bytes, start, end, (type, from, to) => {
    if (type === uapi.IFLA_INFO_KIND) kind = readText(bytes, from, to);
    else if (type === uapi.IFLA_INFO_DATA) data = [from, to];
  });
  let vrfTable: number | undefined;
  if (kind === 'vrf' && data !== undefined) {
    walkAttributes(bytes, data[0], data[1], (type, from, to) => {
      if (type === uapi.IFLA_VRF_TABLE) vrfTable = readU32(bytes, from, to);
    });
  }
  return { kind, vrfTable };
}

/**
 * The address as a MAC; undefined unless it is six bytes that are not all zero: loopback has
 * zeros, a tunnel has an IP address there.
 */
function readMac(bytes: Buffer, start: number, end: number): string | undefined {
  if (end - start !== 6) return undefined;
  const hex = bytes.toString('hex', start, end);
  return hex === '000000000000' ? undefined : hex.replace(/(..)(?=.)/g, '$1:');
}
