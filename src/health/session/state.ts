/**
 * The types of a session's machine (machine.ts): its state, events and effects, and when it is due
 * next. Pure.
 */

import type { Verdict } from '../../model/daemon.js';
import type { ProbeTiming } from '../timing.js';
import { type Backoff, NO_BACKOFF } from './backoff.js';
import type { Readiness } from './dialect.js';
import type { Endpoint } from './endpoint.js';

export type SessionPhase =
  | { readonly kind: 'waiting'; readonly retryAt: number; readonly delayMs: number }
  | { readonly kind: 'connecting' }
  | {
      readonly kind: 'accepted';
      readonly since: number;
      /**
       * When it counts as a sign of life, or, without a heartbeat, as alive; undefined: never,
       * only an answer counts.
       */
      readonly believedAt: number | undefined;
    }
  | {
      readonly kind: 'established';
      readonly since: number;
      /** When the next heartbeat is due; undefined: one is under way, or there is none. */
      readonly probeAt: number | undefined;
    }
  | { readonly kind: 'closed' };

export interface SessionState {
  readonly phase: SessionPhase;
  readonly backoff: Backoff;
  /** Since when an answer is outstanding; undefined when none is. */
  readonly silentSince: number | undefined;
  /** The last verdict. */
  readonly told: SessionVerdict | undefined;
  /** Whether the last `down` reported missing permission. */
  readonly toldDenied: boolean;
  readonly diedAt: number;
}

/** A verdict without the age of the process, which costs a look at /proc. */
export interface SessionVerdict {
  readonly kind: Verdict['kind'];
  readonly reason: string;
  /** With `down`: the daemon was stopped and did not die. */
  readonly orderly?: true;
}

/** What is constant for a session. */
export interface SessionTraits extends ProbeTiming {
  readonly endpoint: Endpoint;
  /** Whether the protocol has a heartbeat. */
  readonly heartbeat: boolean;
  /** What to do about EACCES, as text for the reason. */
  readonly permissionHint: string;
}

export type SessionEvent =
  | { readonly kind: 'start' }
  /** Something changed at the socket's path. */
  | { readonly kind: 'hint' }
  /** `dying`: the kernel has announced that the accepting process is ending. */
  | { readonly kind: 'accepted'; readonly dying: boolean }
  /** `code`: the errno, such as ECONNREFUSED. */
  | { readonly kind: 'refused'; readonly code: string }
  | { readonly kind: 'answer'; readonly readiness: Readiness; readonly outstanding: boolean }
  /** A question was sent. */
  | { readonly kind: 'asked' }
  /** End of file, reset or close, or news of the process: it is dead. */
  | { readonly kind: 'ended'; readonly reason: string; readonly orderly?: true }
  /** News, after its connection has ended, of how the process ended. */
  | { readonly kind: 'farewell'; readonly reason: string; readonly orderly?: true }
  /** The input is no valid answer: the two sides are out of step. */
  | { readonly kind: 'fault'; readonly reason: string }
  | { readonly kind: 'tick' }
  | { readonly kind: 'close' };

export type SessionEffect =
  | { readonly kind: 'tell'; readonly report: SessionVerdict }
  | { readonly kind: 'connect' }
  | { readonly kind: 'disconnect'; readonly reason: string }
  | { readonly kind: 'probe' }
  /** The path's watch may have lost its directory. */
  | { readonly kind: 'rearm' };

/** The caller carries out the effects in order. */
export interface SessionTransition {
  readonly state: SessionState;
  readonly effects: readonly SessionEffect[];
}

/** Before `start`. */
export const NEW_SESSION: SessionState = {
  phase: { kind: 'waiting', retryAt: Infinity, delayMs: 0 },
  backoff: NO_BACKOFF,
  silentSince: undefined,
  told: undefined,
  toldDenied: false,
  diedAt: -Infinity,
};

/** When the next `tick` is due; Infinity: not before another event. */
export function nextDeadline({ phase, silentSince, told }: SessionState, { probeTimeoutMs }: SessionTraits): number {
  const hangAt = silentSince === undefined || told?.kind === 'unresponsive' ? Infinity : silentSince + probeTimeoutMs;
  switch (phase.kind) {
    case 'waiting':
      return Math.min(hangAt, phase.retryAt);
    case 'accepted':
      return Math.min(hangAt, phase.believedAt ?? Infinity);
    case 'established':
      return Math.min(hangAt, phase.probeAt ?? Infinity);
    case 'connecting':
      return hangAt;
    case 'closed':
      return Infinity;
    default:
      return phase satisfies never;
  }
}
