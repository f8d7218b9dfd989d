/** Identity of routes and rules as text keys: the one place that says which fields make two of them the same. */

import { prefixText } from '../model/prefix.js';
import type { Nexthop, Route, Rule } from '../model/route.js';

/** The kernel's identity of a route (fib_table_insert, fact K4): two routes with one key cannot coexist in IPv4. */
export function routeSlot(route: Route): string {
  return `${route.family} ${route.table} ${prefixText(route.destination)} ${route.tos} ${route.metric}`;
}

/** A route of one next hop in full: what is added and deleted. */
export function routeKey(route: Route, nexthop: Nexthop | undefined = route.nexthops[0]): string {
  return `${routeSlot(route)} ${route.protocol} ${route.type} ${nexthop?.gateway ?? '-'} ${nexthop?.interfaceIndex ?? '-'}`;
}

/** A rule in full. */
export function ruleKey(rule: Rule): string {
  return `${rule.family} ${rule.priority} ${rule.table} ${rule.suppressPrefixLength ?? '-'} ${rule.inputInterface ?? '-'} ${rule.protocol}`;
}
