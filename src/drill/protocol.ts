/**
 * What the two halves of a drill say to each other: the command outside, which reads the
 * configuration and prints, and the process inside the container (container-init.ts), which builds
 * the network and runs the cases.
 *
 * What lives here: types that travel as JSON, and the paths inside. No code.
 */

import type { Address, Family } from '../model/address.js';

export type DrillDaemon = 'frr' | 'bird';

/** Where things live inside the container, in a tmpfs that nobody else sees. */
export const INSIDE = {
  directory: '/run/drill',
  frr: '/run/drill/frr',
  bird: '/run/drill/bird.ctl',
} as const;

/** An address with the length of its subnet: `10.0.0.2/29`. */
export type Subnetted = string;

/** A management port of the router and the gateway side of its link. */
export interface PortPlan {
  /** Name of the device in the router, 15 bytes at most. */
  readonly device: string;
  /** An alternative name for it: the configured one, where that is too long for a device. */
  readonly altName: string | undefined;
  readonly mac: string | undefined;
  readonly own: readonly Subnetted[];
  readonly gateways: readonly Subnetted[];
  /** Gateways that a DHCP server or router advertisement would name: `address: auto`. */
  readonly leased: readonly Address[];
  /** The link between this port's gateway and the far side. */
  readonly uplink: readonly { readonly gateway: Subnetted; readonly far: Subnetted }[];
}

/** One thing that the far side asks for all the time: `target` answers to `source`. */
export interface ProbePlan {
  readonly port: number;
  readonly family: Family;
  /** The destination of the configuration in which the source lies. */
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
  /** What the neighbour announces: the destinations. */
  readonly announced: readonly string[];
  readonly probes: readonly ProbePlan[];
}

/** Times that the cases wait by, as the agent in the laboratory has them. */
export interface Timings {
  readonly holdMs: number;
  readonly convergenceTimeoutMs: number | 'never';
  readonly probeTimeoutMs: number;
  readonly preemptAfterMs: number | 'never';
}

/** Something of the configuration that the laboratory has otherwise. */
export interface Difference {
  /** `withdraw.hold-time`. */
  readonly what: string;
  readonly configured: string;
  readonly drill: string;
  readonly why: string;
}

/** All that the daemons needs. */
export interface DrillSetup {
  readonly daemon: DrillDaemon;
  /** The program of each routing daemon, by its name: zebra, bgpd, ..., or bird. */
  readonly programs: Readonly<Record<string, string>>;
  /** The agent's configuration file, as JSON, which is YAML. */
  readonly configuration: unknown;
  readonly network: NetworkPlan;
  readonly timings: Timings;
  readonly role: 'primary' | 'standby';
  readonly routeProtocol: number;
  /**
   * Whether the daemon's routes win while it is healthy; not beside a leased default route that
   * stays.
   */
  readonly daemonCarries: boolean;
  /** Names of the cases, in order. */
  readonly cases: readonly string[];
  /** An outage longer than this is a failure. */
  readonly maxOutageMs: number;
}

/** By which way the router's answers came back to the far side. */
export type CarriedBy = 'backup' | 'daemon';

export interface CaseResult {
  readonly name: string;
  readonly passed: boolean;
  /**
   * The longest time that a probe went unanswered; 0: nothing was lost. null: the case did not get
   * that far.
   */
  readonly outageMs: number | null;
  /**
   * From the fault to the last of the backup routes in the kernel; null: they never left, or never
   * came.
   */
  readonly routesInMs: number | null;
  /** In the order of time; empty: nothing carried anything. */
  readonly carriedBy: readonly CarriedBy[];
  /** Why it failed, or what is worth knowing. */
  readonly reason: string;
  readonly tookMs: number;
}

/** A line of standard output of the process in the container. */
export type DrillEvent =
  | { readonly kind: 'begin'; readonly name: string }
  | { readonly kind: 'result'; readonly result: CaseResult }
  | { readonly kind: 'end' }
  | { readonly kind: 'broken'; readonly message: string };
