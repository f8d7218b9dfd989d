/** Where a watched daemon stands, as the core knows it. How that changes: liveness.ts. */

import type { WatchedDaemon } from '../model/daemon.js';
import type { Damping } from './damping.js';

/** Where a watched daemon stands. `unknown`: no verdict yet. `appeared`: a sign of life, no answer yet. */
export type Life = 'unknown' | 'down' | 'appeared' | 'unresponsive' | 'responsive';

export interface DaemonState extends WatchedDaemon {
  readonly life: Life;
  /** Since when it stands there. For the first verdict after our own start: since when the process exists. */
  readonly since: number;
  readonly reason: string;
  /** It answered when we began, and nobody can tell for how long it has existed: it may be older than ourselves. */
  readonly ageUnknown?: true;
  /** It was dead when we began, nobody can tell for how long. */
  readonly foundDead?: true;
  /** Down because it was stopped in order. */
  readonly stopped?: true;
  /** The damping before its death was counted, which may turn out to have been a stop. */
  readonly undamped?: Damping;
}

/** A daemon that no verdict has come from yet. */
export function unheard(daemon: WatchedDaemon, now: number): DaemonState {
  return { ...daemon, life: 'unknown', since: now, reason: 'not heard of yet' };
}
