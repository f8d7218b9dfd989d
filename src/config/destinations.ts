/**
 * `destination`: the prefixes of one family that are reached through the backup router.
 *
 * Invariant: a faulty list never widens. Without one valid prefix the result is empty, never the
 * default route.
 */

import type { Address, Family } from '../model/address.js';
import { familyBits } from '../model/address.js';
import {
  comparePrefixes,
  containsPrefix,
  networkKey,
  type Prefix,
  parsePrefix,
  prefix,
  prefixText,
} from '../model/prefix.js';
import type { Entry } from './document.js';
import { familyFault } from './gateways.js';
import { readPrefix } from './prefix-text.js';
import type { Report, Span } from './report.js';
import { readItems, readScalar } from './section.js';

interface Placed {
  readonly prefix: Prefix;
  readonly span: Span;
}

const EXAMPLE: Readonly<Record<Family, string>> = {
  inet: 'a prefix such as 10.0.0.0/8',
  inet6: 'a prefix such as 2001:db8::/32',
};

/** Ranges that no router forwards, each with its description. */
const UNUSABLE: Readonly<Record<Family, readonly (readonly [prefix: string, what: string])[]>> = {
  inet: [
    ['127.0.0.0/8', 'loopback'],
    ['224.0.0.0/4', 'multicast'],
    ['255.255.255.255/32', 'broadcast'],
  ],
  inet6: [
    ['::1/128', 'loopback'],
    ['ff00::/8', 'multicast'],
    ['fe80::/10', 'link-local'],
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
  const unusable = UNUSABLE[family].map(([text, what]) => [range(text), what] as const);
  const routers = gateways.map((address) => prefix(address, familyBits(family)));
  for (const item of readItems(entry, report, 'name a prefix, or remove the key for the default route')) {
    const scalar = readScalar(item, EXAMPLE[family], report);
    if (scalar === undefined) continue;
    const result = readPrefix(scalar.text, report.hasRoom());
    if (!result.ok) {
      report.error(scalar.span, result.fault);
      continue;
    }
    const placed: Placed = { prefix: result.value, span: scalar.span };
    if (!isUsable(placed, family, { routers, unusable }, report)) continue;
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

interface Limits {
  readonly routers: readonly Prefix[];
  readonly unusable: readonly (readonly [Prefix, string])[];
}

function isUsable(placed: Placed, family: Family, { routers, unusable }: Limits, report: Report): boolean {
  const { prefix: p, span } = placed;
  const mismatch = p.family === family ? undefined : familyFault(prefixText(p), p.family, family);
  if (mismatch !== undefined) {
    report.error(span, mismatch);
    return false;
  }
  const what = unusable.find(([range]) => containsPrefix(range, p))?.[1];
  if (what !== undefined) {
    report.error(span, {
      code: 'unusable-destination',
      message: `${prefixText(p)} is ${what}, which no router forwards`,
      suggestion: 'remove it',
    });
    return false;
  }
  const inside = routers.find((gateway) => containsPrefix(p, gateway));
  if (inside === undefined) return true;
  if (p.length === inside.length) {
    report.error(span, {
      code: 'destination-is-gateway',
      message: `${prefixText(p)} is the backup router itself, which cannot be reached through itself`,
      suggestion: 'remove it: the backup router is reached directly',
    });
    return false;
  }
  // A shorter prefix may contain the gateway: the connected prefix is longer, but is known only at
  // run time.
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

/**
 * For each prefix, the longest other prefix that contains it. In address order, the prefixes that
 * contain it are on the stack of open ones.
 */
function closestAround(found: readonly Placed[]): ReadonlyMap<Placed, Placed> {
  const around = new Map<Placed, Placed>();
  const open: Placed[] = [];
  for (const placed of [...found].sort((a, b) => comparePrefixes(a.prefix, b.prefix))) {
    while (open.length > 0 && !containsPrefix(open.at(-1)!.prefix, placed.prefix)) open.pop();
    const outer = open.at(-1);
    if (outer !== undefined) around.set(placed, outer);
    open.push(placed);
  }
  return around;
}

function range(text: string): Prefix {
  return parsePrefix(text)!;
}
