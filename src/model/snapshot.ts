/**
 * What one observation of the kernel found: what the decisions of core/ need, and no more. It
 * never holds a million foreign routes.
 */

import type { Original } from './adopted.js';
import type { InterfaceAddress, Link, Neighbour } from './link.js';
import type { NexthopObject, Route, Rule } from './route.js';

export interface Snapshot {
  readonly links: readonly Link[];
  readonly addresses: readonly InterfaceAddress[];
  /** Every route with our protocol number, in any table. */
  readonly ownRoutes: readonly Route[];
  /**
   * Foreign routes of the main table and of the VRFs asked for. They are no longer than the
   * longest destination of their family (possible covers and rivals), or contain a gateway (of any
   * length).
   */
  readonly foreignRoutes: readonly Route[];
  /**
   * Foreign routes of the further tables that rules send the host's own packets to, with the same
   * limit of length, and all of table `local`. Absent: not asked for.
   */
  readonly furtherRoutes?: readonly Route[];
  /** Read if a route or the request needs them; absent: not asked for. */
  readonly nexthopObjects?: readonly NexthopObject[];
  /** The foreign default routes, byte for byte. Absent: not looked for. */
  readonly originals?: readonly Original[];
  /** All rules of both families. */
  readonly rules: readonly Rule[];
  readonly neighbours: readonly Neighbour[];
}

export const EMPTY_SNAPSHOT: Snapshot = {
  links: [],
  addresses: [],
  ownRoutes: [],
  foreignRoutes: [],
  rules: [],
  neighbours: [],
};
