/**
 * Everything that `doctor` knows of a host: plain values, gathered once at the edge (gather/) and
 * judged by pure functions (checks/). Invariant: what could not be looked at is `unseen` with a
 * reason, never an empty list.
 */

import type { Diagnostic } from '../config/diagnostic.js';
import type { Elsewhere } from '../control/network-namespace.js';
import type { Config } from '../model/config.js';
import type { WatchedDaemon } from '../model/daemon.js';
import type { NeighbourEntry } from '../model/link.js';
import type { KernelAnswer, NexthopObjects } from '../model/policy.js';
import type { Route, Rule } from '../model/route.js';
import type { Snapshot } from '../model/snapshot.js';
import type { Status } from '../model/status.js';
import type { FileTree } from './files.js';
import type { Seen } from './seen.js';

export interface KernelEvidence {
  /**
   * Foreign routes in it are those of the main table and of the VRFs, no longer than the longest
   * destination.
   */
  readonly snapshot: Snapshot;
  readonly neighbours: readonly NeighbourEntry[];
  /** Whether the neighbours were asked for a sign of life just now; else why not. */
  readonly asked: Seen<true>;
  /** All routes with FRR's protocol number for statics, of any length. */
  readonly frrStatics: readonly Route[];
  /** What stands in the tables that the agent uses or would use, whoever put it there. */
  readonly ownTables: readonly Route[];
  /** Of IPv6 routes of the main table, not ours. */
  readonly nexthopObjects: NexthopObjects;
}

/** One step of the way to a socket or directory: owner and permissions. */
export interface PathStep {
  readonly path: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

export type SocketOutcome = 'answers' | 'accepts' | 'absent' | 'no-directory' | 'stale' | 'denied' | 'silent' | 'fault';

export interface SocketEvidence {
  /** `frr/zebra`. */
  readonly id: string;
  readonly kind: 'frr' | 'bird' | 'socket';
  /** `/run/frr/zebra.vty`, `127.0.0.1:179`. */
  readonly where: string;
  readonly outcome: SocketOutcome;
  /** The errno, the fault, how long it was silent. */
  readonly detail: string;
  /**
   * From the directory below the root to the socket itself; empty for TCP and what is not there.
   */
  readonly steps: readonly PathStep[];
  /** Directories in which the same daemon answers, where it has no socket here. */
  readonly elsewhere?: readonly string[];
}

/** What zebra answers to a command. */
export interface Answered {
  /** The directory of its socket. */
  readonly sockets: string;
  readonly command: string;
  readonly text: string;
}

/** The configuration that a running FRR daemon says it has. */
export interface RunningConfig {
  readonly daemon: string;
  /** The directory of its socket. */
  readonly sockets: string;
  readonly text: string;
}

/** Who a process is, as far as permissions go. */
export interface Identity {
  /** `the running agent (pid 42)`, `user backup-router of the unit`, `this user`. */
  readonly who: string;
  readonly uid: number;
  readonly groups: readonly number[];
  /** CapEff (capabilities(7)). */
  readonly capabilities: bigint;
}

export interface ProcessEvidence {
  readonly pid: number;
  readonly parent: number;
  readonly name: string;
  readonly state: string;
}

export interface AgentEvidence {
  readonly socket: string;
  /** The status of the running agent; undefined: none runs in this network namespace. */
  readonly status: Seen<Status | undefined>;
  /** One answers that runs in another one: what it says is about another kernel than the one that was looked at. */
  readonly elsewhere?: Elsewhere;
  readonly identity: Identity | undefined;
  /** Other agents in this network namespace, as pid and command line. */
  readonly others: Seen<readonly string[]>;
}

export interface SystemdEvidence {
  /** Properties of `systemctl show` of the agent's unit. */
  readonly unit: Readonly<Record<string, string>>;
}

export interface Host {
  readonly config: Config;
  /** The daemons that it watches, with the protocols of their routes. */
  readonly watched: readonly WatchedDaemon[];
  readonly configuration: {
    readonly file: string;
    readonly diagnostics: readonly Diagnostic[];
    readonly text: string | undefined;
    /**
     * There is none, and what is looked at is what `init` proposes: what it cannot tell; none where it is whole. Absent: there
     * is one.
     */
    readonly missing?: readonly string[];
    /** The last known good copy, as text. */
    readonly kept: Seen<string | undefined>;
    readonly keptPath: string;
  };
  readonly files: FileTree;
  readonly kernel: Seen<KernelEvidence>;
  /** Empty: the kernel has none. */
  readonly rules: Seen<readonly Rule[]>;
  readonly sockets: readonly SocketEvidence[];
  readonly running: readonly RunningConfig[];
  /** Whether all FRR daemons that were asked for their configuration gave it. */
  readonly runningComplete: Seen<true>;
  /** zebra's `show ip nht` and `show ipv6 nht`; none: it does not answer. */
  readonly nexthopTracking?: readonly Answered[];
  /** The kernel's way to next hops of FRR's statics, by nextHopKey. */
  readonly nextHops: Seen<ReadonlyMap<string, KernelAnswer>>;
  /** The main configuration files of the BIRDs that run here, else the usual ones. */
  readonly birdFiles: Seen<readonly string[]>;
  readonly agent: AgentEvidence;
  readonly self: Identity;
  readonly processes: Seen<readonly ProcessEvidence[]>;
  readonly systemd: Seen<SystemdEvidence>;
  /** The unit file that belongs to this version. */
  readonly shippedUnit: Seen<string>;
  readonly stateDirectory: {
    readonly path: string;
    readonly steps: readonly PathStep[];
    /** `unseen`: a directory on the way is closed to this user. */
    readonly exists: 'yes' | 'no' | 'unseen';
  };
  /** Why koffi does not load; undefined: it does. */
  readonly nativeFault: string | undefined;
  /** Wall clock, and when this program was built; milliseconds since 1970. */
  readonly clock: { readonly now: number; readonly built: number };
}
