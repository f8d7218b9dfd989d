/**
 * The agent's status: the stable JSON of `status --json` and of the control socket, documented in
 * docs/STATUS.md. Fields are added, never renamed or removed, while `version` is 1. Durations are
 * milliseconds, times RFC 3339 in UTC.
 */

import type { Outage } from './event.js';

export interface Status {
  readonly version: 1;
  readonly agent: {
    readonly pid: number;
    readonly version: string;
    readonly forMs: number;
    /** It only prints what it would do: no route of it is installed. */
    readonly dryRun: boolean;
    /** In the notation of lsns(8): `net:[4026531840]`. null: not known. */
    readonly networkNamespace: string | null;
  };
  readonly configuration: {
    readonly file: string;
    /**
     * `last-known-good` and `partial`: the file has errors; the copy that was kept runs, or the
     * valid part of the file. `rolled-back`: the file was not confirmed in time; the configuration
     * before it runs.
     */
    readonly source: 'file' | 'last-known-good' | 'partial' | 'rolled-back';
    readonly errors: readonly string[];
    /** The file has changed since it was read, or cannot be read any more. */
    readonly changed: boolean;
    /**
     * The running configuration came by `reload --confirm`, and is rolled back at the deadline
     * unless it is confirmed; null: none awaits that.
     */
    readonly unconfirmed: { readonly deadline: string; readonly leftMs: number } | null;
    /** When the file was rolled back; null: it was not. */
    readonly rolledBackAt: string | null;
  };
  readonly routes: {
    readonly phase: 'starting' | 'in' | 'out';
    readonly cause: 'pinned' | 'standby' | 'down' | 'hold' | 'converging' | 'disagreement' | 'uncovered' | null;
    readonly reason: string;
    readonly since: string;
    readonly forMs: number;
    /**
     * While the routes are out: destinations that nothing covers or ever covered here, and that
     * are no longer awaited.
     */
    readonly uncovered: readonly string[];
    /**
     * Destinations that have been covered here. When one is uncovered, the routes go in until it
     * is covered again.
     */
    readonly coveredBefore: readonly string[];
    /**
     * Prefixes, as in `disagreements`, whose routes have the protocol number of a living daemon
     * that says it does not hold them. They cover nothing.
     */
    readonly stale: readonly string[];
    /** Milliseconds until the present wait ends by time alone; null: it does not. */
    readonly untilMs: number | null;
    readonly placement: string;
    readonly role: string;
    /** Where the role comes from: configured, a file, a command, or an operator. */
    readonly roleReason: string;
  };
  readonly managementInterfaces: readonly {
    /** As configured: a name or a MAC address. */
    readonly selector: string;
    /** null: no such interface now. */
    readonly name: string | null;
    readonly index: number | null;
    readonly up: boolean;
    readonly carrier: boolean;
    readonly addresses: readonly string[];
    /**
     * It has lost the configured name while it was up, and is used under the new one. Absent: it
     * has not.
     */
    readonly renamed?: true;
  }[];
  /**
   * Every backup router that the configuration names, or that `auto` has found, in the order of
   * the configuration.
   */
  readonly gateways: readonly GatewayStatus[];
  readonly daemons: readonly {
    readonly id: string;
    readonly state: 'unknown' | 'down' | 'stopped' | 'appeared' | 'unresponsive' | 'responsive';
    readonly reason: string;
    readonly since: string;
    readonly forMs: number;
    /**
     * Destinations that have been covered beside it. `routes.coveredBefore` has those of all
     * daemons.
     */
    readonly coveredBefore: readonly string[];
  }[];
  readonly backupRoutes: readonly BackupRouteStatus[];
  /** For each family and interface with `symmetric-replies`. */
  readonly symmetricReplies: readonly RepliesStatus[];
  /** Foreign default routes that were taken over and will be given back. */
  readonly adopted: readonly AdoptedRouteStatus[];
  /**
   * Destinations that the judge has as covered and the kernel does not carry. The routes are in
   * because of them. `model` and `kernel` are in the notation of ip(8).
   */
  readonly disagreements: readonly {
    readonly destination: string;
    readonly model: string;
    readonly kernel: string;
    readonly since: string;
    readonly forMs: number;
    /** Milliseconds until the kernel is asked again. */
    readonly leftMs: number;
  }[];
  readonly waiting: readonly { readonly subject: string; readonly reason: string }[];
  readonly faults: readonly string[];
  /** Deletions of our routes and rules by somebody else; null: none lately. */
  readonly interference: {
    readonly episodes: number;
    readonly last: string;
    /** When the last episode began. It is forgotten a minute after that. */
    readonly lastAt: string;
    readonly pauseMs: number;
  } | null;
  /** Ties with stale or broken routes of the same prefix; null: there are none. */
  readonly preemption: {
    /** Destinations whose tie the backup route wins now. */
    readonly destinations: number;
    /** When the next tie turns, unless the daemon shows a sign of life; null: none will. */
    readonly nextAt: string | null;
    readonly nextInMs: number | null;
  } | null;
  readonly damping: { readonly deaths: number; readonly holdMs: number; readonly reason: string | null };
  /** The outage in progress, else the last one in the history; null: none. */
  readonly lastOutage: Outage | null;
}

/** The reason in `waiting` of a default route that could not be given back yet. */
export const STILL_OWED = 'is still to be given back';

export interface GatewayStatus {
  /** `auto`: none has been found. */
  readonly address: string;
  readonly family: 'inet' | 'inet6';
  /** The name of the interface; while it does not exist, its selector in the configuration. */
  readonly interface: string;
  /**
   * `alive`: it answers. `dead`: it does not. `unknown`: it has not been probed for long enough,
   * or cannot be probed now. The others: no route can use it, because it is an address of this
   * host, a broadcast address, or no neighbour on the link; or the link is down or not there.
   */
  readonly state: 'alive' | 'dead' | 'unknown' | 'own-address' | 'broadcast' | 'off-link';
  /** Why nothing is known, why it cannot be used, or what is odd; null: the state says it. */
  readonly reason: string | null;
  /** Since when it has been alive or dead, and for how long; null: it is neither. */
  readonly since: string | null;
  readonly forMs: number | null;
  /** The backup routes of its family and interface use it, or would. */
  readonly chosen: boolean;
}

export interface BackupRouteStatus {
  readonly destination: string;
  readonly gateway: string;
  readonly interface: string;
  readonly table: number;
  readonly metric: number;
  /**
   * `installed`: in the kernel. `absent`: wanted, and not in the kernel yet. `refused`: the kernel
   * refused it. `withdrawn`: not wanted now; while the routes are in: an active route of the
   * same prefix keeps the tie.
   */
  readonly state: 'installed' | 'absent' | 'refused' | 'withdrawn';
  /** Takes the tie from a stale route of the same prefix. */
  readonly preempting: boolean;
  /**
   * What packets meet before it, so that none follows it: `blackhole 10.0.0.0/8 (proto 196)`,
   * `rule 100: from all prohibit`. Absent: nothing.
   */
  readonly hiddenBy?: string;
  /**
   * Installed, but the kernel does this with packets to it instead, in the notation of ip(8).
   * Absent: they are carried.
   */
  readonly carriesNothing?: string;
}

export interface RepliesStatus {
  readonly family: 'inet' | 'inet6';
  readonly interface: string;
  /** The addresses whose packets leave by the backup router. */
  readonly sources: readonly string[];
  /** Empty: by the interface alone, or not known. */
  readonly gateway: string;
  readonly table: number;
  /**
   * `installed`: rules and routes are in the kernel. `absent`: some are not, something is waited
   * for, or a foreign rule takes their packets first and refuses them, or leads nowhere.
   * `not-needed`: the interface is in a VRF, and its packets are looked up in the VRF's table.
   */
  readonly state: 'installed' | 'absent' | 'not-needed';
  /**
   * Why the state is not `installed`, why the rules do not stand where they should, or the foreign
   * rule that takes their packets first and the next hop that it sends them by; null: none of
   * these.
   */
  readonly reason: string | null;
}

export interface AdoptedRouteStatus {
  readonly destination: string;
  readonly gateway: string;
  readonly interface: string;
  /** The whole route in the notation of ip(8). */
  readonly text: string;
}
