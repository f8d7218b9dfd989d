/**
 * What an outage turns out to be, once it is known how its daemon ended. The only place that
 * decides it: the event of the daemon has the result, and records and metrics follow that. Pure.
 */

import type { DaemonId } from '../model/daemon.js';
import type { Happening, OutageCause } from '../model/event.js';

/**
 * A daemon in orderly shutdown removes its routes up to 2 s before its sockets close (fact F8). A
 * cover that is lost so shortly before the daemon ends is lost by that end. Milliseconds.
 */
export const ENDING_MS = 2_500;

interface Begun {
  readonly cause: OutageCause;
  /** Whose end began it. */
  readonly daemon: DaemonId | undefined;
}

/** The cause after news of a daemon, this long after the beginning; undefined: it stays. */
export function causeAfter(
  { cause, daemon }: Begun,
  news: Pick<Happening & { kind: 'daemon' }, 'id' | 'state'>,
  afterMs: number,
): 'death' | 'stop' | undefined {
  // The end of file comes before the news of how the process ended.
  if (cause === 'death') return news.id === daemon && news.state === 'stopped' ? 'stop' : undefined;
  if (cause !== 'uncovered' || afterMs >= ENDING_MS) return undefined;
  return news.state === 'stopped' ? 'stop' : news.state === 'down' ? 'death' : undefined;
}
