/**
 * Where backup routes go: the wanted routes of one family, for each placement. Pure.
 *
 * `local` has a table for each destination length; rules merge them with the main table
 * (local-rules.ts). `main` and the table of a VRF are shared with the routing daemon, and there
 * the metric decides.
 */

import type { Address, Family } from '../model/address.js';
import type { Config } from '../model/config.js';
import type { Prefix } from '../model/prefix.js';
import { type Route, TABLE_MAIN } from '../model/route.js';

/**
 * Administrative distance 255 for zebra, which reads metric >> 24 (fact F1). It is above every
 * ordinary metric, and below the 4278198272 of the `unreachable default` that belongs in every VRF
 * table (kernel documentation, networking/vrf.rst).
 */
export const MAIN_METRIC = 0xff001000;
/**
 * Below every metric that a routing daemon uses (FRR 20, BIRD 32: fact F3), above an operator's 0.
 */
export const MAIN_METRIC_PREEMPTING = 1;
/**
 * Number of gateways of one interface that have a metric of their own. Ranks stay small, so that a
 * preempting route stays below FRR's metric 20.
 */
export const RANKS = 4;
/** Number of metrics from each of the two above that only backup routes use in shared tables. */
const OWN_METRICS = 16;

/** Whether a metric in a shared table is one that only the agent uses. */
export function isOwnMetric(metric: number): boolean {
  return [MAIN_METRIC, MAIN_METRIC_PREEMPTING].some((base) => metric >= base && metric < base + OWN_METRICS);
}

/** The kernel's metric for a route that names none: IP6_RT_PRIO_USER for IPv6, 0 for IPv4. */
export const LOCAL_METRIC: Readonly<Record<Family, number>> = { inet: 0, inet6: 1024 };

/**
 * One destination with its decisions: the gateway to use, and whether the backup route wins ties.
 */
export interface Target {
  readonly destination: Prefix;
  /** undefined: by the interface alone. */
  readonly gateway: Address | undefined;
  readonly interfaceIndex: number;
  /** RTNH_F_ONLINK: the gateway counts as a neighbour although no route says so. */
  readonly onlink?: true;
  /** RTA_PREFSRC; absent: the kernel's choice. */
  readonly source?: Address;
  /** RTA_METRICS, as in {@link Route}. */
  readonly metrics?: string;
  /** The table of the VRF that the interface is in. */
  readonly vrfTable: number | undefined;
  /**
   * Position of interface and gateway in the order of preference. It is part of the metric, so
   * that a switch can add before it deletes.
   */
  readonly rank: number;
  readonly preempt: boolean;
  /** A foreign route of the same prefix keeps the tie for now. */
  readonly activeRival: boolean;
}

export interface Placed {
  readonly routes: readonly Route[];
  /** Lengths that need rules. `preempting`: those of them that win ties. */
  readonly lengths: ReadonlySet<number>;
  readonly preempting: ReadonlySet<number>;
  /** What stays out of the table of such a length, because a route of the same prefix has the tie. */
  readonly yielding: readonly Route[];
}

/** The routes that carry the targets of one family, and the lengths that need rules. */
export function place(config: Config, family: Family, targets: readonly Target[]): Placed {
  const inVrf = targets.filter((target) => target.vrfTable !== undefined);
  const others = targets.filter((target) => target.vrfTable === undefined);
  const vrfRoutes = inVrf.map((target) => sharedRoute(config, target, target.vrfTable ?? TABLE_MAIN));
  switch (config.placement) {
    case 'local': {
      const local = placeLocal(config, family, others);
      return { ...local, routes: [...local.routes, ...vrfRoutes] };
    }
    case 'main':
      return noRules([...others.map((target) => sharedRoute(config, target, TABLE_MAIN)), ...vrfRoutes]);
    case 'vrf':
      return noRules(vrfRoutes);
    default:
      return config.placement satisfies never;
  }
}

function noRules(routes: readonly Route[]): Placed {
  return { routes, lengths: new Set(), preempting: new Set(), yielding: [] };
}

/** A backup route in a table that is shared with the routing daemon: the metric decides ties. */
function sharedRoute(config: Config, target: Target, table: number): Route {
  return backupRoute(config, target, table, (target.preempt ? MAIN_METRIC_PREEMPTING : MAIN_METRIC) + target.rank);
}

function placeLocal(config: Config, family: Family, targets: readonly Target[]): Placed {
  const preemptingLengths = new Set(
    targets.filter((target) => target.preempt).map((target) => target.destination.length),
  );
  const routes: Route[] = [];
  const yielding: Route[] = [];
  const lengths = new Set<number>();
  for (const target of targets) {
    const length = target.destination.length;
    const route = backupRoute(config, target, config.tableBase + length, LOCAL_METRIC[family] + target.rank);
    // A preempting length takes every tie of that length. A destination whose rival keeps its tie
    // must not take it, so it stays out of the table: the next rule then finds the rival.
    if (preemptingLengths.has(length) && target.activeRival && !target.preempt) {
      yielding.push(route);
      continue;
    }
    lengths.add(length);
    routes.push(route);
  }
  return { routes, lengths, preempting: preemptingLengths, yielding };
}

/** The complete route of one target in a table. */
export function backupRoute(config: Config, target: Target, table: number, metric: number): Route {
  return {
    family: target.destination.family,
    table,
    destination: target.destination,
    metric,
    tos: 0,
    protocol: config.routeProtocol,
    type: 'unicast',
    nexthops: [
      {
        gateway: target.gateway,
        interfaceIndex: target.interfaceIndex,
        dead: false,
        ...(target.onlink === true ? { onlink: true } : {}),
      },
    ],
    ...(target.source === undefined ? {} : { source: target.source }),
    ...(target.metrics === undefined ? {} : { metrics: target.metrics }),
  };
}
