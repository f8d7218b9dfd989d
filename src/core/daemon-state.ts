/** The state of a watched daemon as the core knows it. liveness.ts changes it. */

import type { WatchedDaemon } from '../model/daemon.js';
import type { Damping } from './damping.js';

/**
 * The state of a watched daemon. `unknown`: no verdict yet. `appeared`: a sign of life, no answer
 * yet.
 */
export type Life = 'unknown' | 'down' | 'appeared' | 'unresponsive' | 'responsive';

export interface DaemonState extends WatchedDaemon {
  readonly life: Life;
  /**
   * Monotonic time since when `life` has this value. For the first verdict after the agent's
   * start: since when the process has existed.
   */
  readonly since: number;
  readonly reason: string;
  /**
   * It answered at the agent's start, and its age cannot be told: it may be older than the agent.
   */
  readonly ageUnknown?: true;
  /** It was dead at the agent's start. How long before is not known. */
  readonly foundDead?: true;
  /** Down because it was stopped in order, not by a crash. */
  readonly stopped?: true;
  /**
   * The damping before its death was counted. Restored if the death turns out to have been a stop.
   */
  readonly undamped?: Damping;
}

/** The state of a daemon that has not had a verdict yet. */
export function unheard(daemon: WatchedDaemon, now: number): DaemonState {
  return { ...daemon, life: 'unknown', since: now, reason: 'not heard from yet' };
}
