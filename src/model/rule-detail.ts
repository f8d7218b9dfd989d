/**
 * The selectors and actions of policy rules that the agent's own rules (route.ts) do not have:
 * those of operators, VPNs and VRFs. Sources: linux/fib_rules.h, ip-rule(8).
 *
 * Invariant: what the kernel reports and this program does not know is in `unknown`. Nothing is
 * left out.
 */

import type { Prefix } from './prefix.js';

/** FR_ACT_*. `other`: one that this program does not know. */
export type RuleAction = 'table' | 'goto' | 'nop' | 'blackhole' | 'unreachable' | 'prohibit' | 'other';

/** A number under a mask: only the bits of the mask count. */
export interface Masked {
  readonly value: number;
  readonly mask: number;
}

/**
 * Inclusive at both ends. With a mask (FRA_SPORT_MASK) only `first` counts, compared under the
 * mask.
 */
export interface Range {
  readonly first: number;
  readonly last: number;
  readonly mask?: number;
}

/** A selector that is absent holds for every packet. */
export interface RuleDetail {
  readonly action: RuleAction;
  /** FRA_GOTO: the priority to go on with. */
  readonly target?: number;
  /** FIB_RULE_INVERT: `not`, for all selectors together. */
  readonly inverted?: true;
  readonly from?: Prefix;
  readonly to?: Prefix;
  /** The tos of the rule's header. IPv4: the bits of RFC 1349. IPv6: the whole traffic class. */
  readonly tos?: number;
  /** FRA_DSCP (Linux 6.14) with FRA_DSCP_MASK: six bits. */
  readonly dscp?: Masked;
  /** FRA_FWMARK and FRA_FWMASK. */
  readonly mark?: Masked;
  /** FRA_OIFNAME: sockets bound to this device. */
  readonly outputInterface?: string;
  /** FRA_L3MDEV: packets of a VRF, looked up in its table. */
  readonly l3mdev?: true;
  /** FRA_UID_RANGE. */
  readonly users?: Range;
  readonly ipProtocol?: number;
  readonly sourcePorts?: Range;
  readonly destinationPorts?: Range;
  /** FRA_TUN_ID: packets that a tunnel sends with this id. */
  readonly tunnel?: true;
  /** FRA_FLOWLABEL (Linux 6.14), IPv6. */
  readonly flowLabel?: Masked;
  /** FRA_SUPPRESS_IFGROUP: routes by a device of this group are ignored. */
  readonly suppressGroup?: number;
  /** Attributes (FRA_*) and flags that are not known here. */
  readonly unknown?: readonly string[];
}
