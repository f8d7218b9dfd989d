/**
 * Which of the wanted routes are in the kernel. Computed once for each world and list of routes,
 * without making a key for each of a hundred thousand routes. Pure.
 */

import { remembered } from '../fib/remembered.js';
import type { Route } from '../model/route.js';
import { routeKey, ruleKey } from './keys.js';
import { ownedRoutes, ownership } from './ownership.js';
import { compareRoutes } from './plan.js';
import type { Step } from './ports.js';
import type { Agenda, SeenWorld } from './state.js';

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

/**
 * Keys of routes and rules that the kernel has taken and that no look has shown yet. For reports:
 * decisions wait for the look.
 */
export function acknowledgedKeys({ acknowledged }: Agenda): ReadonlySet<string> {
  return acknowledged.length === 0 ? NONE : keysOf(acknowledged);
}

const NONE: ReadonlySet<string> = new Set();

const keysOf = remembered(
  (steps: readonly Step[]): ReadonlySet<string> =>
    new Set(
      steps.flatMap((step) =>
        step.kind === 'add-route' ? routeKey(step.route) : step.kind === 'add-rule' ? ruleKey(step.rule) : [],
      ),
    ),
);
