/**
 * Whether a rule ignores the route that its table answered with: fib4_rule_suppress
 * (net/ipv4/fib_rules.c), fib6_rule_suppress (net/ipv6/fib6_rules.c). Pure.
 *
 * Two cases are not certain. IPv6 routes of several prefixes that share a nexthop object share the
 * cache entry of the one that was looked up first, including its prefix length (fact K19). For an
 * IPv6 multipath route, the group of the device counts that the flow's hash selects.
 */

import { mayShareCache, type Route, type Rule } from '../model/route.js';
import type { TableAnswer } from './query.js';
import { exitsOf, type View } from './view.js';

interface Suppression {
  /** As far as can be told. */
  readonly suppressed: boolean;
  readonly certain: boolean;
}

const NOT: Suppression = { suppressed: false, certain: true };

export function suppression(view: View, { suppressPrefixLength, detail }: Rule, found: TableAnswer): Suppression {
  const group = detail?.suppressGroup;
  if (suppressPrefixLength === undefined && group === undefined) return NOT;
  const certain = suppressPrefixLength === undefined || !mayShareCache(found.route);
  if (suppressPrefixLength !== undefined && found.route.destination.length <= suppressPrefixLength)
    return { suppressed: true, certain };
  if (group === undefined) return { suppressed: false, certain };
  const hits = devices(view, found).map((device) => groupOf(view, device) === group);
  const suppressed = hits.length > 0 && hits.every((hit) => hit);
  return { suppressed, certain: certain && (suppressed || !hits.includes(true)) };
}

/** The devices whose group counts. IPv4 uses the first device of the route, dead or not. */
function devices(
  view: View,
  { route, nexthops }: { readonly route: Route } & Pick<TableAnswer, 'nexthops'>,
): readonly number[] {
  const exits = route.family === 'inet' ? exitsOf(view, route) : nexthops;
  const indexes = exits === 'blackhole' ? [] : exits.map(({ interfaceIndex }) => interfaceIndex);
  return route.family === 'inet' ? indexes.slice(0, 1) : indexes;
}

function groupOf(view: View, device: number): number {
  return view.links.find(({ index }) => index === device)?.group ?? 0;
}
