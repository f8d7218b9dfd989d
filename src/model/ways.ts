/**
 * What the kernel has for one address, for `explain`, and its own answer to "where does a packet to
 * this address go".
 */

import type { Address } from './address.js';
import type { NexthopObject, Route, RouteType, Rule } from './route.js';

/** The kernel's own answer about an address. */
export type KernelAnswer =
  | {
      readonly kind: 'route';
      /** The FIB entry that matched; undefined if the kernel cannot say (before Linux 4.13). */
      readonly matched: Route | undefined;
      /** Where a packet goes now: of several next hops the one chosen for it. */
      readonly type: RouteType;
      readonly gateway: Address | undefined;
      readonly interfaceIndex: number;
      readonly source: Address | undefined;
      readonly table: number;
    }
  /**
   * No packet leaves: ENETUNREACH (no route), EHOSTUNREACH, EINVAL (blackhole), EACCES (prohibit).
   */
  | { readonly kind: 'refused'; readonly code: string };

/** Everything in the kernel that concerns one address. */
export interface Ways {
  readonly address: Address;
  /** All rules of the family, in ascending priority. */
  readonly rules: readonly Rule[];
  /** Every route of every table whose destination contains the address. */
  readonly routes: readonly Route[];
  /** One of the routes uses a nexthop object, which routes of other prefixes may share. */
  readonly nexthopObjects: boolean;
  /** All nexthop objects, if a route uses one. */
  readonly objects?: readonly NexthopObject[];
  readonly answer: KernelAnswer;
}
