/**
 * Time as the adapters see it, so that a test can hold it in its hand. Monotonic milliseconds: a step of the
 * wall clock must never look like a hang.
 */

/** What setTimeout returned; only good for clearTimeout. */
export type Timer = object;

export interface Clock {
  /** Monotonic milliseconds. */
  now(): number;
  setTimeout(callback: () => void, delayMs: number): Timer;
  clearTimeout(timer: Timer): void;
}

/** The clock of the process. */
export const SYSTEM_CLOCK: Clock = {
  now: () => performance.now(),
  setTimeout: (callback, delayMs) => setTimeout(callback, delayMs),
  clearTimeout: (timer) => clearTimeout(timer as NodeJS.Timeout),
};

/** Milliseconds to the next whole multiple of the interval, at most one interval: what beats together wakes the process once, not once for each daemon. */
export function untilBeat(clock: Clock, intervalMs: number): number {
  return Math.ceil(intervalMs - (clock.now() % intervalMs));
}

/** The two times of a heartbeat, milliseconds. */
export interface ProbeTiming {
  /** From one answer to the next probe at most; less, so that all daemons are probed together. */
  readonly probeIntervalMs: number;
  /** A command unanswered this long means a hang. Shorter than a busy daemon's worst answer fails over falsely (facts F7, F13). */
  readonly probeTimeoutMs: number;
}
