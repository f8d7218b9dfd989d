/**
 * Which of the wanted routes are in the kernel. Computed once for each world and list of routes,
 * without making a key for each of a hundred thousand routes. Pure.
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

/**
 * The wanted routes that are not in the kernel. `wanted` must be the same list object as long as
 * its content is the same.
 */
export function missingRoutes(world: SeenWorld, wanted: readonly Route[]): ReadonlySet<Route> {
  return missingOf(world)(wanted);
}
