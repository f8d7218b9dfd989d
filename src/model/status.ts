/**
 * What the agent says of itself: the stable JSON of `status --json` and of the control socket, documented in
 * docs/STATUS.md. Fields are added, never renamed or removed, while `version` is 1. Durations are milliseconds,
 * times RFC 3339 in UTC.
 */

import type { Outage } from './event.js';

export interface Status {
  readonly version: 1;
  readonly agent: {
    readonly pid: number;
    readonly version: string;
    readonly forMs: number;
    readonly dryRun: boolean;
    /** As lsns(8) tells it: `net:[4026531840]`. null: it cannot be told. */
    readonly networkNamespace: string | null;
  };
  readonly configuration: {
    readonly file: string;
    /**
     * `last-known-good` and `partial`: the file has errors; what runs is the copy kept, or the file's valid part. `rolled-back`: the file was
     * not confirmed in time; what runs is what ran before it.
     */
    readonly source: 'file' | 'last-known-good' | 'partial' | 'rolled-back';
    readonly errors: readonly string[];
    /** What runs was taken by `reload --confirm`, and is rolled back at the deadline unless confirmed; null: nothing awaits that. */
    /** The file says something else by now than what was read from it, or cannot be read any more. */
    readonly changed: boolean;
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
    /** Out all the same: destinations that nothing covers, nothing ever has here, and that are no longer waited for. */
    readonly uncovered: readonly string[];
    /** Destinations that have been covered here: uncovered, they bring the routes in until they are covered again. */
    readonly coveredBefore: readonly string[];
    /** Milliseconds until the present wait ends by itself; null: it does not. */
    readonly untilMs: number | null;
    readonly placement: string;
    readonly role: string;
    /** Why it is this role: configured, which file or command said so, set by an operator. */
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
  }[];
  /** Every backup router that the configuration names, or that `auto` has found, in its order. */
  readonly gateways: readonly GatewayStatus[];
  readonly daemons: readonly {
    readonly id: string;
    readonly state: 'unknown' | 'down' | 'stopped' | 'appeared' | 'unresponsive' | 'responsive';
    readonly reason: string;
    readonly since: string;
    readonly forMs: number;
    /** Destinations that have been covered beside it; `routes.coveredBefore` has those of all daemons. */
    readonly coveredBefore: readonly string[];
  }[];
  readonly backupRoutes: readonly BackupRouteStatus[];
  /** Of each family and interface that `symmetric-replies` is asked for. */
  readonly symmetricReplies: readonly RepliesStatus[];
  /** Default routes of somebody else that were taken over and will be given back. */
  readonly adopted: readonly AdoptedRouteStatus[];
  /** What counts as covered and is not carried by the kernel, both in the spelling of ip(8): the routes are in for that. */
  readonly disagreements: readonly {
    readonly destination: string;
    readonly model: string;
    readonly kernel: string;
    readonly since: string;
    readonly forMs: number;
    /** The kernel is asked again then. */
    readonly leftMs: number;
  }[];
  readonly waiting: readonly { readonly subject: string; readonly reason: string }[];
  readonly faults: readonly string[];
  /** Who keeps deleting what is ours; null: nobody. */
  readonly interference: {
    readonly episodes: number;
    readonly last: string;
    /** When the last episode began. It is forgotten a minute after that. */
    readonly lastAt: string;
    readonly pauseMs: number;
  } | null;
  /** Ties with stale or broken routes of the same prefix; null: there is none. */
  readonly preemption: {
    /** Destinations whose tie the backup route wins now. */
    readonly destinations: number;
    /** When the next one turns, unless the daemon shows a sign of life; null: none will. */
    readonly nextAt: string | null;
    readonly nextInMs: number | null;
  } | null;
  readonly damping: { readonly deaths: number; readonly holdMs: number; readonly reason: string | null };
  /** The outage under way, else the last one that the history has; null: none. */
  readonly lastOutage: Outage | null;
}

export interface GatewayStatus {
  readonly address: string;
  readonly family: 'inet' | 'inet6';
  /** Its name, or how it is configured while it is not there. */
  readonly interface: string;
  /**
   * `alive`: it answers. `dead`: it does not. `unknown`: it has not been asked for long enough, or cannot be asked now. The others: no route
   * can go by it, for it is an address of this host, a broadcast address, or no neighbour on the link.
   */
  readonly state: 'alive' | 'dead' | 'unknown' | 'own-address' | 'broadcast' | 'off-link';
  /** Why nothing is known; null: something is. */
  readonly reason: string | null;
  /** Since when it is alive or dead, and for how long; null: it is neither. */
  readonly since: string | null;
  readonly forMs: number | null;
  /** The backup routes of its family and interface go by it, or would. */
  readonly chosen: boolean;
}

export interface BackupRouteStatus {
  readonly destination: string;
  readonly gateway: string;
  readonly interface: string;
  readonly table: number;
  readonly metric: number;
  /** `installed`: in the kernel. `absent`: wanted and not there yet. `refused`: the kernel said no. `withdrawn`: not wanted now. */
  readonly state: 'installed' | 'absent' | 'refused' | 'withdrawn';
  /** Takes the tie from a stale route of the same prefix. */
  readonly preempting: boolean;
  /** What packets meet before it, so that none follows it: `blackhole 10.0.0.0/8 (proto 196)`, `rule 100: from all prohibit`. Absent: nothing. */
  readonly hiddenBy?: string;
  /** Installed, and the kernel does this with packets to it instead, in the spelling of ip(8). Absent: they are carried. */
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
   * `installed`: rules and routes are in the kernel. `absent`: some are not, or something is waited for. `not-needed`: the interface is in
   * a VRF, in whose table its packets are looked up.
   */
  readonly state: 'installed' | 'absent' | 'not-needed';
  /** Why it is so; null: nothing to say. */
  readonly reason: string | null;
}

export interface AdoptedRouteStatus {
  readonly destination: string;
  readonly gateway: string;
  readonly interface: string;
  /** The whole route in the spelling of ip(8). */
  readonly text: string;
}
