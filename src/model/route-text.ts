/**
 * Routes and rules as text for people: the words and the order of `ip route` and `ip rule`, with
 * numbers where only files of the host have names.
 */

import type { Family } from './address.js';
import type { Link } from './link.js';
import { metricsWords } from './metrics-text.js';
import { destinationText, prefixText } from './prefix.js';
import { type Nexthop, type Route, type Rule, TABLE_DEFAULT, TABLE_LOCAL, TABLE_MAIN } from './route.js';
import type { Masked, Range, RuleDetail } from './rule-detail.js';

/** The name of an interface index; undefined: not known. */
export type NameOf = (interfaceIndex: number) => string | undefined;

/** The names of these links. */
export function namesOf(links: readonly Pick<Link, 'index' | 'name'>[]): NameOf {
  return (interfaceIndex) => links.find(({ index }) => index === interfaceIndex)?.name;
}

const TABLE_NAMES: ReadonlyMap<number, string> = new Map([
  [TABLE_DEFAULT, 'default'],
  [TABLE_MAIN, 'main'],
  [TABLE_LOCAL, 'local'],
]);

/** The name of a well-known table, else its number. */
export function tableText(table: number): string {
  return TABLE_NAMES.get(table) ?? String(table);
}

/**
 * Names of rtm_protocol that are built into ip(8), without any file of the host (iproute2,
 * lib/rt_names.c).
 */
const PROTOCOL_NAMES: Readonly<Record<number, string>> = {
  1: 'redirect',
  2: 'kernel',
  3: 'boot',
  4: 'static',
  8: 'gated',
  9: 'ra',
  10: 'mrt',
  11: 'zebra',
  12: 'bird',
  13: 'dnrouted',
  14: 'xorp',
  15: 'ntk',
  16: 'dhcp',
  18: 'keepalived',
  42: 'babel',
  99: 'openr',
  186: 'bgp',
  187: 'isis',
  188: 'ospf',
  189: 'rip',
  192: 'eigrp',
};

/** `bgp`, `dhcp`; the number if only files of the host have a name. */
export function protocolText(protocol: number): string {
  return PROTOCOL_NAMES[protocol] ?? String(protocol);
}

/**
 * A text for people with the names of ip(8): `proto bgp`, `lookup main`. Only for output:
 * comparisons and JSON use the numbers.
 */
export function ipWords(text: string): string {
  return text
    .replace(
      /\b(proto|of protocol) (\d{1,3})\b/g,
      (_, word: string, number: string) => `${word} ${protocolText(Number(number))}`,
    )
    .replace(
      /\b(lookup|table) (25[345])\b/g,
      (_, word: string, number: string) => `${word} ${tableText(Number(number))}`,
    );
}

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
  if (route.source !== undefined) words.push(`src ${route.source}`);
  if (route.metric !== 0) words.push(`metric ${route.metric}`);
  if (route.nexthops.length > 1)
    words.push(...route.nexthops.map((nexthop) => `nexthop ${nexthopText(nexthop, nameOf)}`));
  if (route.nexthops.length === 1 && first?.onlink === true) words.push('onlink');
  words.push(...metricsWords(route.metrics));
  return words.join(' ');
}

export function nexthopText(nexthop: Nexthop, nameOf: NameOf): string {
  const device = `dev ${nameOf(nexthop.interfaceIndex) ?? `if${nexthop.interfaceIndex}`}`;
  const via = nexthop.gateway === undefined ? device : `via ${nexthop.gateway} ${device}`;
  return nexthop.dead ? `${via} dead` : via;
}

/**
 * `31000: from all iif lo lookup 25500 proto 157`, `1000: not from 10.0.0.0/8 fwmark 0x1/0xff
 * lookup 100`. Tables are numbers unless `table` names them.
 */
export function ruleText(rule: Rule, table: (table: number) => string = String): string {
  const { from, to, inverted, outputInterface, unknown = [] } = rule.detail ?? {};
  const words = [`${rule.priority}:`];
  if (inverted === true) words.push('not');
  words.push(`from ${from === undefined ? 'all' : prefixText(from)}`);
  if (to !== undefined) words.push(`to ${prefixText(to)}`);
  if (rule.inputInterface !== undefined) words.push(`iif ${rule.inputInterface}`);
  if (outputInterface !== undefined) words.push(`oif ${outputInterface}`);
  words.push(...selectorWords(rule.detail ?? {}), actionText(rule, table(rule.table)));
  if (rule.suppressPrefixLength !== undefined) words.push(`suppress_prefixlength ${rule.suppressPrefixLength}`);
  if (rule.detail?.suppressGroup !== undefined) words.push(`suppress_ifgroup ${rule.detail.suppressGroup}`);
  if (rule.protocol !== 0) words.push(`proto ${rule.protocol}`);
  if (unknown.length > 0) words.push(`(and ${unknown.join(', ')})`);
  return words.join(' ');
}

/** The selectors of a rule other than addresses and devices. */
function selectorWords(detail: Partial<RuleDetail>): readonly string[] {
  const words: string[] = [];
  if (detail.tos !== undefined) words.push(`tos ${hex(detail.tos)}`);
  if (detail.dscp !== undefined) words.push(`dscp ${maskedText(detail.dscp, 0x3f)}`);
  if (detail.mark !== undefined) words.push(`fwmark ${maskedText(detail.mark, 0xffffffff)}`);
  if (detail.users !== undefined) words.push(`uidrange ${rangeText(detail.users)}`);
  if (detail.ipProtocol !== undefined) words.push(`ipproto ${detail.ipProtocol}`);
  if (detail.sourcePorts !== undefined) words.push(`sport ${rangeText(detail.sourcePorts)}`);
  if (detail.destinationPorts !== undefined) words.push(`dport ${rangeText(detail.destinationPorts)}`);
  if (detail.flowLabel !== undefined) words.push(`flowlabel ${maskedText(detail.flowLabel, 0xfffff)}`);
  if (detail.tunnel === true) words.push('tun_id');
  return words;
}

function actionText({ detail }: Rule, table: string): string {
  switch (detail?.action) {
    case undefined:
    case 'table':
      return detail?.l3mdev === true ? 'lookup [l3mdev-table]' : `lookup ${table}`;
    case 'goto':
      return `goto ${detail?.target ?? '?'}`;
    case 'other':
      return '(an action that is not known here)';
    default:
      return detail!.action;
  }
}

function maskedText({ value, mask }: Masked, whole: number): string {
  return mask === whole ? hex(value) : `${hex(value)}/${hex(mask)}`;
}

function rangeText({ first, last, mask }: Range): string {
  return mask === undefined ? `${first}-${last}` : `${hex(first)}/${hex(mask)}`;
}

function hex(value: number): string {
  return `0x${value.toString(16)}`;
}

/** The subject of what `waiting` says about the agent's rules of one family. */
export function rulesOf(family: Family): string {
  return `${family} rules`;
}
