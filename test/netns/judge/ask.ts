/** The kernel's own answer for a packet (RTM_GETROUTE, inet_rtm_getroute and inet6_rtm_getroute), for judge.test.ts. */

import type { Packet } from '../../../src/fib/packet.js';
import { decodeRoute } from '../../../src/kernel/messages/route.js';
import {
  message,
  putBytes,
  putU8,
  putU32,
  readU32,
  reserve,
  walkAttributes,
} from '../../../src/kernel/netlink/codec.js';
import type { Connection } from '../../../src/kernel/netlink/connection.js';
import { familyNumber, readAddress } from '../../../src/kernel/netlink/families.js';
import * as uapi from '../../../src/kernel/netlink/uapi.js';
import { addressBytes, familyBits } from '../../../src/model/address.js';
import type { Route } from '../../../src/model/route.js';

export interface Said {
  /** The entry of the FIB; absent: the errno. */
  readonly route?: Route;
  readonly code?: string;
  /** The next hop that the packet would take; absent where it is refused, or the host's own. */
  readonly exit?: { readonly gateway: string | undefined; readonly interfaceIndex: number };
}

/** The entries that many packets match, at once. */
export async function entries(connection: Connection, packets: readonly Packet[]): Promise<readonly Said[]> {
  const answers = await connection.answers(
    packets.map((packet) => encode(packet, uapi.RTM_F_FIB_MATCH)),
    (bytes, start, end, type) => (type === uapi.RTM_NEWROUTE ? decodeRoute(bytes, start, end) : undefined),
  );
  return answers.map((answer) => {
    if ('code' in answer) return { code: answer.code };
    return answer.found === undefined ? { code: 'no answer' } : { route: answer.found };
  });
}

export async function ask(connection: Connection, packet: Packet): Promise<Said> {
  try {
    const [route] = await connection.dump(encode(packet, uapi.RTM_F_FIB_MATCH), (bytes, start, end, type) =>
      type === uapi.RTM_NEWROUTE ? decodeRoute(bytes, start, end) : undefined,
    );
    if (route === undefined) return { code: 'no answer' };
    const [exit] = await connection.dump(encode(packet, 0), decodeExit);
    return { route, ...(exit === undefined ? {} : { exit }) };
  } catch (error) {
    const { code } = error as { readonly code?: string };
    if (code === undefined) throw error;
    return { code };
  }
}

function encode(packet: Packet, flags: number): Buffer {
  const { family, address } = packet.destination;
  return message(uapi.RTM_GETROUTE, uapi.NLM_F_REQUEST | uapi.NLM_F_ACK, (writer) => {
    const header = reserve(writer, uapi.RTMSG_LEN);
    writer.bytes[header] = familyNumber(family);
    writer.bytes[header + 1] = familyBits(family);
    writer.bytes[header + 3] = number(packet.tos);
    if (packet.source !== undefined) writer.bytes[header + 2] = familyBits(family);
    writer.bytes.writeUInt32LE(flags | (family === 'inet' ? uapi.RTM_F_LOOKUP_TABLE : 0), header + 8);
    putBytes(writer, uapi.RTA_DST, addressBytes(address));
    if (packet.source !== undefined) putBytes(writer, uapi.RTA_SRC, addressBytes(packet.source));
    if (packet.outputInterface !== undefined) putU32(writer, uapi.RTA_OIF, packet.outputInterface.index);
    if (packet.mark !== undefined) putU32(writer, uapi.RTA_MARK, number(packet.mark));
    if (packet.user !== undefined) putU32(writer, uapi.RTA_UID, number(packet.user));
    if (packet.ipProtocol !== undefined) putU8(writer, uapi.RTA_IP_PROTO, number(packet.ipProtocol));
    if (packet.sourcePort !== undefined) putBytes(writer, uapi.RTA_SPORT, port(packet.sourcePort));
    if (packet.destinationPort !== undefined) putBytes(writer, uapi.RTA_DPORT, port(packet.destinationPort));
  });
}

function number(value: number | 'any' | undefined): number {
  if (value === 'any') throw new TypeError('the kernel is asked of one packet');
  return value ?? 0;
}

function port(value: number | 'any'): Uint8Array {
  return Uint8Array.of(number(value) >> 8, number(value) & 0xff);
}

function decodeExit(bytes: Buffer, start: number, end: number, type: number): Said['exit'] {
  if (type !== uapi.RTM_NEWROUTE) return undefined;
  const header = start + uapi.NLMSG_HDRLEN;
  const unicast = 1;
  if (bytes[header + 7] !== unicast) return undefined;
  let gateway: string | undefined;
  let interfaceIndex = 0;
  walkAttributes(bytes, header + uapi.RTMSG_LEN, end, (attribute, from, to) => {
    if (attribute === uapi.RTA_GATEWAY) gateway = readAddress(bytes, from, to);
    else if (attribute === uapi.RTA_VIA) gateway = readAddress(bytes, from + 2, to);
    else if (attribute === uapi.RTA_OIF) interfaceIndex = readU32(bytes, from, to);
  });
  return { gateway, interfaceIndex };
}
