/**
 * IP addresses as canonical text: dotted quad for IPv4, RFC 5952 for IPv6, so that `===` is equality
 * and a value can be printed, compared, hashed and sent as JSON without a conversion.
 *
 * What lives here: text <-> network-order bytes, for the daemon's own use. What does not: the strict,
 * explaining parser of configuration files (config/), which rejects what this one merely refuses.
 */

/** Address family, spelt as `ip` spells it. */
export type Family = 'inet' | 'inet6';

export const FAMILIES: readonly Family[] = ['inet', 'inet6'];

/** A canonical address. Only {@link parseAddress} and {@link addressFromBytes} make one from outside. */
export type Address = string;

/** Bits in an address of the family: 32 or 128. */
export function familyBits(family: Family): 32 | 128 {
  return family === 'inet' ? 32 : 128;
}

/** The family of a canonical address. */
export function familyOf(address: Address): Family {
  return address.includes(':') ? 'inet6' : 'inet';
}

/** Canonical form of an address in text, or undefined when it is none (no zone, no port, no brackets). */
export function parseAddress(text: string): Address | undefined {
  const bytes = text.includes(':') ? parseInet6(text) : parseInet(text);
  return bytes === undefined ? undefined : addressFromBytes(bytes);
}

/** Network-order bytes (4 or 16) of a canonical address; throws on anything else. */
export function addressBytes(address: Address): Uint8Array {
  const bytes = address.includes(':') ? parseInet6(address) : parseInet(address);
  if (bytes === undefined) throw new TypeError(`not an IP address: ${JSON.stringify(address)}`);
  return bytes;
}

/** Canonical text of 4 or 16 network-order bytes. */
export function addressFromBytes(bytes: Uint8Array): Address {
  if (bytes.length === 4) return `${bytes[0]}.${bytes[1]}.${bytes[2]}.${bytes[3]}`;
  if (bytes.length !== 16) throw new TypeError(`an address has 4 or 16 bytes, not ${bytes.length}`);
  return formatInet6(bytes);
}

/** True for fe80::/10, whose addresses mean nothing without an interface (RFC 4291 section 2.5.6). */
export function isLinkLocal(address: Address): boolean {
  if (familyOf(address) !== 'inet6') return false;
  const bytes = addressBytes(address);
  return bytes[0] === 0xfe && (bytes[1]! & 0xc0) === 0x80;
}

/** A canonical IPv4 address as a number; the fast way, for addresses that are known to be good. */
export function inetNumber(address: Address): number {
  let number = 0;
  let part = 0;
  for (let i = 0; i < address.length; i++) {
    const code = address.charCodeAt(i);
    if (code === 0x2e) {
      number = number * 256 + part;
      part = 0;
    } else part = part * 10 + code - 0x30;
  }
  return number * 256 + part;
}

function parseInet(text: string): Uint8Array | undefined {
  const number = readInet(text, text.length);
  return number === undefined ? undefined : Uint8Array.of(number >>> 24, number >>> 16, number >>> 8, number);
}

/** The IPv4 address in the first `end` characters as a number; undefined when they are none. Makes nothing: lists have a hundred thousand. */
export function readInet(text: string, end: number): number | undefined {
  let number = 0;
  let part = 0;
  let digits = 0;
  let dots = 0;
  for (let i = 0; i < end; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x2e) {
      if (digits === 0 || ++dots > 3) return undefined;
      number = number * 256 + part;
      part = digits = 0;
      continue;
    }
    // No leading zeros: some read them as octal, and an address that two programs read differently is a trap.
    if (code < 0x30 || code > 0x39 || (digits > 0 && part === 0)) return undefined;
    part = part * 10 + code - 0x30;
    digits++;
    if (part > 255) return undefined;
  }
  return dots === 3 && digits > 0 ? number * 256 + part : undefined;
}

/** Canonical text of an IPv4 address that is a number. */
export function inetText(number: number): Address {
  return `${number >>> 24}.${(number >>> 16) & 0xff}.${(number >>> 8) & 0xff}.${number & 0xff}`;
}

function parseInet6(text: string): Uint8Array | undefined {
  let head = text;
  let embedded: Uint8Array | undefined;
  const lastColon = text.lastIndexOf(':');
  if (text.includes('.')) {
    embedded = parseInet(text.slice(lastColon + 1));
    if (embedded === undefined) return undefined;
    head = `${text.slice(0, lastColon + 1)}0:0`;
  }
  const halves = head.split('::');
  if (halves.length > 2) return undefined;
  const left = groups(halves[0]!);
  const right = halves.length === 2 ? groups(halves[1]!) : [];
  if (left === undefined || right === undefined) return undefined;
  const missing = 8 - left.length - right.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const bytes = new Uint8Array(16);
  [...left, ...new Array<number>(missing).fill(0), ...right].forEach((group, i) => {
    bytes[2 * i] = group >> 8;
    bytes[2 * i + 1] = group & 0xff;
  });
  if (embedded !== undefined) bytes.set(embedded, 12);
  return bytes;
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

/** RFC 5952: lower case, no leading zeros, the longest (first) run of two or more zero groups as `::`. */
function formatInet6(bytes: Uint8Array): Address {
  let bestStart = -1;
  let bestLength = 1;
  let runStart = -1;
  for (let i = 0; i <= 8; i++) {
    const zero = i < 8 && bytes[2 * i] === 0 && bytes[2 * i + 1] === 0;
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
    text += ((bytes[2 * i]! << 8) | bytes[2 * i + 1]!).toString(16);
  }
  return text;
}
