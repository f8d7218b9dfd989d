/**
 * Which of the wanted routes stand in the kernel: what status and metrics tell of each. Worked out once for
 * a world, without a key for each of a hundred thousand. Pure.
 */

import { remembered } from '../fib/remembered.js';
import type { Route } from '../model/route.js';
import { ownedRoutes, ownership } from './ownership.js';
import { compareRoutes } from './plan.js';
import type { SeenWorld } from './state.js';

const missingOf = remembered((world: SeenWorld) =>
  remembered((wanted: readonly Route[]): ReadonlySet<Route> => {
    const observed = ownedRoutes(ownership(world.config, world.former), world.snapshot);
    return new Set(compareRoutes(observed, wanted).missing);
  }),
);

/** Those that do not stand. `wanted`: a list that is one as long as it says the same. */
export function missingRoutes(world: SeenWorld, wanted: readonly Route[]): ReadonlySet<Route> {
  return missingOf(world)(wanted);
}
