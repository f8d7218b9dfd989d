/** The times of a heartbeat, and the common beat of all heartbeats. */

/** The two times of a heartbeat, milliseconds. */
export interface ProbeTiming {
  /**
   * At most this long from one answer to the next probe; usually less, because all daemons are
   * probed together.
   */
  readonly probeIntervalMs: number;
  /**
   * A command unanswered for this long means a hang. If it is shorter than a busy daemon's slowest
   * answer, the daemon is declared hung by mistake (facts F7, F13).
   */
  readonly probeTimeoutMs: number;
}

/**
 * The next multiple of the interval after `now`. Heartbeats on a common beat wake the process
 * once, not once for each daemon.
 */
export function nextBeat(now: number, intervalMs: number): number {
  return now + intervalMs - (now % intervalMs);
}
