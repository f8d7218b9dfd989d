/**
 * Routes and rules as people read them: the words and the order of `ip route` and `ip rule`, with numbers
 * where only the host's files know the names.
 */

import { destinationText } from './prefix.js';
import { type Nexthop, type Route, type Rule, TABLE_MAIN } from './route.js';

/** The name of an interface index, or undefined when it is not known. */
export type NameOf = (interfaceIndex: number) => string | undefined;

/** `default via 10.0.0.1 dev eth0 table 25500 proto 157 metric 1`. */
export function routeText(route: Route, nameOf: NameOf = () => undefined): string {
  const words = [
    route.type === 'unicast'
      ? destinationText(route.destination)
      : `${route.type} ${destinationText(route.destination)}`,
  ];
  if (route.tos !== 0) words.push(`tos ${route.tos}`);
  const [first] = route.nexthops;
  if (route.nexthops.length === 1 && first !== undefined) words.push(nexthopText(first, nameOf));
  if (route.table !== TABLE_MAIN) words.push(`table ${route.table}`);
  words.push(`proto ${route.protocol}`);
  if (route.metric !== 0) words.push(`metric ${route.metric}`);
  if (route.nexthops.length > 1)
    words.push(...route.nexthops.map((nexthop) => `nexthop ${nexthopText(nexthop, nameOf)}`));
  return words.join(' ');
}

function nexthopText(nexthop: Nexthop, nameOf: NameOf): string {
  const device = `dev ${nameOf(nexthop.interfaceIndex) ?? `if${nexthop.interfaceIndex}`}`;
  const via = nexthop.gateway === undefined ? device : `via ${nexthop.gateway} ${device}`;
  return nexthop.dead ? `${via} dead` : via;
}

/** `31000: from all iif lo lookup 25500 proto 157`. */
export function ruleText(rule: Rule): string {
  const words = [`${rule.priority}:`, 'from all'];
  if (rule.inputInterface !== undefined) words.push(`iif ${rule.inputInterface}`);
  words.push(`lookup ${rule.table}`);
  if (rule.suppressPrefixLength !== undefined) words.push(`suppress_prefixlength ${rule.suppressPrefixLength}`);
  if (rule.protocol !== 0) words.push(`proto ${rule.protocol}`);
  if (rule.foreign) words.push('(and more)');
  return words.join(' ');
}
