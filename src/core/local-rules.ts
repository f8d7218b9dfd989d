/**
 * The rules of placement `local`. Pure.
 *
 * Placement `local` merges the backup routes with the main table by exact longest-prefix match, for packets that this
 * host originates and for no others, at the place of main's own rule M (rule-place.ts). For each destination length L,
 * longest first, two rules, all at the priority before M's, in the order of their age (fact K22):
 *
 *   iif lo lookup main suppress_prefixlength L-1        while preempting: L
 *   iif lo lookup TABLE_L
 *
 * The first lets every route of main that is at least as specific as L win; the second is ours; shorter routes of
 * main are reached only by the rules that follow. While preempting, the first takes the tie from main. The pair of L = 0 that preempts
 * nothing stands behind M, at M's priority: its first rule finds nothing, unless somebody puts M anew, and so behind it.
 * Both rules carry `iif lo`: a packet in transit sees neither.
 *
 * Invariant: any prefix of the list is harmless by itself; rules are added in its order and removed in the reverse (rule-steps.ts).
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
    // A rule that ignores no more than one before it finds nothing.
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
