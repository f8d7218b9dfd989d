/**
 * What a configuration means, once text, defaults and units are gone. Made only by config/.
 * Durations are milliseconds.
 */

import type { Address, Family } from './address.js';
import type { Prefix } from './prefix.js';

/** `never` waits for ever. */
export type Timeout = number | 'never';

export interface BackupRouter {
  readonly family: Family;
  /** In order of preference, at least one. */
  readonly gateways: readonly Address[];
  /** At least one, no duplicates; the default route when the file names none. */
  readonly destinations: readonly Prefix[];
}

/** FRR: one vty socket for each daemon named. */
export interface FrrDaemons {
  readonly kind: 'frr';
  /** zebra, bgpd, ...: at least one, no duplicates. */
  readonly daemons: readonly string[];
  /** Where `DAEMON.vty` lives. */
  readonly socketDirectory: string;
}

export type RoutingDaemon = FrrDaemons;

export type Placement = 'local' | 'main';
export type Role = 'primary' | 'standby';
export type OnStop = 'keep' | 'withdraw';

export interface Config {
  readonly managementInterface: string;
  /** One a family at most, one at least. */
  readonly backupRouters: readonly BackupRouter[];
  readonly routingDaemons: readonly RoutingDaemon[];
  readonly holdMs: number;
  /** 0: as Junos, no wait for coverage. */
  readonly convergenceTimeoutMs: Timeout;
  readonly probeIntervalMs: number;
  readonly probeTimeoutMs: number;
  readonly preemptAfterMs: Timeout;
  readonly placement: Placement;
  readonly role: Role;
  /** rtm_protocol that marks what the agent owns. */
  readonly routeProtocol: number;
  /** Table of destinations of length L: tableBase + L. */
  readonly tableBase: number;
  readonly rulePriorityBase: number;
  readonly onStop: OnStop;
}
