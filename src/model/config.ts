/**
 * What a configuration means, after parsing, defaults and conversion of units. Only config/ makes
 * these values. Durations are milliseconds.
 */

import type { Address, Family } from './address.js';
import type { Prefix } from './prefix.js';

/** `never`: no limit. */
export type Timeout = number | 'never';

export interface BackupRouter {
  readonly family: Family;
  /** In order of preference, at least one; none with `auto` or without a gateway. */
  readonly gateways: readonly Address[];
  /**
   * `address: none`: the routes use the interface without a gateway, so no neighbour can be
   * probed.
   */
  readonly withoutGateway?: true;
  /** The gateway is on this link although no route of the kernel says so (RTNH_F_ONLINK). */
  readonly onlink?: true;
  /** The source address of packets that have none yet; absent: the kernel chooses. */
  readonly source?: Address;
  /**
   * Packets from the addresses of the interface leave this way whatever the routing daemon does.
   */
  readonly symmetricReplies?: true;
  /**
   * `address: auto`: the gateway is that of a foreign default route on the interface. `adopt`
   * takes that route over.
   */
  readonly auto: { readonly adopt: boolean } | undefined;
  /** At least one, no duplicates; the default route when the file names none. */
  readonly destinations: readonly Prefix[];
}

/** FRR: one vty socket for each daemon named. */
export interface FrrDaemons {
  readonly kind: 'frr';
  /** zebra, bgpd, ...: at least one, no duplicates. */
  readonly daemons: readonly string[];
  /** Directory of the `DAEMON.vty` sockets. */
  readonly socketDirectory: string;
}

/** BIRD 2 or 3, by its control socket. */
export interface BirdDaemon {
  readonly kind: 'bird';
  readonly socket: string;
}

/** Common to the kinds below, which cannot know the protocol numbers of the daemon's routes. */
interface Generic {
  /**
   * rtm_protocol numbers of the daemon's routes, which are stale once it is dead. Empty: none is
   * ever stale.
   */
  readonly routeProtocols: readonly number[];
}

/** A systemd unit: healthy while its cgroup has processes. */
export interface UnitDaemon extends Generic {
  readonly kind: 'unit';
  /** `frr.service`. */
  readonly unit: string;
}

/** A process by its pid file. */
export interface PidfileDaemon extends Generic {
  readonly kind: 'pidfile';
  readonly path: string;
}

/** A process by its name (comm, proc(5)). */
export interface ProcessDaemon extends Generic {
  readonly kind: 'process';
  readonly name: string;
}

/** A stream socket that accepts and stays open. */
export interface SocketDaemon extends Generic {
  readonly kind: 'socket';
  readonly endpoint:
    | { readonly kind: 'unix'; readonly path: string }
    | { readonly kind: 'tcp'; readonly host: Address; readonly port: number };
}

/** A command whose exit status 0 means healthy. */
export interface ExecDaemon extends Generic {
  readonly kind: 'exec';
  /** Absolute path and arguments; no shell. */
  readonly command: readonly [string, ...string[]];
  readonly intervalMs: number;
  readonly timeoutMs: number;
}

export type RoutingDaemon =
  | FrrDaemons
  | BirdDaemon
  | UnitDaemon
  | PidfileDaemon
  | ProcessDaemon
  | SocketDaemon
  | ExecDaemon;

/**
 * An interface in a VRF has its routes in the VRF's table, whatever this says. `vrf` requires one.
 */
export type Placement = 'local' | 'main' | 'vrf';
export type Role = 'primary' | 'standby';

/**
 * Where the role comes from. A source that cannot be read means standby: in doubt the routes are
 * in.
 */
export type RoleSource =
  | { readonly kind: 'fixed'; readonly role: Role }
  /** A file whose first word is `primary` (or `master`) or `standby` (or `backup`); watched. */
  | { readonly kind: 'file'; readonly path: string }
  /** A command that prints such a word; run without a shell. */
  | {
      readonly kind: 'exec';
      readonly command: readonly [string, ...string[]];
      readonly intervalMs: number;
      readonly timeoutMs: number;
    };

/** The addresses of all backup routers that the configuration names. */
export function gatewaysOf(config: Config): readonly Address[] {
  return allBackupRouters(config).flatMap((router) => router.gateways);
}

/** Every backup router of every management interface. */
export function allBackupRouters(config: Config): readonly BackupRouter[] {
  return config.managementInterfaces.flatMap((management) => management.backupRouters);
}

/** The families that symmetric replies are asked for. */
export function replying(backupRouters: readonly BackupRouter[]): readonly Family[] {
  return backupRouters.filter(({ symmetricReplies }) => symmetricReplies === true).map(({ family }) => family);
}

/** The text of a selector, as written in the configuration. */
export function selectorText(selector: InterfaceSelector): string {
  return selector.kind === 'name' ? selector.name : selector.mac;
}
export type OnStop = 'keep' | 'withdraw';

/** How a management interface is found among the links. */
export type InterfaceSelector =
  /** By its name or one of its alternative names (`ip link property add altname`). */
  | { readonly kind: 'name'; readonly name: string }
  /** By its MAC address, in lower-case colon form. */
  | { readonly kind: 'mac'; readonly mac: string };

export interface ManagementInterface {
  readonly selector: InterfaceSelector;
  /** At least one; at most one for each family. */
  readonly backupRouters: readonly BackupRouter[];
}

export interface Config {
  /**
   * In order of preference, at least one. If two reach the same destination, the first one carries
   * it.
   */
  readonly managementInterfaces: readonly ManagementInterface[];
  readonly routingDaemons: readonly RoutingDaemon[];
  readonly holdMs: number;
  /** 0: no wait for coverage, as in Junos. */
  readonly convergenceTimeoutMs: Timeout;
  readonly probeIntervalMs: number;
  readonly probeTimeoutMs: number;
  readonly preemptAfterMs: Timeout;
  readonly placement: Placement;
  readonly role: RoleSource;
  /** rtm_protocol of the routes and rules that the agent owns. */
  readonly routeProtocol: number;
  /** Destinations of length L are in table tableBase + L. */
  readonly tableBase: number;
  /** Priority of the first rule; `auto`: beside the rule that looks up main. */
  readonly rulePriorityBase: number | 'auto';
  readonly onStop: OnStop;
}
