/**
 * What people write beside a backup router on Junos, and need not write here: halves of the default route, and the static
 * route that takes over once the routing daemon runs. No fault; `convert` says it once.
 */

import type { BackupRouter } from '../../model/config.js';
import { prefixText } from '../../model/prefix.js';
import { STANZA } from '../gateways.js';
import { activeChildren, type HierarchyLevel } from './groups.js';
import type { Statement } from './tree.js';

const HALVES = { inet: ['0.0.0.0/1', '128.0.0.0/1'], inet6: ['::/1', '8000::/1'] } as const;

/** Sentences for people. `options`: the level `routing-options`. */
export function adviceOf(routers: readonly BackupRouter[], options: HierarchyLevel): readonly string[] {
  return [...routers.flatMap(halves), ...twins(routers, options)];
}

function halves({ family, destinations }: BackupRouter): readonly string[] {
  const texts = destinations.map(prefixText);
  const both = HALVES[family];
  if (!both.every((half) => texts.includes(half))) return [];
  return [
    `${both.join(' and ')} are more specific than a default route, so while they are in they beat a healthy one; to mean the default route, remove 'destination' from ${STANZA[family]}`,
  ];
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
    `the static ${names.length === 1 ? 'route' : 'routes'} ${names.slice(0, 5).join(', ')}${names.length > 5 ? ` and ${names.length - 5} more` : ''} through the backup router ${names.length === 1 ? 'is' : 'are'} not needed here, and not converted: the backup routes are put in whenever the routing daemon is not healthy`,
  ];
}

function leadsTo(route: Statement, { gateways, destinations }: BackupRouter): boolean {
  const hops = [...(route.children?.get('next-hop')?.children?.keys() ?? [])];
  return hops.some((hop) => gateways.includes(hop)) && destinations.some((one) => prefixText(one) === route.word);
}
