/** Completes a look with the parts that it did not read, taken from the look before. Pure. */

import { type Neighbour, neighbourKey } from '../model/link.js';
import type { Route } from '../model/route.js';
import type { Snapshot } from '../model/snapshot.js';
import { type ObserveRequest, readsTables } from './ports.js';

export function completed(
  before: Snapshot | undefined,
  found: Snapshot,
  request: ObserveRequest,
  now: number,
): Snapshot {
  if (before !== undefined && request.only === 'neighbours') {
    const asked = new Set(request.neighbours?.map(neighbourKey));
    const kept = before.neighbours.filter((one) => !asked.has(neighbourKey(one)));
    return { ...before, neighbours: inOrder([...kept, ...found.neighbours]) };
  }
  return {
    ...found,
    ...(readsTables(request) || before === undefined ? withoutEnded(found, now) : unread(before)),
    neighbours:
      request.neighbours === undefined && before !== undefined ? before.neighbours : inOrder(found.neighbours),
  };
}

/**
 * The kernel dumps expired routes until its garbage collection removes them. No lookup uses them.
 */
function withoutEnded({ foreignRoutes, furtherRoutes }: Snapshot, now: number): Partial<Snapshot> {
  const ended = ({ expiresAtMs }: Route): boolean => expiresAtMs !== undefined && expiresAtMs <= now;
  const stand = (routes: readonly Route[]): readonly Route[] =>
    routes.some(ended) ? routes.filter((route) => !ended(route)) : routes;
  return {
    foreignRoutes: stand(foreignRoutes),
    ...(furtherRoutes === undefined ? {} : { furtherRoutes: stand(furtherRoutes) }),
  };
}

function unread({ foreignRoutes, originals = [], furtherRoutes, nexthopObjects }: Snapshot): Partial<Snapshot> {
  return {
    foreignRoutes,
    originals,
    ...(furtherRoutes === undefined ? {} : { furtherRoutes }),
    ...(nexthopObjects === undefined ? {} : { nexthopObjects }),
  };
}

/** Sorted, so that equal lists compare equal whichever look found them. */
function inOrder(neighbours: readonly Neighbour[]): readonly Neighbour[] {
  return [...neighbours].sort((a, b) => (neighbourKey(a) < neighbourKey(b) ? -1 : 1));
}
