/** The whole status as one value, which the agent only ever makes line by line. */

import type { State } from '../../src/core/state.js';
import { outlineOf, routeLines, type Surroundings } from '../../src/core/status.js';
import type { Status } from '../../src/model/status.js';

export function statusOf(state: State, around: Surroundings, now: number): Status {
  const backupRoutes = [...routeLines(state, around.dryRun, now)].filter((line) => line !== undefined);
  return { ...outlineOf(state, around, now), backupRoutes };
}
