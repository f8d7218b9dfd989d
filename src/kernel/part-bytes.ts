/**
 * Checks, in the bytes of a route message, whether the route may be a part of a destination. Of
 * IPv6 only the first word is compared: a needless route does no harm.
 */

import { FAMILIES, type Family } from '../model/address.js';
import { PART_BITS, type Prefix } from '../model/prefix.js';
import { ATTRIBUTE_TYPE, DESTINATION, LENGTH } from './gateway-bytes.js';
import * as uapi from './netlink/uapi.js';

/** By family and length: the leading bits of the destinations, 32 at the most. */
export type PartWords = Readonly<Record<Family, ReadonlyMap<number, ReadonlySet<number>>>>;

export const NO_PARTS: PartWords = { inet: new Map(), inet6: new Map() };

const known = new WeakMap<readonly Prefix[], PartWords>();

/** Made once for each list: it may have a hundred thousand destinations. */
export function partWords(destinations: readonly Prefix[] | undefined): PartWords {
  if (destinations === undefined) return NO_PARTS;
  let words = known.get(destinations);
  if (words === undefined) known.set(destinations, (words = made(destinations)));
  return words;
}

function made(destinations: readonly Prefix[]): PartWords {
  const words = { inet: new Map<number, Set<number>>(), inet6: new Map<number, Set<number>>() };
  for (const family of FAMILIES)
    for (const { family: of, length, bits } of destinations) {
      if (of !== family) continue;
      let there = words[family].get(length);
      if (there === undefined) words[family].set(length, (there = new Set()));
      there.add(leading(bits[0]!, length));
    }
  return words;
}

/** Also true where RTA_DST is not at its usual place. */
export function isPart(bytes: Buffer, start: number, words: PartWords[Family]): boolean {
  if (words.size === 0) return false;
  const own = bytes[start + LENGTH]!;
  for (const [length, networks] of words) {
    if (own <= length || own > length + PART_BITS) continue;
    if (start + DESTINATION + 4 > bytes.length || bytes.readUInt16LE(start + ATTRIBUTE_TYPE) !== uapi.RTA_DST)
      return true;
    if (networks.has(leading(bytes.readUInt32BE(start + DESTINATION), length))) return true;
  }
  return false;
}

function leading(word: number, length: number): number {
  return length === 0 ? 0 : word >>> (32 - Math.min(32, length));
}
