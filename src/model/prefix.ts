/**
 * IP prefixes: a family, a network address with no host bits, a length. Immutable values.
 */

import {
  type Address,
  addressBytes,
  addressFromBytes,
  type Family,
  familyBits,
  familyOf,
  inetNumber,
  inetText,
  parseAddress,
  readInet,
} from './address.js';

export interface Prefix {
  readonly family: Family;
  /** Network address, canonical, host bits zero. */
  readonly address: Address;
  /** 0 to 32 (inet) or 128 (inet6). */
  readonly length: number;
}

/** The prefix `ADDRESS/LENGTH`; host bits are cleared. */
export function prefix(address: Address, length: number): Prefix {
  return { family: familyOf(address), address: networkAddress(address, length), length };
}

/** `0.0.0.0/0` or `::/0`. */
export function defaultPrefix(family: Family): Prefix {
  return { family, address: family === 'inet' ? '0.0.0.0' : '::', length: 0 };
}

/** Strict parse of `ADDRESS/LENGTH` without host bits; undefined when it is not one. */
export function parsePrefix(text: string): Prefix | undefined {
  const slash = text.indexOf('/');
  const number = readInet(text, slash);
  if (number !== undefined) return inetPrefix(number, text, slash + 1);
  const address = parseAddress(slash < 0 ? text : text.slice(0, slash));
  const lengthText = text.slice(slash + 1);
  if (slash < 0 || address === undefined || !/^(0|[1-9][0-9]{0,2})$/.test(lengthText)) return undefined;
  const length = Number(lengthText);
  const result = length <= familyBits(familyOf(address)) ? prefix(address, length) : undefined;
  return result?.address === address ? result : undefined;
}

/** An IPv4 prefix of this address, with the length that the text has from there on. */
function inetPrefix(number: number, text: string, from: number): Prefix | undefined {
  const [tens, ones] = [text.charCodeAt(from) - 0x30, text.charCodeAt(from + 1) - 0x30];
  const digits = text.length - from;
  if (digits < 1 || digits > 2 || !(tens >= 0 && tens <= 9) || (digits === 2 && !(tens > 0 && ones >= 0 && ones <= 9)))
    return undefined;
  const length = digits === 1 ? tens : 10 * tens + ones;
  // No host bits.
  return length > 32 || number % 2 ** (32 - length) !== 0
    ? undefined
    : { family: 'inet', address: inetText(number), length };
}

/** `10.0.0.0/8`: the key of a prefix in maps, and its spelling for people. */
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

/** Whether every address of `inner` lies in `outer` (equal prefixes contain each other). */
export function containsPrefix(outer: Prefix, inner: Prefix): boolean {
  if (outer.family !== inner.family || outer.length > inner.length) return false;
  return outer.length === 0 || networkAddress(inner.address, outer.length) === outer.address;
}

/** Whether the address lies in the prefix. */
export function containsAddress(p: Prefix, address: Address): boolean {
  return familyOf(address) === p.family && networkAddress(address, p.length) === p.address;
}

/** The address with everything behind the first `length` bits cleared. */
export function networkAddress(address: Address, length: number): Address {
  const bytes = addressBytes(address);
  if (!Number.isInteger(length) || length < 0 || length > bytes.length * 8)
    throw new RangeError(`prefix length ${length} of ${address}`);
  for (let i = 0; i < bytes.length; i++) {
    const keep = Math.min(8, Math.max(0, length - 8 * i));
    bytes[i] = bytes[i]! & (0xff00 >> keep) & 0xff;
  }
  return addressFromBytes(bytes);
}

/**
 * A key for maps that two prefixes of one family share exactly if their first `length` bits are the same: that of the prefix of this length
 * which contains `p`. A number for IPv4, text for IPv6.
 */
export function networkKey(p: Prefix, length: number): number | string {
  if (p.family === 'inet') {
    const host = 2 ** (32 - length);
    return Math.floor(inetNumber(p.address) / host) * host * 64 + length;
  }
  const bytes = addressBytes(p.address);
  let text = '';
  for (let i = 0; i < 16 && 8 * i < length; i++)
    text += String.fromCharCode(length - 8 * i >= 8 ? bytes[i]! : bytes[i]! & (0xff00 >> (length - 8 * i)) & 0xff);
  return `${length} ${text}`;
}
