/**
 * The number of destinations in each state, as the status would report them, without a line for
 * each. Pure.
 */

import { remembered } from '../fib/remembered.js';
import type { Config } from '../model/config.js';
import { coverage } from './coverage.js';
import { type Wanted, wanted } from './desired.js';
import { interfaceKeyOf, routeKey } from './keys.js';
import { acknowledgedKeys, missingRoutes } from './presence.js';
import { isSeen, type SeenWorld, type State } from './state.js';
import { idling } from './status.js';

/** `idle`: installed, and no packet follows it. The others are those of the status. */
export type DestinationState = 'installed' | 'idle' | 'absent' | 'refused' | 'withdrawn';

type Counts = Readonly<Record<DestinationState, number>>;

/** Cheap to call often: the counts are computed once for each world. */
export function destinationStates({ world, phase, agenda }: State, now: number): Counts {
  const want = isSeen(world) ? wanted(world, phase, now) : undefined;
  const { config } = world;
  const counts = isSeen(world) && want !== undefined ? standing(world)(want)(acknowledgedKeys(agenda)) : NONE;
  const yielding = want?.yielding.size ?? 0;
  const rest = Math.max(0, configured(config) - (want?.routes.length ?? 0) - yielding);
  const without = phase.kind === 'in' ? 'absent' : 'withdrawn';
  const all = { ...counts, withdrawn: counts.withdrawn + yielding };
  return { ...all, [without]: all[without] + rest };
}

const NONE: Counts = { installed: 0, idle: 0, absent: 0, refused: 0, withdrawn: 0 };

const configured = remembered(({ managementInterfaces }: Config): number =>
  managementInterfaces.reduce(
    (sum, { backupRouters }) => backupRouters.reduce((all, { destinations }) => all + destinations.length, sum),
    0,
  ),
);

/** The counts over the wanted routes. */
const standing = remembered((world: SeenWorld) =>
  remembered(({ routes, hidden }: Wanted) =>
    remembered((acknowledged: ReadonlySet<string>): Counts => {
      const counts = { ...NONE };
      const absent = missingRoutes(world, routes);
      for (const route of routes) {
        // `hidden` is nearly always empty. Testing that first saves making a key for each of a
        // hundred thousand routes.
        const isHidden = hidden.size > 0 && hidden.has(interfaceKeyOf(route));
        const isNew = acknowledged.size > 0 && acknowledged.has(routeKey(route));
        if (absent.has(route) && !isNew) counts[world.refused.has(routeKey(route)) ? 'refused' : 'absent']++;
        else if (isHidden || 'carriesNothing' in idling(world, route)) counts.idle++;
        else counts.installed++;
      }
      return counts;
    }),
  ),
);

/**
 * Whether foreign active routes cover every destination; undefined: the tables have not been read.
 */
export function everyCovered({ world, phase }: State): boolean | undefined {
  if (!isSeen(world)) return undefined;
  const { unread, uncovered, bare } = coverage(world);
  // As in the phase: while the routes are out, a route counts unless the daemon has denied it.
  return unread ? undefined : (phase.kind === 'out' ? bare : uncovered).length === 0;
}
