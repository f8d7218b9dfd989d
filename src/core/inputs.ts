/**
 * The inputs and outputs of the machine: all of its communication with the edges
 * (runtime/driver.ts carries it).
 */

import type { AdoptedRoute } from '../model/adopted.js';
import type { Config } from '../model/config.js';
import type { DaemonId, Verdict, WatchedDaemon } from '../model/daemon.js';
import type { NeighbourId } from '../model/link.js';
import type { Snapshot } from '../model/snapshot.js';
import type { Question } from './coverage.js';
import type { KernelHint, KernelWord, ObserveRequest, Step, StepResult, VerifyQuestion } from './ports.js';
import type { Phase, Pin, RoleState, State, World } from './state.js';
import type { Offers } from './takeover-state.js';

export type Input =
  | { readonly kind: 'verdict'; readonly id: DaemonId; readonly verdict: Verdict }
  | { readonly kind: 'hint'; readonly hint: KernelHint }
  | { readonly kind: 'observed'; readonly id: number; readonly snapshot: Snapshot }
  | { readonly kind: 'observe-failed'; readonly id: number; readonly message: string }
  | { readonly kind: 'applied'; readonly steps: readonly Step[]; readonly results: readonly StepResult[] }
  /** Empty if the daemon could not be asked. */
  | { readonly kind: 'answered'; readonly held: ReadonlyMap<string, boolean> }
  /** Holds the answers that the daemon could give. */
  | { readonly kind: 'offered'; readonly offers: Offers }
  /** The kernel's answers; undefined: it could not be asked. */
  | { readonly kind: 'verified'; readonly id: number; readonly words: readonly KernelWord[] | undefined }
  /** The record was written (undefined), or why it could not be. */
  | { readonly kind: 'recorded'; readonly fault: string | undefined }
  | Reload
  /** The role source reports a role. */
  | { readonly kind: 'role'; readonly role: RoleState }
  /**
   * An operator overrides the role (undefined: ends the override) or pins the routes (undefined:
   * unpins).
   */
  | { readonly kind: 'override'; readonly role: RoleState | undefined }
  | { readonly kind: 'pin'; readonly pin: Pin | undefined }
  | { readonly kind: 'tick' }
  | { readonly kind: 'stop' };

/** Another configuration replaces the running one. */
export interface Reload {
  readonly kind: 'reload';
  readonly config: Config;
  readonly watched: readonly WatchedDaemon[];
  /** The health adapters were restarted, so every verdict is awaited again. */
  readonly restarted: boolean;
  /** What the new role source says; absent: the source is the same as before. */
  readonly role?: RoleState;
}

export type Output =
  | { readonly kind: 'apply'; readonly steps: readonly Step[] }
  | { readonly kind: 'observe'; readonly id: number; readonly request: ObserveRequest }
  | { readonly kind: 'ask'; readonly questions: readonly Question[] }
  /** Ask the daemon whether it has routes of its own to these prefixes, installed or not. */
  | { readonly kind: 'ask-offers'; readonly questions: readonly Question[] }
  /** Ask the kernel which of its routes packets follow. */
  | { readonly kind: 'verify'; readonly id: number; readonly questions: readonly VerifyQuestion[] }
  /** Probe these neighbours. */
  | { readonly kind: 'probe'; readonly targets: readonly NeighbourId[] }
  /** Write the foreign routes that are to be given back to durable storage. */
  | { readonly kind: 'record'; readonly adopted: readonly AdoptedRoute[] }
  /** Write down which destinations have been covered. */
  | { readonly kind: 'remember'; readonly covered: World['covered'] }
  /** Write down the ways that default routes have named last. */
  | { readonly kind: 'learn'; readonly learned: World['learned'] }
  | { readonly kind: 'phase'; readonly from: Phase; readonly to: Phase }
  | { readonly kind: 'exit' };

export interface Transition {
  readonly state: State;
  readonly outputs: readonly Output[];
}
