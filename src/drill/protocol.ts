/**
 * The messages between the two halves of a drill: the command outside, which reads the
 * configuration and prints, and the process in the container (container-init.ts), which builds the
 * network and runs the cases. It has types that travel as JSON, and the paths in the container.
 */

import type { Address, Family } from '../model/address.js';

export type DrillDaemon = 'frr' | 'bird';

/** Paths in the container, in a private tmpfs. */
export const INSIDE = {
  directory: '/run/drill',
  frr: '/run/drill/frr',
  bird: '/run/drill/bird.ctl',
} as const;

/** An address with the length of its subnet: `10.0.0.2/29`. */
type Subnetted = string;

/** A management port of the router, and the gateway's end of its link. */
export interface PortPlan {
  /** The name of the device in the router, 15 bytes at most. */
  readonly device: string;
  /** An alternative name for the device: the configured name if that is too long for a device. */
  readonly altName: string | undefined;
  readonly mac: string | undefined;
  readonly own: readonly Subnetted[];
  readonly gateways: readonly Subnetted[];
  /** The gateways that a DHCP server or router advertisement would announce: `address: auto`. */
  readonly leased: readonly Address[];
  /** The link between this port's gateway and the far side. */
  readonly uplink: readonly { readonly gateway: Subnetted; readonly far: Subnetted }[];
}

/** One continuous request of the far side: `source` asks `target`. */
export interface ProbePlan {
  readonly port: number;
  readonly family: Family;
  /** The destination in the configuration that contains the source. */
  readonly destination: string;
  readonly source: Address;
  readonly target: Address;
}

export interface NetworkPlan {
  readonly ports: readonly PortPlan[];
  /** The router's port to its BGP neighbour. */
  readonly dataDevice: string;
  readonly data: readonly { readonly router: Subnetted; readonly peer: Subnetted }[];
  readonly peerUplink: readonly { readonly peer: Subnetted; readonly far: Subnetted }[];
  /** The prefixes that the neighbour announces: the destinations. */
  readonly announced: readonly string[];
  readonly probes: readonly ProbePlan[];
}

/** The times that the cases use, as configured for the agent in the laboratory. */
interface Timings {
  readonly holdMs: number;
  readonly convergenceTimeoutMs: number | 'never';
  readonly probeTimeoutMs: number;
  readonly preemptAfterMs: number | 'never';
}

/** A setting that differs between the configuration and the laboratory. */
export interface Difference {
  /** For example `withdraw.hold-time`. */
  readonly what: string;
  readonly configured: string;
  readonly drill: string;
  readonly why: string;
}

/** Everything that the process in the container needs. */
export interface DrillSetup {
  readonly daemon: DrillDaemon;
  /** The programs of the routing daemons by name: zebra, bgpd, ..., or bird. */
  readonly programs: Readonly<Record<string, string>>;
  /** The text of the agent's configuration. */
  readonly configuration: string;
  /** The daemons of FRR in it. */
  readonly frrDaemons: readonly string[];
  readonly network: NetworkPlan;
  readonly timings: Timings;
  readonly role: 'primary' | 'standby';
  readonly routeProtocol: number;
  /**
   * Whether the daemon's routes win while it is healthy. They do not beside a leased default route
   * that stays.
   */
  readonly daemonCarries: boolean;
  /** The names of the cases, in order. */
  readonly cases: readonly string[];
  /** The maximum outage in milliseconds; a longer one is a failure. */
  readonly maxOutageMs: number;
}

/** The route that carried the router's answers back to the far side. */
export type CarriedBy = 'backup' | 'daemon';

export interface CaseResult {
  readonly name: string;
  readonly passed: boolean;
  /**
   * The longest time for which a probe went unanswered. 0: nothing was lost. null: the case did
   * not get that far.
   */
  readonly outageMs: number | null;
  /**
   * The time from the fault until the last of the backup routes was in the kernel. null: they
   * never left, or never came.
   */
  readonly routesInMs: number | null;
  /** In the order of time. Empty: nothing carried anything. */
  readonly carriedBy: readonly CarriedBy[];
  /** Why the case failed, or a remark. */
  readonly reason: string;
  readonly tookMs: number;
}

/** A line on standard output of the process in the container. */
export type DrillEvent =
  | { readonly kind: 'begin'; readonly name: string }
  | { readonly kind: 'result'; readonly result: CaseResult }
  | { readonly kind: 'end' }
  | { readonly kind: 'broken'; readonly message: string };
