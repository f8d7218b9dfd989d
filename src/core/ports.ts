/**
 * The edges as the core sees them. kernel/ and health/ implement these; fakes of the tests do too and are
 * held to the same contract suite.
 */

import type { Address, Family } from '../model/address.js';
import type { AdoptedRoute } from '../model/adopted.js';
import type { DaemonId, Verdict, WatchedDaemon } from '../model/daemon.js';
import type { NeighbourId } from '../model/link.js';
import type { Vrf } from '../model/policy.js';
import type { Prefix } from '../model/prefix.js';
import type { Route, Rule } from '../model/route.js';
import type { Snapshot } from '../model/snapshot.js';

/** One change of the kernel. A route or rule to delete is named in full, so that no foreign one can match. */
export type Step =
  | { readonly kind: 'add-route'; readonly route: Route }
  | { readonly kind: 'delete-route'; readonly route: Route }
  /** `again`: an equal one stands already, which is to be deleted: this one goes behind all of its priority (fact K22). */
  | { readonly kind: 'add-rule'; readonly rule: Rule; readonly again?: true }
  | { readonly kind: 'delete-rule'; readonly rule: Rule }
  /** Delete a foreign default route, which has been recorded; named by all that the kernel said of it. */
  | { readonly kind: 'adopt-route'; readonly adopted: AdoptedRoute }
  /** Put it back as it was, unless something stands in its place. */
  | { readonly kind: 'restore-route'; readonly adopted: AdoptedRoute };

/** The kernel's answer to one step. */
export type StepResult =
  | { readonly ok: true }
  | {
      readonly ok: false;
      /** EEXIST, ENETUNREACH, EPERM, ... */
      readonly code: string;
      /** The kernel's own words (extended ack) where it has some, else those of the errno. */
      readonly message: string;
    };

/** Steps in the kernel's own bytes: everything done that can be done before they are needed. */
export interface Prepared {
  readonly steps: readonly Step[];
  /** As {@link Kernel.apply} with these steps; once only. The first bytes leave within the call, whatever else is under way. */
  send(): Promise<readonly StepResult[]>;
}

export interface ObserveRequest {
  /** Marks the routes that go into `ownRoutes`. */
  readonly protocol: number;
  /** Marks of configurations before this one: what has them goes into `ownRoutes` too. None when absent. */
  readonly formerProtocols?: readonly number[];
  /** Tables beside the main one whose foreign routes are wanted too: those of VRFs. */
  readonly vrfTables?: readonly number[];
  /**
   * Further tables, wanted in `furtherRoutes`: those that rules send packets of the host to. Of table `local` all lengths.
   * Told by the rules that the same look finds, or known before.
   */
  readonly furtherTables?: readonly number[] | ((rules: readonly Rule[]) => readonly number[]);
  /** Whether `nexthopObjects` are wanted; they are not when absent. `named`: where a route names one and no next hop. */
  readonly nexthopObjects?: boolean | 'named';
  /**
   * Longest prefix length wanted in `foreignRoutes`, a family; a family that is absent gets none, and both absent
   * means that no table need be read at all.
   */
  readonly maxLength: Readonly<Partial<Record<Family, number>>>;
  /** Routes that contain one of these are wanted whatever their length: by them the kernel tells whether it is a neighbour (fact K6). */
  readonly gateways?: readonly Address[];
  /** The neighbours that are wanted, beside the next hops of the routes that are read; absent: none at all. */
  readonly neighbours?: readonly NeighbourId[];
  /** Nothing but the neighbours named: whatever else a snapshot has is empty. */
  readonly only?: 'neighbours';
}

/** Whether it names any table: the routes of others, which may be a million. */
export function readsTables({ maxLength }: ObserveRequest): boolean {
  return Object.keys(maxLength).length > 0;
}

/** Something changed: look again. What is known of the change is for logs; the one decision by it is to put back at once what is `lost`. */
export interface KernelHint {
  /** `begin`: nothing was heard before; `overflow`: something was lost. */
  readonly kind: 'link' | 'address' | 'route' | 'rule' | 'neighbour' | 'begin' | 'overflow';
  /**
   * `deleted route default table 25500 by zebra (pid 123)`: greppable, for people. To be read once what the hint leads to is on its
   * way: its sender is looked up then.
   */
  readonly text: string;
  /** A route or rule marked with our protocol was deleted by somebody else. */
  readonly ownDeleted: boolean;
  /** Of kind `neighbour`: which one has failed. */
  readonly neighbour?: NeighbourId;
  /** Of kind `route`: which one has come, gone or changed; absent where a next hop has. */
  readonly route?: Pick<Route, 'table' | 'destination'>;
  /** That route or rule, where the notification names it in full. */
  readonly lost?: { readonly kind: 'route'; readonly route: Route } | { readonly kind: 'rule'; readonly rule: Rule };
  /** nlmsg_pid of the request that caused it (usually the process id); 0: the kernel itself. */
  readonly sender: number;
}

/** A neighbour to ask for a sign of life. */
export interface ProbeTarget extends NeighbourId {
  /** The kernel has a link-layer address for it already. */
  readonly known: boolean;
}

/** A destination of which the kernel is asked by which of its routes packets of the host go. */
export interface VerifyQuestion {
  readonly destination: Prefix;
  /** Addresses in it, to be asked one after the other: a more specific route may take any of them. */
  readonly addresses: readonly Address[];
  readonly vrf: Vrf | undefined;
}

export type KernelWord =
  | { readonly kind: 'route'; readonly route: Route }
  /** No route, or a refusal: ENETUNREACH, EHOSTUNREACH, EACCES, EINVAL. */
  | { readonly kind: 'refused'; readonly code: string }
  /** More specific routes take every address that was asked, or the kernel could not be asked. */
  | { readonly kind: 'unknown' };

export interface Kernel {
  /** Dumps what the request names. Rejects when the kernel cannot be asked; never returns a torn dump. */
  observe(request: ObserveRequest): Promise<Snapshot>;
  /** Sends the steps in order, all of them whatever fails, and resolves with one result for each. Never rejects for a refused step. */
  apply(steps: readonly Step[]): Promise<readonly StepResult[]>;
  /** Changes nothing. Absent: `apply` is all there is. */
  prepare?(steps: readonly Step[]): Prepared;
  /** The kernel's own lookup, one word for each question. Absent: it is taken at our word. */
  verify?(questions: readonly VerifyQuestion[]): Promise<readonly KernelWord[]>;
  /**
   * Makes the kernel ask each neighbour (ARP, ND) on its link now, whatever the routes say. The answer shows in `neighbours` of a later
   * observation: failed three seconds after an unanswered one. Failures to ask are ignored.
   */
  probe(targets: readonly ProbeTarget[]): void;
  /** Starts the events. Changes that this object made itself are not reported. */
  subscribe(request: ObserveRequest, listener: (hint: KernelHint) => void): void;
  close(): void;
}

/** Ends of processes as the kernel announces them, which may be long before their sockets close. Where the kernel does not, none is ever told. */
export interface ProcessEvents {
  /** The kernel has said that it will tell. */
  readonly live: boolean;
  /** The process at the other end of a connected unix socket, as of its listen(2); undefined: cannot be told. */
  peer(fd: number): number | undefined;
  /** That process, where its end may be announced to nobody; undefined: this kernel does not tell of it. */
  ending?(fd: number): PeerEnding | undefined;
  /** What is returned ends the watch. */
  watch(pid: number, listener: EndingListener): () => void;
  close(): void;
}

/** How one process has ended, for whoever asks once it is gone. */
export interface PeerEnding {
  /** `how` as {@link EndingListener} hears it, orderly with status 0; undefined: it is there, or this kernel keeps no status. */
  read(): { readonly how: string; readonly orderly: boolean } | undefined;
  close(): void;
}

/**
 * Hears how a process ends (`was ended by signal 9`), perhaps once for each thread. Not certain: the first thread has ended with
 * status 0 and others may live on, or it is the parent of a daemon that has just put itself into the background.
 */
export type EndingListener = (how: string, certain: boolean) => void;

/** A health adapter: watches one configured routing daemon, which may be several processes. */
export interface Health {
  readonly watched: readonly WatchedDaemon[];
  /** Starts; the listener hears the first verdict of each process as soon as there is one, then every change. */
  start(listener: (id: DaemonId, verdict: Verdict) => void): void;
  /**
   * Which of the prefixes the daemon itself holds as installed routes now (not as leftovers of a former life), in the VRF of that
   * name or, without one, in its default instance.
   * Rejects when the daemon cannot be asked.
   */
  holds(prefixes: readonly Prefix[], vrf?: string): Promise<readonly boolean[]>;
  /**
   * Whether the daemon has a usable route of its own to each of the prefixes, installed, or held back by one that the kernel has from
   * somebody else; undefined: this kind cannot say. Rejects as `holds` does. Absent: it can say of none.
   */
  offers?(prefixes: readonly Prefix[], vrf?: string): Promise<readonly (boolean | undefined)[]>;
  close(): void;
}
