/**
 * `destination`: the prefixes of one family that the backup router leads to.
 *
 * Invariant: a faulty list never widens. Without one valid prefix the result is empty, never the default route.
 */

import { type Address, addressBytes, type Family, familyBits, inetNumber } from '../model/address.js';
import { networkKey, type Prefix, parsePrefix, prefix, prefixText } from '../model/prefix.js';
import type { Entry } from './document.js';
import { familyFault } from './gateways.js';
import { readPrefix } from './prefix-text.js';
import type { Report, Span } from './report.js';
import { readItems, readScalar } from './section.js';

/** A network as a number (IPv4) or bytes too: of a hundred thousand, each is compared with several others. */
interface Network {
  readonly prefix: Prefix;
  readonly bits: number | Uint8Array;
}

interface Placed extends Network {
  readonly span: Span;
}

const EXAMPLE: Readonly<Record<Family, string>> = {
  inet: 'a prefix such as 10.0.0.0/8',
  inet6: 'a prefix such as 2001:db8::/32',
};

const UNUSABLE: Readonly<Record<Family, readonly (readonly [Network, string])[]>> = {
  inet: [
    [network('127.0.0.0/8'), 'loopback'],
    [network('224.0.0.0/4'), 'multicast'],
    [network('255.255.255.255/32'), 'broadcast'],
  ],
  inet6: [
    [network('::1/128'), 'loopback'],
    [network('ff00::/8'), 'multicast'],
    [network('fe80::/10'), 'link-local'],
  ],
};

/** The valid destinations of the entry, in the order of the file, without duplicates. */
export function readDestinations(
  entry: Entry,
  family: Family,
  gateways: readonly Address[],
  report: Report,
): readonly Prefix[] {
  const found = new Map<number | string, Placed>();
  const routers = gateways.map(
    (address): Network => ({ prefix: prefix(address, familyBits(family)), bits: bitsOf(address) }),
  );
  for (const item of readItems(entry, report, 'name a prefix, or remove the key for the default route')) {
    const scalar = readScalar(item, EXAMPLE[family], report);
    if (scalar === undefined) continue;
    const result = readPrefix(scalar.text, report.hasRoom());
    if (!result.ok) {
      report.error(scalar.span, result.fault);
      continue;
    }
    const placed: Placed = { prefix: result.value, bits: bitsOf(result.value.address), span: scalar.span };
    if (!isUsable(placed, family, routers, report)) continue;
    const key = networkKey(result.value, result.value.length);
    if (found.has(key))
      report.warning(scalar.span, {
        code: 'duplicate-destination',
        message: `${prefixText(result.value)} is listed twice`,
        suggestion: 'remove one',
      });
    else found.set(key, placed);
  }
  warnOfNesting([...found.values()], report);
  return [...found.values()].map((placed) => placed.prefix);
}

function isUsable(placed: Placed, family: Family, gateways: readonly Network[], report: Report): boolean {
  const { prefix: p, span } = placed;
  const mismatch = p.family === family ? undefined : familyFault(prefixText(p), p.family, family);
  if (mismatch !== undefined) {
    report.error(span, mismatch);
    return false;
  }
  const unusable = UNUSABLE[family].find(([range]) => contains(range, placed));
  if (unusable !== undefined) {
    report.error(span, {
      code: 'unusable-destination',
      message: `${prefixText(p)} is ${unusable[1]}, which no router forwards`,
      suggestion: 'remove it',
    });
    return false;
  }
  const inside = gateways.find((gateway) => contains(placed, gateway))?.prefix;
  if (inside === undefined) return true;
  if (p.length === inside.length) {
    report.error(span, {
      code: 'destination-is-gateway',
      message: `${prefixText(p)} is the backup router itself, which cannot be reached through itself`,
      suggestion: 'remove it: the backup router is reached directly',
    });
    return false;
  }
  // The default route always does, and the connected prefix is more specific; any other one may be as long as it.
  if (p.length > 0) {
    report.warning(span, {
      code: 'destination-contains-gateway',
      message: `${prefixText(p)} contains the backup router ${inside.address}`,
      suggestion: 'it must be shorter than the prefix of the management network; otherwise remove it',
    });
  }
  return true;
}

function warnOfNesting(found: readonly Placed[], report: Report): void {
  if (new Set(found.map((placed) => placed.prefix.length)).size < 2) return;
  const around = closestAround(found);
  for (const placed of found) {
    const outer = around.get(placed);
    if (outer === undefined) continue;
    report.warning(placed.span, {
      code: 'nested-destination',
      message: `${prefixText(placed.prefix)} lies within ${prefixText(outer.prefix)}, which is a destination too`,
      suggestion: 'remove it, unless more specific routes of the daemon must lose to it',
    });
  }
}

/** For each network the longest other one that contains it. In the order of addresses, those that contain one stand right before it. */
function closestAround(found: readonly Placed[]): ReadonlyMap<Placed, Placed> {
  const keyed = found.map((placed) => ({
    placed,
    key: String.fromCharCode(...addressBytes(placed.prefix.address), placed.prefix.length),
  }));
  keyed.sort((a, b) => (a.key < b.key ? -1 : 1));
  const around = new Map<Placed, Placed>();
  const open: Placed[] = [];
  for (const { placed } of keyed) {
    while (open.length > 0 && !contains(open.at(-1)!, placed)) open.pop();
    const outer = open.at(-1);
    if (outer !== undefined) around.set(placed, outer);
    open.push(placed);
  }
  return around;
}

/** As containsPrefix of model/, of one family. */
function contains(outer: Network, inner: Network): boolean {
  const { length } = outer.prefix;
  if (length > inner.prefix.length) return false;
  const [a, b] = [outer.bits, inner.bits];
  if (typeof a === 'number' || typeof b === 'number')
    return typeof a === typeof b && (length === 0 || ((a as number) ^ (b as number)) >>> (32 - length) === 0);
  const whole = length >> 3;
  for (let i = 0; i < whole; i++) if (a[i] !== b[i]) return false;
  const rest = length & 7;
  return rest === 0 || (a[whole]! ^ b[whole]!) >> (8 - rest) === 0;
}

function bitsOf(address: Address): Network['bits'] {
  return address.includes(':') ? addressBytes(address) : inetNumber(address);
}

function network(text: string): Network {
  const parsed = parsePrefix(text)!;
  return { prefix: parsed, bits: bitsOf(parsed.address) };
}
