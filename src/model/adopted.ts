/**
 * Foreign default routes as the kernel has them, to the byte, and the ones among them that the agent has taken over.
 *
 * Invariant: `message` is struct rtmsg and its attributes as the kernel dumped them, in hexadecimal, without what only a
 * dump has (cache information, state flags), so that it can name the route in a deletion and create it again as it was.
 */

import type { Route } from './route.js';

/** Why a route could not be put back as it was: it hangs on a next hop object of somebody else. */
export type Obstacle = 'nexthop-object';

/** A foreign unicast default route. */
export interface Original {
  readonly route: Route;
  readonly message: string;
  readonly obstacle: Obstacle | undefined;
  /** When it ends unless a router advertisement renews it, in seconds since the host booted; absent: never. */
  readonly expiresAtS?: number;
}

/** A route that was taken over, or is about to be: what has to be given back. */
export interface AdoptedRoute {
  readonly route: Route;
  readonly message: string;
  /** The link is found again by this name when its index is gone. */
  readonly interfaceName: string;
  /** As {@link Original.expiresAtS}: given back, it ends when it would have ended. */
  readonly expiresAtS?: number;
}
