/**
 * Foreign default routes exactly as the kernel has them, and those of them that the agent has
 * taken over.
 *
 * Invariant: `message` is struct rtmsg and its attributes as the kernel dumped them, in
 * hexadecimal, without what only a dump has (cache information, state flags). So it can name the
 * route in a deletion and create it again as it was.
 */

import type { Route } from './route.js';

/** Why a route could not be put back as it was: it uses a foreign nexthop object. */
export type Obstacle = 'nexthop-object';

/** A foreign unicast default route. */
export interface Original {
  readonly route: Route;
  readonly message: string;
  readonly obstacle: Obstacle | undefined;
  /**
   * When it expires unless a router advertisement renews it, in seconds since boot; absent: never.
   */
  readonly expiresAtS?: number;
}

/** A route that was taken over, or is about to be, and that must be given back. */
export interface AdoptedRoute {
  readonly route: Route;
  readonly message: string;
  /** The link is found by this name if its index no longer exists. */
  readonly interfaceName: string;
  /**
   * As {@link Original.expiresAtS}. A route that is given back expires when it would have expired.
   */
  readonly expiresAtS?: number;
}
