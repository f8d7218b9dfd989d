/**
 * What is ours in the kernel: it has our protocol number and another mark that only we use. Pure.
 *
 * Former configurations count as well, until a look has shown that nothing of them is left. A
 * reload may change the protocol number or the tables, and what it leaves behind is removed like
 * any other surplus.
 */

import type { Address } from '../model/address.js';
import { type Config, gatewaysOf } from '../model/config.js';
import type { Nexthop, Route, Rule } from '../model/route.js';
import { EMPTY_SNAPSHOT, type Snapshot } from '../model/snapshot.js';
import { LAST_TABLE, REPLY_TABLE } from '../model/tables.js';
import { isOwnMetric } from './placement.js';

/** The marks that tell our routes from others. */
export interface Ownership {
  readonly protocols: ReadonlySet<number>;
  readonly tableBases: ReadonlySet<number>;
  readonly gateways: ReadonlySet<Address>;
}

const NOTHING: Ownership = { protocols: new Set(), tableBases: new Set(), gateways: new Set() };

/** The marks of a configuration and those of former ones. */
export function ownership(config: Config, former: Ownership = NOTHING): Ownership {
  return {
    protocols: new Set([config.routeProtocol, ...former.protocols]),
    tableBases: new Set([config.tableBase, ...former.tableBases]),
    gateways: new Set([...former.gateways, ...gatewaysOf(config)]),
  };
}

/**
 * The marks from before this life: those of a former configuration, and the gateways in the record
 * of adopted routes.
 */
export function formerly(config: Config | undefined, gateways: Iterable<Address>): Ownership {
  const former = { ...NOTHING, gateways: new Set(gateways) };
  return config === undefined ? former : ownership(config, former);
}

/**
 * The former marks once nothing in the kernel has them. The gateways are kept: they do no harm,
 * because a protocol number must match too.
 */
export function retired({ gateways }: Ownership): Ownership {
  return { ...NOTHING, gateways };
}

/**
 * Whether one next hop of an observed route is ours. The protocol number is not enough: IPv6
 * merges a next hop that a foreigner appends into our route, under our protocol (fact K7). For a
 * route of one next hop the number is enough in our own tables, and in shared tables with a metric
 * that only we use. This covers gateways of `address: auto`, which are in no configuration, and
 * routes by an interface alone, which have no gateway. Those are never merged
 * (rt6_qualify_for_ecmp, include/net/ip6_route.h).
 */
export function owns(own: Ownership, route: Route, nexthop: Nexthop): boolean {
  if (!own.protocols.has(route.protocol) || route.type !== 'unicast') return false;
  if (nexthop.gateway !== undefined && own.gateways.has(nexthop.gateway)) return true;
  return route.nexthops.length === 1 && (isOwnTable(own, route.table) || isOwnMetric(route.metric));
}

function inTables({ tableBases }: Ownership, first: number, table: number): boolean {
  return [...tableBases].some((base) => table >= base + first && table <= base + LAST_TABLE);
}

/**
 * Whether the table is one of ours, for backup routes or replies. No foreign route belongs there.
 */
export function isOwnTable(own: Ownership, table: number): boolean {
  return inTables(own, 0, table);
}

/** The tables that a configuration uses, except those of VRFs and main. */
export function ownTables({ managementInterfaces, placement, tableBase }: Config): readonly number[] {
  const tables = managementInterfaces.flatMap(({ backupRouters }, order) =>
    backupRouters.flatMap(({ destinations, symmetricReplies }) => [
      ...(placement === 'local' ? destinations.map(({ length }) => tableBase + length) : []),
      ...(symmetricReplies === true ? [tableBase + REPLY_TABLE + order] : []),
    ]),
  );
  return [...new Set(tables)];
}

/**
 * Whether the table is for symmetric replies (replies.ts). Its routes are in whether the backup
 * routes are in or out.
 */
export function isReplyTable(own: Ownership, table: number): boolean {
  return inTables(own, REPLY_TABLE, table);
}

/**
 * The owned next hops of a snapshot, each as a route of its own. If the snapshot's list is that
 * already, the same list is returned, because results are remembered by list (by-prefix.ts).
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

/**
 * Whether the kernel still has something of ours under a former protocol number: what it refuses to
 * replace stays.
 */
export function formerLeft(config: Config, former: Ownership, snapshot: Snapshot = EMPTY_SNAPSHOT): boolean {
  const own = ownership(config, former);
  return [...ownedRoutes(own, snapshot), ...ownedRules(own, snapshot)].some(
    ({ protocol }) => protocol !== config.routeProtocol,
  );
}
