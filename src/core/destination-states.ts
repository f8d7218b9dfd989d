/** How many destinations stand where: what the status says of each, counted without a line for each. Pure. */

import { coverage } from './coverage.js';
import { interfaceKey, wanted } from './desired.js';
import { routeKey } from './keys.js';
import { missingRoutes } from './presence.js';
import { isSeen, type State } from './state.js';
import { idling } from './status.js';

/** `idle`: installed, and no packet follows it. The others are those of the status. */
export type DestinationState = 'installed' | 'idle' | 'absent' | 'refused' | 'withdrawn';

/** While the routes are out, when a death is to be answered, this costs nothing, however many destinations there are. */
export function destinationStates({ world, phase }: State, now: number): Readonly<Record<DestinationState, number>> {
  const counts = { installed: 0, idle: 0, absent: 0, refused: 0, withdrawn: 0 };
  const configured = world.config.managementInterfaces.reduce(
    (sum, { backupRouters }) => backupRouters.reduce((all, { destinations }) => all + destinations.length, sum),
    0,
  );
  const want = isSeen(world) ? wanted(world, phase, now) : undefined;
  if (isSeen(world) && want !== undefined && want.routes.length > 0) {
    const absent = missingRoutes(world, want.routes);
    for (const route of want.routes) {
      // Nearly always there is nothing hidden, and a key to be made for each of a hundred thousand.
      const hidden =
        want.hidden.size > 0 &&
        want.hidden.has(interfaceKey(route.nexthops[0]?.interfaceIndex ?? 0, route.destination));
      if (absent.has(route)) counts[world.refused.has(routeKey(route)) ? 'refused' : 'absent']++;
      else if (hidden || 'carriesNothing' in idling(world, route)) counts.idle++;
      else counts.installed++;
    }
  }
  const rest = Math.max(0, configured - (want?.routes.length ?? 0));
  counts[phase.kind === 'in' ? 'absent' : 'withdrawn'] += rest;
  return counts;
}

/** Whether an active route of somebody else carries every destination; undefined: it has not been looked at. */
export function everyCovered({ world, phase }: State): boolean | undefined {
  if (!isSeen(world)) return undefined;
  const { unread, uncovered, bare } = coverage(world);
  // As the phase itself: while the routes are out, what the daemon has not denied counts.
  return unread ? undefined : (phase.kind === 'out' ? bare : uncovered).length === 0;
}
