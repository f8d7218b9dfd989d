/**
 * What is ours in the kernel: marked by our protocol number and something else that only we have. Pure.
 *
 * Configurations before this one count as well, until a look has shown that nothing of them is left: a reload may change the protocol
 * number or the tables, and what it leaves behind is taken out like any other surplus.
 */

import type { Address } from '../model/address.js';
import { type Config, gatewaysOf } from '../model/config.js';
import type { Nexthop, Route, Rule } from '../model/route.js';
import type { Snapshot } from '../model/snapshot.js';
import { LAST_TABLE, REPLY_TABLE } from '../model/tables.js';
import { isOwnMetric } from './placement.js';

/** What tells our routes from others. */
export interface Ownership {
  readonly protocols: ReadonlySet<number>;
  readonly tableBases: ReadonlySet<number>;
  readonly gateways: ReadonlySet<Address>;
}

const NOTHING: Ownership = { protocols: new Set(), tableBases: new Set(), gateways: new Set() };

/** What is ours under a configuration, and what was before it. */
export function ownership(config: Config, former: Ownership = NOTHING): Ownership {
  return {
    protocols: new Set([config.routeProtocol, ...former.protocols]),
    tableBases: new Set([config.tableBase, ...former.tableBases]),
    gateways: new Set([...former.gateways, ...gatewaysOf(config)]),
  };
}

/** What was ours before this life: of a former configuration, and gateways in the record of adopted routes. */
export function formerly(config: Config | undefined, gateways: Iterable<Address>): Ownership {
  const former = { ...NOTHING, gateways: new Set(gateways) };
  return config === undefined ? former : ownership(config, former);
}

/** What is left of former marks once nothing bears them: gateways are no harm, since a protocol number goes with them. */
export function retired({ gateways }: Ownership): Ownership {
  return { ...NOTHING, gateways };
}

/**
 * Whether one next hop of an observed route is ours. The protocol number is not enough: IPv6 merges a foreigner's
 * appended next hop into our route, under our protocol (fact K7). In our own tables the number does suffice, but for
 * such a merge, and so it does in shared tables with a metric that only we use: the gateways of `address: auto` are in no configuration,
 * and routes by an interface alone have none. Those are never part of a merge (rt6_qualify_for_ecmp, include/net/ip6_route.h).
 */
export function owns(own: Ownership, route: Route, nexthop: Nexthop): boolean {
  if (!own.protocols.has(route.protocol) || route.type !== 'unicast') return false;
  if (nexthop.gateway !== undefined && own.gateways.has(nexthop.gateway)) return true;
  return route.nexthops.length === 1 && (inTables(own, 0, route.table) || isOwnMetric(route.metric));
}

function inTables({ tableBases }: Ownership, first: number, table: number): boolean {
  return [...tableBases].some((base) => table >= base + first && table <= base + LAST_TABLE);
}

/** Whether backup routes or replies alone stand in the table: no route of others is meant to be there. */
export function isOwnTable(own: Ownership, table: number): boolean {
  return inTables(own, 0, table);
}

/** The tables that a configuration uses, but for those of VRFs and main. */
export function ownTables({ managementInterfaces, placement, tableBase }: Config): readonly number[] {
  const tables = managementInterfaces.flatMap(({ backupRouters }, order) =>
    backupRouters.flatMap(({ destinations, symmetricReplies }) => [
      ...(placement === 'local' ? destinations.map(({ length }) => tableBase + length) : []),
      ...(symmetricReplies === true ? [tableBase + REPLY_TABLE + order] : []),
    ]),
  );
  return [...new Set(tables)];
}

/** Whether what stands in the table is for symmetric replies (replies.ts): it is there whether the backup routes are or not. */
export function isReplyTable(own: Ownership, table: number): boolean {
  return inTables(own, REPLY_TABLE, table);
}

/**
 * The owned next hops of a snapshot, each as a route of its own; the very list of the snapshot where
 * that is so already, since what was made of it is remembered (by-prefix.ts).
 */
export function ownedRoutes(own: Ownership, { ownRoutes }: Snapshot): readonly Route[] {
  if (ownRoutes.every((route) => route.nexthops.length === 1 && owns(own, route, route.nexthops[0]!))) return ownRoutes;
  const owned: Route[] = [];
  for (const route of ownRoutes) {
    const mine = route.nexthops.filter((nexthop) => owns(own, route, nexthop));
    if (mine.length === 1 && route.nexthops.length === 1) owned.push(route);
    else for (const nexthop of mine) owned.push({ ...route, nexthops: [nexthop] });
  }
  return owned;
}

export function ownsRule(own: Ownership, rule: Rule): boolean {
  return (
    own.protocols.has(rule.protocol) && !rule.foreign && (rule.detail === undefined || isReplyTable(own, rule.table))
  );
}

/** The owned rules of a snapshot. */
export function ownedRules(own: Ownership, snapshot: Snapshot): Rule[] {
  return snapshot.rules.filter((rule) => ownsRule(own, rule));
}
