/**
 * Checks, in the bytes of a route message, whether its destination contains one of a few
 * addresses: as lines of the event filter, and as a predicate for dumps and for hosts without the
 * filter.
 *
 * The kernel writes RTA_TABLE and then RTA_DST behind struct rtmsg (fib_dump_info in
 * net/ipv4/fib_semantics.c, rt6_fill_node in net/ipv6/route.c). If anything else is found there,
 * the answer is yes: a needless look costs little, and a missed route to a gateway costs the
 * routes.
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
export const LENGTH = FAMILY + 1;
/** Behind RTA_TABLE, where RTA_DST usually is. */
export const ATTRIBUTE_TYPE = FAMILY + uapi.RTMSG_LEN + 8 + 2;
export const DESTINATION = ATTRIBUTE_TYPE + 2;
/**
 * With more addresses of one family the program is too long for its jumps; then every route of
 * that family passes.
 */
const ROOM = 6;

/** The addresses of each family as 32-bit words. */
export interface GatewayWords {
  readonly inet: readonly Bits[];
  readonly inet6: readonly Bits[];
}

/** Link-local addresses are left out: they are reached without a route. */
export function gatewayWords(gateways: readonly Address[] = []): GatewayWords {
  const of = (family: 'inet' | 'inet6'): readonly Bits[] =>
    gateways.filter((gateway) => familyOf(gateway) === family && !isLinkLocal(gateway)).map(addressBits);
  return { inet: of('inet'), inet6: of('inet6') };
}

/** The last lines of the filter program; every path through them returns. */
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
    // The prefix length, in the accumulator, says how many words are compared; of the last word
    // only its leading bits.
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

/** The same decision in JavaScript. */
export function containsGateway(bytes: Buffer, start: number, words: GatewayWords): boolean {
  const gateways = ofFamily(bytes[start + FAMILY], words);
  return gateways.length > ROOM || destinationContains(bytes, start, gateways);
}

/**
 * Whether the route's destination contains one of the addresses. Also true where RTA_DST is not at
 * its usual place.
 */
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

function ofFamily(family: number | undefined, { inet, inet6 }: GatewayWords): readonly Bits[] {
  return family === uapi.AF_INET ? inet : family === uapi.AF_INET6 ? inet6 : [];
}
