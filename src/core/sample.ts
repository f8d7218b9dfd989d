/**
 * Addresses in a destination by which the kernel can be asked about it. There are a few, spread
 * over it: a more specific route may carry any of them. They are always the same, so two answers
 * differ only when the kernel's do. Pure.
 */

import { remembered } from '../fib/remembered.js';
import { type Address, addressBytes, addressFromBytes, familyBits } from '../model/address.js';
import { containsAddress, type Prefix } from '../model/prefix.js';
import type { Rule } from '../model/route.js';

const SAMPLES = 6;

/** The samples, except those that a rule for a part of the destination sends elsewhere. */
export function samplesOf(destination: Prefix, rules: readonly Rule[]): readonly Address[] {
  const all = Array.from({ length: destination.length === familyBits(destination.family) ? 1 : SAMPLES }, (_, i) =>
    sample(destination, i),
  );
  const diverting = targets(rules).filter(
    ({ family, length }) => family === destination.family && length > destination.length,
  );
  const left = all.filter((address) => !diverting.some((to) => containsAddress(to, address)));
  return [...new Set(left)];
}

/** The destinations that rules name: hardly any of ten thousand rules names one. */
const targets = remembered((rules: readonly Rule[]): readonly Prefix[] =>
  rules.flatMap(({ detail }) => detail?.to ?? []),
);

function sample({ family, address, length }: Prefix, index: number): Address {
  const bytes = Uint8Array.from(addressBytes(address));
  for (const at of bytes.keys()) {
    const fixed = Math.min(8, Math.max(0, length - 8 * at));
    const mask = 0xff >> fixed;
    bytes[at] = (bytes[at]! & ~mask) | ((53 + 97 * at + 41 * index) & mask);
  }
  // Keeps samples of a short prefix out of 0/8, 127/8 and 224/3, and in IPv6 inside 2000::/3: only
  // unicast addresses can be asked about.
  const first = bytes[0]!;
  if (family === 'inet6' && length < 3) bytes[0] = 0x20 | (first & 0x1f);
  // Alternates between the halves of the address space: a refusal of one half refuses no more than
  // that.
  if (family === 'inet' && length === 0)
    bytes[0] = index % 2 === 0 ? 1 + ((first + 31 * index) % 126) : 128 + ((first + 31 * index) % 96);
  return addressFromBytes(bytes);
}
