/**
 * IP addresses as canonical text: dotted quad for IPv4, RFC 5952 for IPv6. `===` is equality, and
 * a value can be printed, compared, hashed and sent as JSON without a conversion.
 *
 * This file converts between text, words of bits and network-order bytes, for the agent's own use.
 * The strict parser of configuration files, which explains what is wrong with an address, is in
 * config/.
 */

/** Address family, spelt as `ip` spells it. */
export type Family = 'inet' | 'inet6';

export const FAMILIES: readonly Family[] = ['inet', 'inet6'];

/**
 * A canonical address. Only {@link parseAddress}, {@link addressFromBits} and {@link
 * addressFromBytes} make one from external data.
 */
export type Address = string;

/**
 * An address as unsigned 32-bit words, most significant first: one word for IPv4, four for IPv6.
 */
export type Bits = readonly number[];

/** Bits in an address of the family: 32 or 128. */
export function familyBits(family: Family): 32 | 128 {
  return family === 'inet' ? 32 : 128;
}

/** The family of a canonical address. */
export function familyOf(address: Address): Family {
  return address.includes(':') ? 'inet6' : 'inet';
}

/**
 * Canonical form of an address in text; undefined if it is none (no zone, no port, no brackets).
 */
export function parseAddress(text: string): Address | undefined {
  const bits = parseBits(text);
  return bits === undefined ? undefined : addressFromBits(bits);
}

/** The bits of an address in text, canonical or not; undefined if it is none. */
export function parseBits(text: string): Bits | undefined {
  return text.includes(':') ? parseInet6(text) : parseInet(text);
}

/** The bits of a canonical address; throws on anything else. */
export function addressBits(address: Address): Bits {
  const bits = parseBits(address);
  if (bits === undefined) throw new TypeError(`not an IP address: ${JSON.stringify(address)}`);
  return bits;
}

/** Canonical text of one or four words. */
export function addressFromBits(bits: Bits): Address {
  if (bits.length === 4) return formatInet6(bits);
  const [word] = bits;
  if (word === undefined || bits.length !== 1) throw new TypeError(`an address has 1 or 4 words, not ${bits.length}`);
  return `${word >>> 24}.${(word >>> 16) & 0xff}.${(word >>> 8) & 0xff}.${word & 0xff}`;
}

/** Network-order bytes (4 or 16) of a canonical address; throws on anything else. */
export function addressBytes(address: Address): Uint8Array {
  return Uint8Array.from(addressBits(address).flatMap((word) => [word >>> 24, word >>> 16, word >>> 8, word]));
}

/** Canonical text of 4 or 16 network-order bytes. */
export function addressFromBytes(bytes: Uint8Array): Address {
  if (bytes.length !== 4 && bytes.length !== 16)
    throw new TypeError(`an address has 4 or 16 bytes, not ${bytes.length}`);
  return addressFromBits(readBits(bytes, 0, bytes.length));
}

/** The words in `bytes[start..end)`, which are 4 or 16 in network order. */
export function readBits(bytes: Uint8Array, start: number, end: number): Bits {
  const bits: number[] = [];
  for (let at = start; at < end; at += 4)
    bits.push(((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0);
  return bits;
}

/** The bits with everything after the first `length` cleared. */
export function maskBits(bits: Bits, length: number): Bits {
  return bits.map((word, i) => maskWord(word, length - 32 * i));
}

/**
 * The word with everything after its first `keep` bits cleared: 0 or less keeps none, 32 or more
 * all.
 */
export function maskWord(word: number, keep: number): number {
  if (keep <= 0) return 0;
  return keep >= 32 ? word : (word & (-1 << (32 - keep))) >>> 0;
}

/**
 * True for fe80::/10, whose addresses mean nothing without an interface (RFC 4291 section 2.5.6).
 */
export function isLinkLocal(address: Address): boolean {
  if (familyOf(address) !== 'inet6') return false;
  return maskWord(addressBits(address)[0]!, 10) === 0xfe800000;
}

/** Leading zeros are refused: some programs read them as octal. */
const INET = /^(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})$/;

function parseInet(text: string): Bits | undefined {
  const match = INET.exec(text);
  if (match === null) return undefined;
  let word = 0;
  for (let i = 1; i <= 4; i++) {
    const part = Number(match[i]);
    if (part > 255) return undefined;
    word = word * 256 + part;
  }
  return [word];
}

function parseInet6(text: string): Bits | undefined {
  let head = text;
  if (text.includes('.')) {
    const lastColon = text.lastIndexOf(':');
    const embedded = parseInet(text.slice(lastColon + 1))?.[0];
    if (embedded === undefined) return undefined;
    head = `${text.slice(0, lastColon + 1)}${(embedded >>> 16).toString(16)}:${(embedded & 0xffff).toString(16)}`;
  }
  const halves = head.split('::');
  if (halves.length > 2) return undefined;
  const left = groups(halves[0]!);
  const right = halves.length === 2 ? groups(halves[1]!) : [];
  if (left === undefined || right === undefined) return undefined;
  const missing = 8 - left.length - right.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const all = [...left, ...new Array<number>(missing).fill(0), ...right];
  return [0, 2, 4, 6].map((i) => ((all[i]! << 16) | all[i + 1]!) >>> 0);
}

function groups(text: string): number[] | undefined {
  if (text === '') return [];
  const out: number[] = [];
  for (const part of text.split(':')) {
    if (!/^[0-9a-fA-F]{1,4}$/.test(part)) return undefined;
    out.push(Number.parseInt(part, 16));
  }
  return out;
}

/**
 * RFC 5952: lower case, no leading zeros, the longest (first) run of two or more zero groups as
 * `::`.
 */
function formatInet6(bits: Bits): Address {
  const all = bits.flatMap((word) => [word >>> 16, word & 0xffff]);
  let bestStart = -1;
  let bestLength = 1;
  let runStart = -1;
  for (let i = 0; i <= 8; i++) {
    const zero = all[i] === 0;
    if (zero && runStart < 0) runStart = i;
    if (!zero && runStart >= 0) {
      if (i - runStart > bestLength) {
        bestStart = runStart;
        bestLength = i - runStart;
      }
      runStart = -1;
    }
  }
  let text = '';
  for (let i = 0; i < 8; i++) {
    if (i === bestStart) {
      text += '::';
      i += bestLength - 1;
      continue;
    }
    if (text !== '' && !text.endsWith(':')) text += ':';
    text += all[i]!.toString(16);
  }
  return text;
}
