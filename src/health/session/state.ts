/**
 * The values of a session's machine (machine.ts): what it is in, what it hears, what it wants done,
 * and when it must be asked again. Pure.
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
       * When it counts as a sign of life, or without a heartbeat as life itself; undefined: never,
       * only an answer will do.
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
  /** Since when something is due that has not come; undefined: nothing is. */
  readonly silentSince: number | undefined;
  /** The last verdict. */
  readonly told: SessionVerdict | undefined;
  /** Whether the last `down` told of missing permission. */
  readonly toldDenied: boolean;
  readonly diedAt: number;
}

/** A verdict without the age of the process, which costs a look. */
export interface SessionVerdict {
  readonly kind: Verdict['kind'];
  readonly reason: string;
  /** Of `down`: a stop, and no death. */
  readonly orderly?: true;
}

/** What stays the same for a session's whole life. */
export interface SessionTraits extends ProbeTiming {
  readonly endpoint: Endpoint;
  /** Whether the protocol has a heartbeat. */
  readonly heartbeat: boolean;
  /** What to do about EACCES, for people. */
  readonly permissionHint: string;
}

export type SessionEvent =
  | { readonly kind: 'start' }
  /** Something has changed at the socket's path. */
  | { readonly kind: 'hint' }
  /** `dying`: by a process of which the kernel has said that it is ending. */
  | { readonly kind: 'accepted'; readonly dying: boolean }
  /** By errno: ECONNREFUSED ... */
  | { readonly kind: 'refused'; readonly code: string }
  | { readonly kind: 'answer'; readonly readiness: Readiness; readonly outstanding: boolean }
  /** A question was sent. */
  | { readonly kind: 'asked' }
  /** End of file, reset or close, or news of the process: it is dead. */
  | { readonly kind: 'ended'; readonly reason: string; readonly orderly?: true }
  /** News of the process after its connection has ended: how it went. */
  | { readonly kind: 'farewell'; readonly reason: string; readonly orderly?: true }
  /** What came is no answer: the two sides are out of step. */
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

/** The effects are for the caller to carry out, in order. */
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

/** When a `tick` is due next; Infinity: not without another event. */
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
