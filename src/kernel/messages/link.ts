/**
 * RTM_*LINK, RTM_*ADDR and RTM_*NEIGH: dump requests and decoding. The agent never changes a link or an address,
 * so there is nothing here that could; a neighbour it may only ask the kernel to ask for. Sources: linux/if_link.h, if_addr.h, neighbour.h; rtnetlink(7).
 */

import type { ProbeTarget } from '../../core/ports.js';
import { addressBytes, familyOf } from '../../model/address.js';
import type { InterfaceAddress, Link, Neighbour } from '../../model/link.js';
import {
  beginMessage,
  endMessage,
  message,
  putBytes,
  putU32,
  readText,
  readU32,
  reserve,
  type Writer,
  walkAttributes,
} from '../netlink/codec.js';
import { familyFromNumber, familyNumber, readAddress } from '../netlink/families.js';
import * as uapi from '../netlink/uapi.js';

const DUMP = uapi.NLM_F_REQUEST | uapi.NLM_F_DUMP;

/** All links, without their counters, which are two thirds of the bytes. */
export function encodeLinkDump(): Buffer {
  return message(uapi.RTM_GETLINK, DUMP, (writer) => {
    reserve(writer, uapi.IFINFOMSG_LEN);
    putU32(writer, uapi.IFLA_EXT_MASK, uapi.RTEXT_FILTER_SKIP_STATS);
  });
}

/** The addresses of both families. */
export function encodeAddressDump(): Buffer {
  return message(uapi.RTM_GETADDR, DUMP, (writer) => reserve(writer, uapi.IFADDRMSG_LEN));
}

/** The neighbours of both families. */
export function encodeNeighbourDump(): Buffer {
  return message(uapi.RTM_GETNEIGH, DUMP, (writer) => reserve(writer, uapi.NDMSG_LEN));
}

/**
 * Makes the kernel send ARP requests or neighbour solicitations to the address: a known entry is put to NUD_PROBE (unicast, three tries a
 * second apart, then FAILED), an unknown or failed one is resolved as if a packet were waiting (NTF_USE). net/core/neighbour.c, neigh_add().
 */
export function writeProbe(writer: Writer, target: ProbeTarget): void {
  const start = beginMessage(
    writer,
    uapi.RTM_NEWNEIGH,
    uapi.NLM_F_REQUEST | uapi.NLM_F_ACK | (target.known ? 0 : uapi.NLM_F_CREATE),
  );
  const header = reserve(writer, uapi.NDMSG_LEN);
  writer.bytes[header] = familyNumber(familyOf(target.address));
  writer.bytes.writeInt32LE(target.interfaceIndex, header + 4);
  writer.bytes.writeUInt16LE(target.known ? uapi.NUD_PROBE : uapi.NUD_NONE, header + 8);
  writer.bytes[header + 10] = target.known ? 0 : uapi.NTF_USE;
  putBytes(writer, uapi.NDA_DST, addressBytes(target.address));
  endMessage(writer, start);
}

/** The link of an RTM_NEWLINK or RTM_DELLINK message; undefined for the per-family messages of bridges. */
export function decodeLink(bytes: Buffer, start: number, end: number): Link | undefined {
  const header = start + uapi.NLMSG_HDRLEN;
  const attributes = header + uapi.IFINFOMSG_LEN;
  if (attributes > end || bytes[header] !== uapi.AF_UNSPEC) return undefined;
  const flags = bytes.readUInt32LE(header + 8);
  const altNames: string[] = [];
  let name = '';
  let mac: string | undefined;
  let master: number | undefined;
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

/** Six bytes that are not all zero: loopback has zeros, tunnels have an IP address there. */
function readMac(bytes: Buffer, start: number, end: number): string | undefined {
  if (end - start !== 6) return undefined;
  const hex = bytes.toString('hex', start, end);
  return hex === '000000000000' ? undefined : hex.replace(/(..)(?=.)/g, '$1:');
}

export function decodeAddress(bytes: Buffer, start: number, end: number): InterfaceAddress | undefined {
  const header = start + uapi.NLMSG_HDRLEN;
  const attributes = header + uapi.IFADDRMSG_LEN;
  if (attributes > end) return undefined;
  const family = familyFromNumber(bytes[header]!);
  if (family === undefined) return undefined;
  let address: string | undefined;
  let local: string | undefined;
  let flags = bytes[header + 2]!;
  walkAttributes(bytes, attributes, end, (type, from, to) => {
    if (type === uapi.IFA_ADDRESS) address = readAddress(bytes, from, to);
    else if (type === uapi.IFA_LOCAL) local = readAddress(bytes, from, to);
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
    tentative: (flags & (uapi.IFA_F_TENTATIVE | uapi.IFA_F_DADFAILED)) !== 0,
  };
}

export function decodeNeighbour(bytes: Buffer, start: number, end: number): Neighbour | undefined {
  const header = start + uapi.NLMSG_HDRLEN;
  const attributes = header + uapi.NDMSG_LEN;
  if (attributes > end || familyFromNumber(bytes[header]!) === undefined) return undefined;
  const state = bytes.readUInt16LE(header + 8);
  let address: string | undefined;
  walkAttributes(bytes, attributes, end, (type, from, to) => {
    if (type === uapi.NDA_DST) address = readAddress(bytes, from, to);
  });
  if (address === undefined) return undefined;
  return {
    interfaceIndex: bytes.readInt32LE(header + 4),
    address,
    failed: (state & uapi.NUD_FAILED) !== 0,
    known: (state & ~(uapi.NUD_FAILED | uapi.NUD_INCOMPLETE)) !== 0,
    permanent: (state & (uapi.NUD_PERMANENT | uapi.NUD_NOARP)) !== 0,
  };
}
