/** The times of a heartbeat, and the beat that all heartbeats keep together. */

/** The two times of a heartbeat, milliseconds. */
export interface ProbeTiming {
  /** From one answer to the next probe at most; less, so that all daemons are probed together. */
  readonly probeIntervalMs: number;
  /**
   * A command unanswered this long means a hang. Shorter than a busy daemon's worst answer fails
   * over falsely (facts F7, F13).
   */
  readonly probeTimeoutMs: number;
}

/**
 * The next whole multiple of the interval after `now`: what beats together wakes the process once,
 * not once for each daemon.
 */
export function nextBeat(now: number, intervalMs: number): number {
  return now + intervalMs - (now % intervalMs);
}
