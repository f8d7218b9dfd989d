/**
 * The edges as the core sees them. kernel/ and health/ implement these interfaces. So do the fakes
 * of the tests, which the same contract suite checks.
 */

import type { Address, Family } from '../model/address.js';
import type { AdoptedRoute } from '../model/adopted.js';
import type { DaemonId, Verdict, WatchedDaemon } from '../model/daemon.js';
import type { NeighbourId, Vrf } from '../model/link.js';
import type { Prefix } from '../model/prefix.js';
import type { Route, Rule } from '../model/route.js';
import type { Snapshot } from '../model/snapshot.js';

/**
 * One change of the kernel. A route or rule to delete is named in full, so that no foreign one can
 * match.
 */
export type Step =
  | { readonly kind: 'add-route'; readonly route: Route }
  | { readonly kind: 'delete-route'; readonly route: Route }
  /**
   * `again`: an equal rule exists, which is to be deleted. The new one goes behind all others of
   * its priority (fact K22).
   */
  | { readonly kind: 'add-rule'; readonly rule: Rule; readonly again?: true }
  | { readonly kind: 'delete-rule'; readonly rule: Rule }
  /** Delete a recorded foreign default route, named by all that the kernel said of it. */
  | { readonly kind: 'adopt-route'; readonly adopted: AdoptedRoute }
  /** Put it back as it was, unless another route has its place. */
  | { readonly kind: 'restore-route'; readonly adopted: AdoptedRoute };

/** The kernel's answer to one step. */
export type StepResult =
  | { readonly ok: true }
  | {
      readonly ok: false;
      /** EEXIST, ENETUNREACH, EPERM, ... */
      readonly code: string;
      /** The kernel's own message (extended ack) if there is one, else that of the errno. */
      readonly message: string;
    };

/** Steps encoded as netlink messages in advance, ready to send. */
export interface Prepared {
  readonly steps: readonly Step[];
  /**
   * As {@link Kernel.apply} with these steps. Can be called once. The first bytes are sent within
   * the call, whatever else is under way.
   */
  send(): Promise<readonly StepResult[]>;
}

export interface ObserveRequest {
  /** Protocol number of the routes that go into `ownRoutes`. */
  readonly protocol: number;
  /**
   * Protocol numbers of former configurations. Their routes go into `ownRoutes` too. Absent: none.
   */
  readonly formerProtocols?: readonly number[];
  /** Tables beside main whose foreign routes are wanted too: those of VRFs. */
  readonly vrfTables?: readonly number[];
  /**
   * Further tables, wanted in `furtherRoutes`: those that rules send the host's packets to. Of
   * table `local` all lengths are read. Either known before, or a function of the rules that the
   * same look finds.
   */
  readonly furtherTables?: readonly number[] | ((rules: readonly Rule[]) => readonly number[]);
  /**
   * Whether `nexthopObjects` are wanted; absent: they are not. `named`: only if a route names an
   * object and no next hop.
   */
  readonly nexthopObjects?: boolean | 'named';
  /**
   * Longest prefix length wanted in `foreignRoutes`, by family. A family that is absent gets no
   * routes. If both are absent, no table needs to be read.
   */
  readonly maxLength: Readonly<Partial<Record<Family, number>>>;
  /**
   * Routes that lie in one of these are wanted if they are at most PART_BITS longer, too: together
   * they may take all of it. Absent: none.
   */
  readonly parts?: readonly Prefix[];
  /**
   * Routes that contain one of these addresses are wanted whatever their length: the kernel
   * decides by them whether it is a neighbour (fact K6).
   */
  readonly gateways?: readonly Address[];
  /**
   * The neighbours that are wanted, beside the next hops of the routes that are read; absent: none
   * at all.
   */
  readonly neighbours?: readonly NeighbourId[];
  /** Read the named neighbours only. Everything else in the snapshot is empty. */
  readonly only?: 'neighbours';
}

/** Whether the request reads any table of foreign routes, of which there may be a million. */
export function readsTables({ maxLength }: ObserveRequest): boolean {
  return Object.keys(maxLength).length > 0;
}

/**
 * Something changed: look again. The details of the change are for logs. One decision uses them:
 * what is `lost` is put back at once.
 */
export interface KernelHint {
  /** `begin`: no events were received before; `overflow`: events were lost. */
  readonly kind: 'link' | 'address' | 'route' | 'rule' | 'neighbour' | 'begin' | 'overflow';
  /**
   * For example `deleted route default table 25500 by zebra (pid 123)`: greppable, for people. To
   * be read only once the resulting changes are on their way, because reading it looks up the
   * sender.
   */
  readonly text: string;
  /** A route or rule with our protocol number was deleted by somebody else. */
  readonly ownDeleted: boolean;
  /** For kind `neighbour`: the one that has failed. */
  readonly neighbour?: NeighbourId;
  /** For kind `route`: the one that was added, deleted or changed; absent if a next hop was. */
  readonly route?: Pick<Route, 'table' | 'destination'>;
  /** That route or rule, if the notification names it in full. */
  readonly lost?: { readonly kind: 'route'; readonly route: Route } | { readonly kind: 'rule'; readonly rule: Rule };
  /** nlmsg_pid of the request that caused it (usually the process id); 0: the kernel itself. */
  readonly sender: number;
}

/**
 * A destination about which the kernel is asked: which of its routes do the host's packets follow?
 */
export interface VerifyQuestion {
  readonly destination: Prefix;
  /** Addresses in it, to be tried in turn: a more specific route may carry any of them. */
  readonly addresses: readonly Address[];
  readonly vrf: Vrf | undefined;
  /**
   * The judge's answer is an IPv6 route with a nexthop object: the kernel may say ENETUNREACH of it
   * and send packets by it all the same (fact K19).
   */
  readonly byObject?: boolean;
}

export type KernelWord =
  | { readonly kind: 'route'; readonly route: Route }
  /** No route, or a refusal: ENETUNREACH, EHOSTUNREACH, EACCES, EINVAL. */
  | { readonly kind: 'refused'; readonly code: string }
  /**
   * More specific routes carry every address that was asked about, the kernel could not be asked,
   * or it carries packets by a route that it does not name.
   */
  | { readonly kind: 'unknown' };

export interface Kernel {
  /**
   * Dumps what the request names. Rejects when the kernel cannot be asked. Never returns an
   * inconsistent dump.
   */
  observe(request: ObserveRequest): Promise<Snapshot>;
  /**
   * Sends all steps in order, whichever fail, and resolves with one result for each. Never rejects
   * for a refused step.
   */
  apply(steps: readonly Step[]): Promise<readonly StepResult[]>;
  /** Prepares steps; changes nothing. Absent: only `apply` exists. */
  prepare?(steps: readonly Step[]): Prepared;
  /** The kernel's own lookup, one answer for each question. Absent: the kernel is not asked. */
  verify?(questions: readonly VerifyQuestion[]): Promise<readonly KernelWord[]>;
  /**
   * Makes the kernel probe each neighbour (ARP, ND) on its link now, whatever the routes say. The
   * result shows in `neighbours` of a later observation: failed three seconds after an unanswered
   * probe. An entry that is permanent now, or that another program keeps, is left alone, whatever
   * the last snapshot said. Errors are ignored.
   */
  probe(targets: readonly NeighbourId[]): void;
  /** Starts the events. Changes that this object made itself are not reported. */
  subscribe(request: ObserveRequest, listener: (hint: KernelHint) => void): void;
  close(): void;
}

/**
 * Ends of processes as the kernel announces them, possibly long before their sockets close. Where
 * the kernel does not announce them, no end is reported.
 */
export interface ProcessEvents {
  /** The kernel has confirmed the subscription. */
  readonly live: boolean;
  /**
   * The pid of the process at the other end of a connected unix socket, as of its listen(2);
   * undefined: not known.
   */
  peer(fd: number): number | undefined;
  /**
   * The end of that process, readable even where no event announces it; undefined: this kernel
   * does not support that.
   */
  ending?(fd: number): PeerEnding | undefined;
  /** Watches a process. The returned function ends the watch. */
  watch(pid: number, listener: EndingListener): () => void;
  close(): void;
}

/** How one process has ended, to be asked once it is gone. */
export interface PeerEnding {
  /**
   * `how` as in {@link EndingListener}; `orderly`: exit status 0; undefined: the process still
   * exists, or this kernel keeps no status.
   */
  read(): { readonly how: string; readonly orderly: boolean } | undefined;
  close(): void;
}

/**
 * Is told how a process ends (`was ended by signal 9`), perhaps once for each thread. Not
 * `certain`: the first thread has ended with status 0. Others may live on, or it is the parent of
 * a daemon that has just put itself into the background.
 */
export type EndingListener = (how: string, certain: boolean) => void;

/** A health adapter: watches one configured routing daemon, which may be several processes. */
export interface Health {
  readonly watched: readonly WatchedDaemon[];
  /**
   * Starts. The listener gets the first verdict of each process as soon as there is one, then
   * every change.
   */
  start(listener: (id: DaemonId, verdict: Verdict) => void): void;
  /**
   * Which of the prefixes the daemon itself holds as installed routes now (not as leftovers of a
   * former life), in the VRF of that name or, without one, in its default instance. Rejects when
   * the daemon cannot be asked.
   */
  holds(prefixes: readonly Prefix[], vrf?: string): Promise<readonly boolean[]>;
  /**
   * Whether the daemon has a usable route of its own to each of the prefixes, whether installed or
   * held back by a foreign route of the kernel; undefined: this kind cannot say. Rejects as
   * `holds` does. Absent: it can say of none.
   */
  offers?(prefixes: readonly Prefix[], vrf?: string): Promise<readonly (boolean | undefined)[]>;
  close(): void;
}
