/**
 * The wait before the next connection: 1 ms after a death, doubled after each attempt, at most one
 * second. Pure.
 *
 * Invariant: only a connection that has lasted resets it, so a daemon that answers and closes
 * costs one connection a second. A change at the socket's path resets it too, because a daemon
 * that starts creates its socket first; but not in a series of brief connections.
 */

export interface Backoff {
  /** Wait before the next attempt, milliseconds. */
  readonly delayMs: number;
  /** How many connections in a row counted as a sign of life and ended before they had lasted. */
  readonly brief: number;
}

const FIRST_DELAY_MS = 1;
/** Also the poll interval, in case inotify events are lost. */
export const LAST_DELAY_MS = 1000;
/** A connection that was answered and stood for this long has lasted. */
export const LASTING_MS = 1000;
/** This many brief connections in a row are a series. */
const SERIES = 3;

export const NO_BACKOFF: Backoff = { delayMs: FIRST_DELAY_MS, brief: 0 };

/** After an attempt was delayed by `delayMs`. */
export function longer(backoff: Backoff): Backoff {
  return { ...backoff, delayMs: Math.min(2 * backoff.delayMs, LAST_DELAY_MS) };
}

/**
 * After a connection of `stoodMs` has ended. `believed`: it was answered, or was reported as a
 * sign of life.
 */
export function ended(backoff: Backoff, stoodMs: number, answered: boolean, believed: boolean): Backoff {
  if (answered && stoodMs >= LASTING_MS) return NO_BACKOFF;
  return believed ? { ...backoff, brief: backoff.brief + 1 } : backoff;
}

/** After a change at the socket's path. */
export function hinted(backoff: Backoff): Backoff {
  return inSeries(backoff) ? backoff : { ...backoff, delayMs: FIRST_DELAY_MS };
}

/**
 * Whether the last connections were so brief that a connection or an answer no longer counts by
 * itself.
 */
export function inSeries({ brief }: Backoff): boolean {
  return brief >= SERIES;
}
