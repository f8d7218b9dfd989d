/**
 * How long to wait before the next connection: 1 ms after a death, twice as long after each
 * attempt, at most a second. Pure.
 *
 * Invariant: only a connection that has lasted makes it short again, so a daemon that answers and
 * hangs up costs one connection a second. A change at the socket's path does as well, since a
 * daemon that starts makes its socket first; but not in a series of connections that did not last.
 */

export interface Backoff {
  /** Wait before the next attempt, milliseconds. */
  readonly delayMs: number;
  /** How many connections in a row were a sign of life and have ended before they had lasted. */
  readonly brief: number;
}

const FIRST_DELAY_MS = 1;
/** Also the poll that stands in for lost inotify events. */
export const LAST_DELAY_MS = 1000;
/** A connection that was answered and has stood this long has lasted. */
export const LASTING_MS = 1000;
/** So many brief connections in a row are a series. */
const SERIES = 3;

export const NO_BACKOFF: Backoff = { delayMs: FIRST_DELAY_MS, brief: 0 };

/** An attempt has been put off by `delayMs`. */
export function longer(backoff: Backoff): Backoff {
  return { ...backoff, delayMs: Math.min(2 * backoff.delayMs, LAST_DELAY_MS) };
}

/**
 * A connection has ended that stood for `stoodMs`. `believed`: it was answered, or told of as a
 * sign of life.
 */
export function ended(backoff: Backoff, stoodMs: number, answered: boolean, believed: boolean): Backoff {
  if (answered && stoodMs >= LASTING_MS) return NO_BACKOFF;
  return believed ? { ...backoff, brief: backoff.brief + 1 } : backoff;
}

/** Something has changed at the socket's path. */
export function hinted(backoff: Backoff): Backoff {
  return inSeries(backoff) ? backoff : { ...backoff, delayMs: FIRST_DELAY_MS };
}

/**
 * Whether the last connections were so brief that neither connection nor answer alone is believed
 * any longer.
 */
export function inSeries({ brief }: Backoff): boolean {
  return brief >= SERIES;
}
