/**
 * Whether the destination of a route message contains one of a few addresses, told from the bytes:
 * as lines of the event filter, and as a predicate for dumps and for where there is no filter.
 *
 * The kernel writes RTA_TABLE and then RTA_DST behind struct rtmsg (fib_dump_info in
 * net/ipv4/fib_semantics.c, rt6_fill_node in net/ipv6/route.c). Where anything else stands there,
 * the answer is yes: a look costs little, a gateway that is not seen costs the routes.
 */

import { type Address, addressBits, type Bits, familyBits, familyOf, isLinkLocal } from '../model/address.js';
import {
  ADD,
  half,
  JUMP_IF_EQUAL,
  JUMP_IF_GREATER,
  KEEP_IN_X,
  type Line,
  LOAD_BYTE,
  LOAD_HALF,
  LOAD_WORD,
  NEGATE,
  PASS,
  RETURN,
  SHIFT_RIGHT_BY_X,
  XOR,
} from './netlink/bpf.js';
import * as uapi from './netlink/uapi.js';

const FAMILY = uapi.NLMSG_HDRLEN;
const LENGTH = FAMILY + 1;
const ATTRIBUTE_TYPE = FAMILY + uapi.RTMSG_LEN + 8 + 2;
const DESTINATION = ATTRIBUTE_TYPE + 2;
/** More addresses of one family make the program too long for its jumps; then every route is let through. */
const ROOM = 6;

/** By family: the addresses in words. */
export interface GatewayWords {
  readonly inet: readonly Bits[];
  readonly inet6: readonly Bits[];
}

/** Link-local ones are neighbours without any route. */
export function gatewayWords(gateways: readonly Address[] = []): GatewayWords {
  const of = (family: 'inet' | 'inet6'): readonly Bits[] =>
    gateways.filter((gateway) => familyOf(gateway) === family && !isLinkLocal(gateway)).map(addressBits);
  return { inet: of('inet'), inet6: of('inet6') };
}

/** Lines that end the program, whichever way. */
export function gatewayLines({ inet, inet6 }: GatewayWords): readonly Line[] {
  const lines: Line[] = [[LOAD_BYTE, FAMILY]];
  if (inet.length > 0) lines.push([JUMP_IF_EQUAL, uapi.AF_INET, 'gateways inet']);
  if (inet6.length > 0) lines.push([JUMP_IF_EQUAL, uapi.AF_INET6, 'gateways inet6']);
  lines.push([RETURN, 0]);
  if (inet.length > 0) lines.push(...familyLines('inet', inet));
  if (inet6.length > 0) lines.push(...familyLines('inet6', inet6));
  return lines;
}

function familyLines(family: 'inet' | 'inet6', gateways: readonly Bits[]): readonly Line[] {
  const words = familyBits(family) / 32;
  const at = `gateways ${family}`;
  if (gateways.length > ROOM) return [at, [RETURN, PASS]];
  const lines: Line[] = [
    at,
    [LOAD_HALF, ATTRIBUTE_TYPE],
    [JUMP_IF_EQUAL, half(uapi.RTA_DST), `${at} 0`],
    [RETURN, PASS],
    `${at} 0`,
    [LOAD_BYTE, LENGTH],
    [JUMP_IF_EQUAL, 0, undefined, `${at} some`],
    [RETURN, PASS],
    `${at} some`,
    [JUMP_IF_GREATER, 32 * words, undefined, `${at} 1`],
    [RETURN, 0],
  ];
  for (let word = 1; word <= words; word++) {
    const here = `${at} ${word}`;
    // The length, in the accumulator, says how many words are compared, the last of them up to its end.
    lines.push(here);
    if (word < words) lines.push([JUMP_IF_GREATER, 32 * word, `${here} more`]);
    lines.push([NEGATE, 0], [ADD, 32 * word], [KEEP_IN_X, 0]);
    gateways.forEach((bits, i) => {
      const next = `${here} ${i}`;
      for (let before = 0; before < word - 1; before++)
        lines.push([LOAD_WORD, DESTINATION + 4 * before], [JUMP_IF_EQUAL, bits[before]!, undefined, next]);
      lines.push([LOAD_WORD, DESTINATION + 4 * (word - 1)], [XOR, bits[word - 1]!], [SHIFT_RIGHT_BY_X, 0]);
      lines.push([JUMP_IF_EQUAL, 0, `${here} pass`], next);
    });
    lines.push([RETURN, 0], `${here} pass`, [RETURN, PASS]);
    if (word < words) lines.push(`${here} more`);
  }
  return lines;
}

/** The decision of these lines on a message in JavaScript. */
export function containsGateway(bytes: Buffer, start: number, words: GatewayWords): boolean {
  const gateways = ofFamily(bytes[start + FAMILY], words);
  return gateways.length > ROOM || destinationContains(bytes, start, gateways);
}

/** Whether the destination of the route contains one of the addresses, or does not stand where it is looked for. */
export function destinationContains(bytes: Buffer, start: number, addresses: readonly Bits[]): boolean {
  if (addresses.length === 0 || start + DESTINATION > bytes.length) return false;
  const length = bytes[start + LENGTH]!;
  if (bytes.readUInt16LE(start + ATTRIBUTE_TYPE) !== uapi.RTA_DST || length === 0) return true;
  const whole = (length - 1) >> 5;
  if (whole >= addresses[0]!.length || start + DESTINATION + 4 * (whole + 1) > bytes.length) return false;
  return addresses.some((bits) => {
    const differs = (word: number): number => bytes.readUInt32BE(start + DESTINATION + 4 * word) ^ bits[word]!;
    for (let word = 0; word < whole; word++) if (differs(word) !== 0) return false;
    return differs(whole) >>> (32 * (whole + 1) - length) === 0;
  });
}

export function ofFamily(family: number | undefined, { inet, inet6 }: GatewayWords): readonly Bits[] {
  return family === uapi.AF_INET ? inet : family === uapi.AF_INET6 ? inet6 : [];
}
