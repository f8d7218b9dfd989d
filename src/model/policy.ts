/**
 * Policy rules with all their selectors, and the kernel's answer to "where does a packet to this
 * address go". `explain` needs these beyond the agent's own types (route.ts), which only have to
 * tell our rules from others.
 *
 * Sources: linux/fib_rules.h, ip-rule(8).
 */

import type { Address } from './address.js';
import type { Prefix } from './prefix.js';
import type { NexthopObject, Route, RouteType, Rule } from './route.js';
import type { RuleAction, RuleDetail } from './rule-detail.js';

export interface PolicyRule {
  /** The fields that the agent itself uses. */
  readonly rule: Rule;
  readonly action: RuleAction;
  /** FRA_GOTO: the priority to go on with. */
  readonly target: number | undefined;
  /** FIB_RULE_INVERT: `not`. */
  readonly inverted: boolean;
  readonly from: Prefix | undefined;
  readonly to: Prefix | undefined;
  readonly tos: number;
  readonly mark: { readonly value: number; readonly mask: number } | undefined;
  /** FRA_OIFNAME: sockets bound to this device. */
  readonly outputInterface: string | undefined;
  /** FRA_L3MDEV: packets of a VRF, looked up in its table. */
  readonly l3mdev: boolean;
  /**
   * Further selectors, which an address does not decide, for people: `the user id (uidrange 0-0)`.
   */
  readonly more: readonly string[];
}

/** The rule as `explain` walks it. */
export function policyOf(rule: Rule): PolicyRule {
  const { detail } = rule;
  return {
    rule,
    action: detail?.action ?? 'table',
    target: detail?.target,
    inverted: detail?.inverted ?? false,
    from: detail?.from,
    to: detail?.to,
    tos: detail?.tos ?? 0,
    mark: detail?.mark,
    outputInterface: detail?.outputInterface,
    l3mdev: detail?.l3mdev ?? false,
    more: detail === undefined ? [] : furtherSelectors(detail),
  };
}

function furtherSelectors(detail: RuleDetail): readonly string[] {
  const { users, ipProtocol, sourcePorts, destinationPorts, suppressGroup, unknown = [] } = detail;
  const more: string[] = [];
  if (users !== undefined) more.push(`the user id (uidrange ${users.first}-${users.last})`);
  if (ipProtocol !== undefined) more.push(`the protocol (ipproto ${ipProtocol})`);
  if (sourcePorts !== undefined) more.push(`the port (sport ${sourcePorts.first}-${sourcePorts.last})`);
  if (destinationPorts !== undefined) more.push(`the port (dport ${destinationPorts.first}-${destinationPorts.last})`);
  if (detail.dscp !== undefined) more.push('the dscp');
  if (detail.flowLabel !== undefined) more.push('the flow label');
  if (detail.tunnel === true) more.push('the tunnel id');
  if (suppressGroup !== undefined) more.push(`suppress_ifgroup ${suppressGroup}`);
  return [...more, ...unknown.map((what) => `a selector that is not known here (${what})`)];
}

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
  readonly rules: readonly PolicyRule[];
  /** Every route of every table whose destination contains the address. */
  readonly routes: readonly Route[];
  /** One of the routes uses a nexthop object, which routes of other prefixes may share. */
  readonly nexthopObjects: boolean;
  /** All nexthop objects, if a route uses one. */
  readonly objects?: readonly NexthopObject[];
  readonly answer: KernelAnswer;
}

/** The VRF that a socket is bound to. */
export interface Vrf {
  readonly name: string;
  readonly index: number;
  readonly table: number;
}

/** Routes that use nexthop objects: how many, and the first of them. */
export interface NexthopObjects {
  readonly total: number;
  readonly first: readonly { readonly route: Route; readonly id: number }[];
}
