/**
 * IP prefixes: a family, a network address without host bits, a length. Immutable values.
 *
 * A prefix is parsed once, at the edge, and carries its bits from then on. Code that compares,
 * indexes or sends it uses the bits, never the text.
 */

import {
  type Address,
  addressBits,
  addressFromBits,
  type Bits,
  type Family,
  familyBits,
  maskBits,
  maskWord,
  parseBits,
} from './address.js';

export interface Prefix {
  readonly family: Family;
  /** Network address, canonical, host bits zero. */
  readonly address: Address;
  /** 0 to 32 (inet) or 128 (inet6). */
  readonly length: number;
  /** The same address as bits. */
  readonly bits: Bits;
}

/** The prefix `ADDRESS/LENGTH`; host bits are cleared. */
export function prefix(address: Address, length: number): Prefix {
  const bits = addressBits(address);
  if (!Number.isInteger(length) || length < 0 || length > bits.length * 32)
    throw new RangeError(`prefix length ${length} of ${address}`);
  return prefixFromBits(maskBits(bits, length), length);
}

/** The prefix of these bits, which has no host bits. */
export function prefixFromBits(bits: Bits, length: number): Prefix {
  return { family: bits.length === 1 ? 'inet' : 'inet6', address: addressFromBits(bits), length, bits };
}

/** No packet to a host is sent to these: the network 0, loopback, multicast and above. */
export const NO_HOST_INET: readonly string[] = ['0.0.0.0/8', '127.0.0.0/8', '224.0.0.0/3'];
/** Where all global unicast addresses of IPv6 are (RFC 4291, 2.4 and its registry). */
export const GLOBAL_INET6 = '2000::/3';

/**
 * How many bits longer than a destination the prefixes are that are read and judged as its parts.
 * What divides all of it into longer ones is more than 256 routes.
 */
export const PART_BITS = 8;
/** How many bits longer the prefixes are that are heard of at once, so that they can cover together. */
export const HEARD_BITS = 2;
/** Where unicast addresses of IPv6 are that are not global (RFC 4193). */
export const LOCAL_INET6 = 'fc00::/7';

const DEFAULTS: Readonly<Record<Family, Prefix>> = {
  inet: prefixFromBits([0], 0),
  inet6: prefixFromBits([0, 0, 0, 0], 0),
};

/** `0.0.0.0/0` or `::/0`. */
export function defaultPrefix(family: Family): Prefix {
  return DEFAULTS[family];
}

/** Strict parse of `ADDRESS/LENGTH` without host bits; undefined if it is none. */
export function parsePrefix(text: string): Prefix | undefined {
  const slash = text.indexOf('/');
  const lengthText = text.slice(slash + 1);
  if (slash < 0 || !/^(0|[1-9][0-9]{0,2})$/.test(lengthText)) return undefined;
  const bits = parseBits(text.slice(0, slash));
  const length = Number(lengthText);
  if (bits === undefined || length > bits.length * 32 || !startsAlike(maskBits(bits, length), bits, bits.length * 32))
    return undefined;
  return prefixFromBits(bits, length);
}

/** `10.0.0.0/8`: the key of a prefix in maps, and its text for people. */
export function prefixText(p: Prefix): string {
  return `${p.address}/${p.length}`;
}

/** As {@link prefixText}, with `default` for length 0, as `ip route` prints it. */
export function destinationText(p: Prefix): string {
  return p.length === 0 ? 'default' : prefixText(p);
}

export function samePrefix(a: Prefix, b: Prefix): boolean {
  return a.length === b.length && a.address === b.address;
}

/** The two halves of a prefix, in ascending order. A prefix of full length has none. */
export function halvesOf({ family, bits, length }: Prefix): readonly Prefix[] {
  if (length === familyBits(family)) return [];
  const upper = bits.map((word, i) => (i === length >> 5 ? (word | (1 << (31 - (length & 31)))) >>> 0 : word));
  return [bits, upper].map((half) => prefixFromBits(half, length + 1));
}

/** Whether every address of `inner` lies in `outer` (equal prefixes contain each other). */
export function containsPrefix(outer: Prefix, inner: Prefix): boolean {
  return outer.length <= inner.length && containsBits(outer, inner.bits);
}

/** Whether the address lies in the prefix. */
export function containsAddress(p: Prefix, address: Address): boolean {
  return containsBits(p, addressBits(address));
}

/** As {@link containsAddress}, for callers that test many prefixes. */
function containsBits(p: Prefix, bits: Bits): boolean {
  return p.bits.length === bits.length && startsAlike(p.bits, bits, p.length);
}

/** Whether the first `length` bits are equal. Both addresses must be of one family. */
function startsAlike(a: Bits, b: Bits, length: number): boolean {
  for (let i = 0; 32 * i < length; i++) if (maskWord(a[i]! ^ b[i]!, length - 32 * i) !== 0) return false;
  return true;
}

/**
 * Orders by address, then by length, so that a prefix comes before those it contains. Both must be
 * of one family.
 */
export function comparePrefixes(a: Prefix, b: Prefix): number {
  for (let i = 0; i < a.bits.length; i++) if (a.bits[i] !== b.bits[i]) return a.bits[i]! - b.bits[i]!;
  return a.length - b.length;
}

/**
 * A key for maps. Two prefixes of one family have the same key exactly if their first `length`
 * bits are the same: it is the key of the prefix of this length that contains `p`. A number for
 * IPv4, text for IPv6.
 */
export function networkKey(p: Prefix, length: number): number | string {
  if (p.bits.length === 1) return maskWord(p.bits[0]!, length) * 64 + length;
  return `${length} ${maskBits(p.bits, length).join()}`;
}
