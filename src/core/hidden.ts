/**
 * Backup routes of placement `local` that a refusal of the main table hides (fact K18): no rule suppresses a blackhole, unreachable or
 * prohibit route, so where one is the longest match in main, the lookup ends there, however much longer ours is. Pure.
 *
 * A refusal of the very same prefix hides nothing while main keeps its ties anyhow. One within the destination is a more specific
 * route like any other. Placement `main` and VRFs have one table, where the longest match wins whatever its type.
 */

import { byPrefix } from '../fib/by-prefix.js';
import { inTable } from '../fib/destination.js';
import { EMPTY_VIEW } from '../fib/view.js';
import type { Config } from '../model/config.js';
import { destinationText, type Prefix } from '../model/prefix.js';
import { type Route, refuses, TABLE_MAIN } from '../model/route.js';
import type { Snapshot } from '../model/snapshot.js';
import { linkOf, realmOf, type Wait } from './management.js';

export interface Hidden {
  readonly destination: Prefix;
  readonly by: Route;
}

/** Told one by one, at the most. */
const NAMED = 20;

/** The refusal of main that hides the backup route of this destination. `preempt`: the backup route is to win ties. */
export function hiddenBy(foreignRoutes: readonly Route[], destination: Prefix, preempt: boolean): Route | undefined {
  if (!byPrefix(foreignRoutes).refusing(TABLE_MAIN)) return undefined;
  const found = inTable({ ...EMPTY_VIEW, routes: [foreignRoutes] }, TABLE_MAIN, destination);
  if (found === undefined || !refuses(found)) return undefined;
  return found.destination.length < destination.length || preempt ? found : undefined;
}

/** Every configured destination that a refusal hides, or would hide were the routes to come in. `preempt`: and were they to win ties. */
export function hiddenDestinations(config: Config, snapshot: Snapshot, preempt: boolean): readonly Hidden[] {
  if (config.placement !== 'local' || !byPrefix(snapshot.foreignRoutes).refusing(TABLE_MAIN)) return [];
  const here = config.managementInterfaces.filter(
    ({ selector }) => realmOf(linkOf(selector, snapshot), snapshot).vrf === undefined,
  );
  return here.flatMap(({ backupRouters }) =>
    backupRouters.flatMap(({ destinations }) =>
      destinations.flatMap((destination) => {
        const by = hiddenBy(snapshot.foreignRoutes, destination, preempt);
        return by === undefined ? [] : [{ destination, by }];
      }),
    ),
  );
}

/** `blackhole 10.0.0.0/8 (proto 196)`. */
export function refusalText({ type, destination, protocol }: Route): string {
  return `${type} ${destinationText(destination)} (proto ${protocol})`;
}

/** What is to be told of them: a line for each destination, and one for all that are too many. */
export function hiddenWaits(hidden: readonly Hidden[]): readonly Wait[] {
  // Two interfaces may have one destination.
  const reasons = new Map(
    hidden.map(({ destination, by }) => [
      destinationText(destination),
      `hidden by ${refusalText(by)} of the main table; remove it, or use placement: main, which has no such limit`,
    ]),
  );
  const waits = [...reasons].map(([subject, reason]): Wait => ({ subject, reason }));
  const more = waits.length - NAMED;
  return more <= 0
    ? waits
    : [
        ...waits.slice(0, NAMED),
        { subject: `${more} more destinations`, reason: 'hidden by refusals of the main table' },
      ];
}
