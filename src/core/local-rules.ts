/**
 * The rules of placement `local`. Pure.
 *
 * Placement `local` merges the backup routes with the main table by exact longest-prefix match,
 * for packets that this host originates and for no others, at the place of main's own rule M
 * (rule-place.ts). For each destination length L, longest first, there are two rules. All have the
 * priority before M's and stand in the order of their age (fact K22):
 *
 *   iif lo lookup main suppress_prefixlength L-1        while preempting: L
 *   iif lo lookup TABLE_L
 *
 * The first rule lets every route of main that is at least as specific as L win. The second looks
 * up our table. Shorter routes of main are reached only by the rules that follow. While
 * preempting, the first rule takes the tie from main. The pair of L = 0 that preempts nothing
 * stands behind M, at M's priority. Its first rule finds nothing unless somebody deletes M and
 * adds it again, which puts M behind the pair. Both rules have `iif lo`, so a packet in transit
 * matches neither.
 *
 * Invariant: any prefix of the list does no harm by itself. Rules are added in its order and
 * removed in the reverse order (rule-steps.ts).
 */

import { type Family, familyBits } from '../model/address.js';
import type { Config } from '../model/config.js';
import { type Rule, TABLE_MAIN } from '../model/route.js';
import type { RulePlace } from './rule-place.js';

/** The rules for the given destination lengths, in the order in which a packet is to meet them. */
export function localRules(
  config: Config,
  family: Family,
  place: RulePlace,
  lengths: ReadonlySet<number>,
  preempting: ReadonlySet<number>,
): readonly Rule[] {
  if ((lengths.size === 0 && place.kind !== 'end') || place.kind === 'nowhere') return [];
  const common = { family, inputInterface: 'lo', protocol: config.routeProtocol, foreign: false };
  const main = (priority: number, suppress: number): Rule => ({
    ...common,
    priority,
    table: TABLE_MAIN,
    suppressPrefixLength: suppress < 0 ? undefined : suppress,
  });
  const ours = (priority: number, length: number): Rule => ({
    ...common,
    priority,
    table: config.tableBase + length,
    suppressPrefixLength: undefined,
  });
  const sorted = [...lengths].sort((a, b) => b - a);
  const suppressed = (length: number): number => (preempting.has(length) ? length : length - 1);
  if (place.kind === 'fixed') {
    return sorted.flatMap((length) => {
      const priority = place.base + 2 * (familyBits(family) - length);
      return [main(priority, suppressed(length)), ours(priority + 1, length)];
    });
  }
  const rear = place.kind === 'beside' ? place.anchor.priority : place.priority;
  const front = place.kind === 'beside' ? place.front : place.priority - 1;
  const before = front === undefined ? [] : sorted.filter((length) => suppressed(length) >= 0);
  const behind = sorted.filter((length) => !before.includes(length));
  const pairs = (priority: number, some: readonly number[]): readonly Rule[] => {
    // A lookup of main that suppresses no fewer lengths than an earlier one finds nothing, so it
    // is left out.
    let least = Number.POSITIVE_INFINITY;
    return some.flatMap((length) => {
      const suppress = Math.max(0, suppressed(length));
      const needed = suppress < least;
      least = Math.min(least, suppress);
      return [...(needed ? [main(priority, suppress)] : []), ours(priority, length)];
    });
  };
  return [
    ...(front === undefined ? [] : pairs(front, before)),
    ...(place.kind === 'end' ? [main(rear, -1)] : []),
    ...pairs(rear, behind),
  ];
}
