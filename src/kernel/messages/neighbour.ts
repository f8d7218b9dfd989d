/**
 * RTM_*NEIGH: dump request, decoding, and the request to probe a neighbour (linux/neighbour.h,
 * rtnetlink(7)). No entry is given an address.
 */

import { addressBytes, familyOf } from '../../model/address.js';
import type { Neighbour, NeighbourId, NeighbourState } from '../../model/link.js';
import {
  beginMessage,
  endMessage,
  message,
  putBytes,
  readU32,
  reserve,
  type Writer,
  walkAttributes,
} from '../netlink/codec.js';
import { familyFromNumber, familyNumber, readAddress } from '../netlink/families.js';
import * as uapi from '../netlink/uapi.js';

const STATES: ReadonlyMap<number, NeighbourState> = new Map([
  [uapi.NUD_INCOMPLETE, 'incomplete'],
  [uapi.NUD_REACHABLE, 'reachable'],
  [uapi.NUD_STALE, 'stale'],
  [uapi.NUD_DELAY, 'delay'],
  [uapi.NUD_PROBE, 'probe'],
  [uapi.NUD_FAILED, 'failed'],
  [uapi.NUD_NOARP, 'noarp'],
  [uapi.NUD_PERMANENT, 'permanent'],
]);

/**
 * A request for one neighbour; the kernel answers with it or with ENOENT (neigh_get,
 * net/core/neighbour.c; since Linux 5.0).
 */
export function encodeNeighbourGet({ interfaceIndex, address }: NeighbourId): Buffer {
  return message(uapi.RTM_GETNEIGH, uapi.NLM_F_REQUEST, (writer) => {
    const header = reserve(writer, uapi.NDMSG_LEN);
    writer.bytes[header] = familyNumber(familyOf(address));
    writer.bytes.writeInt32LE(interfaceIndex, header + 4);
    putBytes(writer, uapi.NDA_DST, addressBytes(address));
  });
}

/** A dump of the neighbours of both families. */
export function encodeNeighbourDump(): Buffer {
  return message(uapi.RTM_GETNEIGH, uapi.NLM_F_REQUEST | uapi.NLM_F_DUMP, (writer) => reserve(writer, uapi.NDMSG_LEN));
}

/**
 * What a probe finds. `fixed`: an operator's entry, or one that another program keeps (NTF_PROXY,
 * NTF_EXT_LEARNED, NTF_EXT_MANAGED). Every kind of probe would take that from it (fact K27).
 */
export type ProbedEntry = 'absent' | 'unresolved' | 'known' | 'fixed';

/**
 * Makes the kernel send ARP requests or neighbour solicitations to the address. A known entry goes
 * to NUD_PROBE (unicast, three tries one second apart, then NUD_FAILED). An unresolved one is
 * resolved as if a packet were waiting (NTF_USE). So is an absent one, unless an entry has been
 * made meanwhile (EEXIST). net/core/neighbour.c, neigh_add().
 */
export function writeProbe(writer: Writer, target: NeighbourId, entry: Exclude<ProbedEntry, 'fixed'>): void {
  const known = entry === 'known';
  const start = beginMessage(
    writer,
    uapi.RTM_NEWNEIGH,
    uapi.NLM_F_REQUEST | uapi.NLM_F_ACK | (entry === 'absent' ? uapi.NLM_F_CREATE | uapi.NLM_F_EXCL : 0),
  );
  const header = reserve(writer, uapi.NDMSG_LEN);
  writer.bytes[header] = familyNumber(familyOf(target.address));
  writer.bytes.writeInt32LE(target.interfaceIndex, header + 4);
  writer.bytes.writeUInt16LE(known ? uapi.NUD_PROBE : uapi.NUD_NONE, header + 8);
  writer.bytes[header + 10] = known ? 0 : uapi.NTF_USE;
  putBytes(writer, uapi.NDA_DST, addressBytes(target.address));
  endMessage(writer, start);
}

/** The entry of the neighbour that {@link decodeNeighbour} reads. */
export function decodeEntry(bytes: Buffer, start: number, end: number): ProbedEntry {
  const header = start + uapi.NLMSG_HDRLEN;
  const state = bytes.readUInt16LE(header + 8);
  let kept = isPermanent(state) || (bytes[header + 10]! & (uapi.NTF_PROXY | uapi.NTF_EXT_LEARNED)) !== 0;
  walkAttributes(bytes, header + uapi.NDMSG_LEN, end, (type, from, to) => {
    if (type === uapi.NDA_FLAGS_EXT) kept ||= (readU32(bytes, from, to) & uapi.NTF_EXT_MANAGED) !== 0;
  });
  if (kept) return 'fixed';
  return isKnown(state) ? 'known' : 'unresolved';
}

function isPermanent(state: number): boolean {
  return (state & (uapi.NUD_PERMANENT | uapi.NUD_NOARP)) !== 0;
}

function isKnown(state: number): boolean {
  return (state & ~(uapi.NUD_FAILED | uapi.NUD_INCOMPLETE)) !== 0;
}

/** The state of the neighbour that {@link decodeNeighbour} reads. */
export function decodeNeighbourState(bytes: Buffer, start: number): NeighbourState {
  return STATES.get(bytes.readUInt16LE(start + uapi.NLMSG_HDRLEN + 8)) ?? 'none';
}

/**
 * The neighbour of an RTM_NEWNEIGH or RTM_DELNEIGH message; undefined for other families and
 * garbage.
 */
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
    known: isKnown(state),
    permanent: isPermanent(state),
  };
}
