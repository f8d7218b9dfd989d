/**
 * `destination`: the prefixes of one family that the backup router leads to.
 *
 * Invariant: a faulty list never widens. Without one valid prefix the result is empty, never the default route.
 */

import { addressBytes, type Address, type Family } from '../model/address.js';
import { containsAddress, containsPrefix, networkAddress, parsePrefix, prefixText, type Prefix } from '../model/prefix.js';
import type { Entry } from './document.js';
import { familyFault } from './gateways.js';
import { readPrefix } from './prefix-text.js';
import type { Report, Span } from './report.js';
import { readItems, readScalar } from './section.js';

interface Placed {
  readonly prefix: Prefix;
  readonly span: Span;
}

const EXAMPLE: Readonly<Record<Family, string>> = { inet: 'a prefix such as 10.0.0.0/8', inet6: 'a prefix such as 2001:db8::/32' };

const UNUSABLE: readonly (readonly [string, string])[] = [
  ['127.0.0.0/8', 'loopback'],
  ['224.0.0.0/4', 'multicast'],
  ['255.255.255.255/32', 'broadcast'],
  ['::1/128', 'loopback'],
  ['ff00::/8', 'multicast'],
  ['fe80::/10', 'link-local'],
];

/** The valid destinations of the entry, in the order of the file, without duplicates. */
export function readDestinations(entry: Entry, family: Family, gateways: readonly Address[], report: Report): readonly Prefix[] {
  const found = new Map<string, Placed>();
  for (const item of readItems(entry, report, 'name a prefix, or remove the key for the default route')) {
    const scalar = readScalar(item, EXAMPLE[family], report);
    if (scalar === undefined) continue;
    const result = readPrefix(scalar.text);
    if (!result.ok) {
      report.error(scalar.span, result.fault);
      continue;
    }
    if (!isUsable(result.value, family, gateways, scalar.span, report)) continue;
    const text = prefixText(result.value);
    if (found.has(text)) report.warning(scalar.span, { code: 'duplicate-destination', message: `${text} is listed twice`, suggestion: 'remove one' });
    else found.set(text, { prefix: result.value, span: scalar.span });
  }
  warnOfNesting(found, report);
  return [...found.values()].map((placed) => placed.prefix);
}

function isUsable(p: Prefix, family: Family, gateways: readonly Address[], span: Span, report: Report): boolean {
  const text = prefixText(p);
  const mismatch = familyFault(text, p.family, family);
  if (mismatch !== undefined) {
    report.error(span, mismatch);
    return false;
  }
  const unusable = UNUSABLE.find(([range]) => containsPrefix(parsePrefix(range)!, p));
  if (unusable !== undefined) {
    report.error(span, { code: 'unusable-destination', message: `${text} is ${unusable[1]}, which no router forwards`, suggestion: 'remove it' });
    return false;
  }
  const inside = gateways.find((gateway) => containsAddress(p, gateway));
  if (inside === undefined) return true;
  if (p.length === addressBytes(inside).length * 8) {
    report.error(span, { code: 'destination-is-gateway', message: `${text} is the backup router itself, which cannot be reached through itself`, suggestion: 'remove it: the backup router is reached directly' });
    return false;
  }
  // The default route always does, and the connected prefix is more specific; any other one may be as long as it.
  if (p.length > 0) {
    report.warning(span, { code: 'destination-contains-gateway', message: `${text} contains the backup router ${inside}`, suggestion: 'it must be shorter than the prefix of the management network; otherwise remove it' });
  }
  return true;
}

function warnOfNesting(found: ReadonlyMap<string, Placed>, report: Report): void {
  const lengths = [...new Set([...found.values()].map((placed) => placed.prefix.length))].sort((a, b) => b - a);
  for (const { prefix, span } of found.values()) {
    const around = lengths.filter((l) => l < prefix.length).map((l) => `${networkAddress(prefix.address, l)}/${l}`).find((text) => found.has(text));
    if (around === undefined) continue;
    report.warning(span, { code: 'nested-destination', message: `${prefixText(prefix)} lies within ${around}, which is a destination too`, suggestion: 'remove it, unless more specific routes of the daemon must lose to it' });
  }
}
