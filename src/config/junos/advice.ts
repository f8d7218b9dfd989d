/**
 * Advice on statements that Junos configurations have beside a backup router and that are not
 * needed here: parts of the default route as destinations, and the static route that takes over
 * once the routing daemon runs. These are not faults; `convert` mentions them once.
 */

import type { BackupRouter } from '../../model/config.js';
import {
  comparePrefixes,
  containsPrefix,
  GLOBAL_INET6,
  halvesOf,
  NO_HOST_INET,
  type Prefix,
  parsePrefix,
  prefixText,
} from '../../model/prefix.js';
import { firstOf } from '../../model/text.js';
import { STANZA } from '../gateways.js';
import { activeChildren, type HierarchyLevel } from './groups.js';
import type { Statement } from './tree.js';

/** Prefixes that together cover this range amount to a default route. */
const WHOLE = { inet: '0.0.0.0/0', inet6: GLOBAL_INET6 } as const;
/** Longer prefixes are not used to spell a default route. */
const LONGEST = { inet: 8, inet6: 12 } as const;

/** Advice as sentences. `options` is the level `routing-options`. */
export function adviceOf(routers: readonly BackupRouter[], options: HierarchyLevel): readonly string[] {
  return [...routers.flatMap(pieces), ...twins(routers, options)];
}

function pieces({ family, destinations }: BackupRouter): readonly string[] {
  const short = destinations.filter(({ length }) => length <= LONGEST[family]);
  // These need not be among the destinations.
  const covering = [...short, ...NO_HOST_INET.map((text) => parsePrefix(text)!)];
  if (short.some(({ length }) => length === 0) || !covers(covering, parsePrefix(WHOLE[family])!)) return [];
  const texts = [...short].sort(comparePrefixes).map(prefixText);
  const several = texts.length > 1;
  const names =
    texts.length > 4
      ? `${texts.slice(0, 3).join(', ')} and ${texts.length - 3} more`
      : texts.join(', ').replace(/, ([^,]*)$/, ' and $1');
  return [
    `${names} ${several ? 'together are' : 'is'} all that a default route is for, and more specific: while in, ${several ? 'they beat' : 'it beats'} a healthy default route; to mean the default route, remove 'destination' from ${STANZA[family]}`,
  ];
}

/** Whether the prefixes together cover `whole`. */
function covers(prefixes: readonly Prefix[], whole: Prefix): boolean {
  if (prefixes.some((one) => containsPrefix(one, whole))) return true;
  const inside = prefixes.filter((one) => containsPrefix(whole, one));
  return whole.length < LONGEST[whole.family] && halvesOf(whole).every((half) => covers(inside, half));
}

function twins(routers: readonly BackupRouter[], options: HierarchyLevel): readonly string[] {
  const found = options.sources
    .flatMap(({ statement }) => [statement, ...activeChildren(statement, 'rib')])
    .flatMap((statement) => activeChildren(statement, 'static'))
    .filter(({ word }) => word === 'route')
    .flatMap((route) => [...(route.children?.values() ?? [])])
    .filter((route) => !route.inactive && routers.some((router) => leadsTo(route, router)));
  if (found.length === 0) return [];
  const names = [...new Set(found.map(({ word }) => word.slice(0, 50)))];
  return [
    `the static ${names.length === 1 ? 'route' : 'routes'} ${firstOf(names, 5)} through the backup router ${names.length === 1 ? 'is' : 'are'} not needed here, and not converted: the backup routes are put in whenever the routing daemon is not healthy`,
  ];
}

function leadsTo(route: Statement, { gateways, destinations }: BackupRouter): boolean {
  const hops = ['next-hop', 'qualified-next-hop'].flatMap((word) => [
    ...(route.children?.get(word)?.children?.keys() ?? []),
  ]);
  return (
    hops.some((hop) => gateways.includes(hop)) && destinations.some((one) => prefixText(one) === whole(route.word))
  );
}

/** `10/8` is 10.0.0.0/8 to Junos. */
function whole(word: string): string {
  const [, octets, length] = /^(\d{1,3}(?:\.\d{1,3}){0,2})\/(\d{1,2})$/.exec(word) ?? [];
  return octets === undefined ? word : `${[...octets.split('.'), '0', '0', '0'].slice(0, 4).join('.')}/${length}`;
}
