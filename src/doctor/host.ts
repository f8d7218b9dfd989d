/**
 * All evidence that `doctor` has about a host. It is plain values, gathered once (gather/) and
 * judged by pure functions (checks/). Invariant: what could not be looked at is `unseen` with a
 * reason, never an empty list.
 */

import type { Diagnostic } from '../config/diagnostic.js';
import type { Elsewhere } from '../control/network-namespace.js';
import type { Config } from '../model/config.js';
import type { WatchedDaemon } from '../model/daemon.js';
import type { NeighbourEntry } from '../model/link.js';
import type { NexthopObjects, Route, Rule } from '../model/route.js';
import type { Snapshot } from '../model/snapshot.js';
import type { Status } from '../model/status.js';
import type { KernelAnswer } from '../model/ways.js';
import type { FileTree } from './files.js';
import type { Seen } from './seen.js';

export interface KernelEvidence {
  /**
   * Its foreign routes are those of the main table and of VRFs that are no longer than the longest
   * destination or contain a gateway. Its further routes are those of the tables that rules name.
   */
  readonly snapshot: Snapshot;
  readonly neighbours: readonly NeighbourEntry[];
  /** Whether the neighbours have just been probed, or why not. */
  readonly asked: Seen<true>;
  /** All routes with FRR's protocol number for static routes, of any length. */
  readonly frrStatics: readonly Route[];
  /** All routes in the tables that the agent uses or would use, foreign ones included. */
  readonly ownTables: readonly Route[];
  /** The nexthop objects of IPv6 routes of the main table that are not ours. */
  readonly nexthopObjects: NexthopObjects;
}

/** One component of the path to a socket or directory: its owner and permissions. */
export interface PathStep {
  readonly path: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

export type SocketOutcome = 'answers' | 'accepts' | 'absent' | 'no-directory' | 'stale' | 'denied' | 'silent' | 'fault';

export interface SocketEvidence {
  /** For example `frr/zebra`. */
  readonly id: string;
  readonly kind: 'frr' | 'bird' | 'socket';
  /** `/run/frr/zebra.vty`, `127.0.0.1:179`. */
  readonly where: string;
  readonly outcome: SocketOutcome;
  /** The errno, the fault, or how long the daemon was silent. */
  readonly detail: string;
  /**
   * From the directory below the root to the socket itself. Empty for TCP and for a path that does
   * not exist.
   */
  readonly steps: readonly PathStep[];
  /** The directories in which the same daemon answers, if it has no socket here. */
  readonly elsewhere?: readonly string[];
}

/** zebra's answer to a command. */
export interface Answered {
  /** The directory of the socket. */
  readonly sockets: string;
  readonly command: string;
  readonly text: string;
}

/** The configuration that a running FRR daemon reports. */
export interface RunningConfig {
  readonly daemon: string;
  /** The directory of the socket. */
  readonly sockets: string;
  readonly text: string;
}

/** The identity of a process for permission checks. */
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
  /** The status of the running agent; undefined if none runs in this network namespace. */
  readonly status: Seen<Status | undefined>;
  /**
   * Set if the agent that answers runs in another network namespace. Its status then concerns
   * another kernel than the one that was looked at.
   */
  readonly elsewhere?: Elsewhere;
  readonly identity: Identity | undefined;
  /** Other agents in this network namespace, as pid and command line. */
  readonly others: Seen<readonly string[]>;
}

export interface SystemdEvidence {
  /** The properties of the agent's unit from `systemctl show`. */
  readonly unit: Readonly<Record<string, string>>;
}

export interface Host {
  readonly config: Config;
  /** The watched daemons, with the protocols of their routes. */
  readonly watched: readonly WatchedDaemon[];
  readonly configuration: {
    readonly file: string;
    readonly diagnostics: readonly Diagnostic[];
    readonly text: string | undefined;
    /**
     * Set if there is no configuration file and what `init` proposes is judged instead: what the
     * proposal cannot tell, empty if it is complete. Absent: there is a file.
     */
    readonly missing?: readonly string[];
    /** The last known good copy, as text. */
    readonly kept: Seen<string | undefined>;
    readonly keptPath: string;
  };
  readonly files: FileTree;
  readonly kernel: Seen<KernelEvidence>;
  /** Empty: the kernel has no policy rules. */
  readonly rules: Seen<readonly Rule[]>;
  readonly sockets: readonly SocketEvidence[];
  readonly running: readonly RunningConfig[];
  /** Whether all FRR daemons that were asked for their configuration returned it. */
  readonly runningComplete: Seen<true>;
  /** zebra's `show ip nht` and `show ipv6 nht`; none if it does not answer. */
  readonly nexthopTracking?: readonly Answered[];
  /** The kernel's routes to the next hops of FRR's static routes, by nextHopKey. */
  readonly nextHops: Seen<ReadonlyMap<string, KernelAnswer>>;
  /**
   * The main configuration files of the BIRDs that run here. Empty: none runs, or they use the
   * default files.
   */
  readonly birdFiles: Seen<readonly string[]>;
  readonly agent: AgentEvidence;
  readonly self: Identity;
  readonly processes: Seen<readonly ProcessEvidence[]>;
  readonly systemd: Seen<SystemdEvidence>;
  /** The unit file of this version. */
  readonly shippedUnit: Seen<string>;
  readonly stateDirectory: {
    readonly path: string;
    readonly steps: readonly PathStep[];
    /** `unseen`: this user may not search a directory on the path. */
    readonly exists: 'yes' | 'no' | 'unseen';
  };
  /** Why koffi does not load; undefined: it loads. */
  readonly nativeFault: string | undefined;
  /** The wall clock, and when this program was built, in milliseconds since 1970. */
  readonly clock: { readonly now: number; readonly built: number };
}
