/**
 * Time for everything that waits: monotonic milliseconds, and timers that are set to a time. Tests
 * use their own.
 */

export interface Clock {
  /** Monotonic milliseconds, so that a step of the wall clock never looks like a hang. */
  now(): number;
  /**
   * Calls back once, at the given monotonic time or as soon after as the event loop allows, and
   * never within this call.
   */
  at(time: number, callback: () => void): Timer;
}

export interface Timer {
  cancel(): void;
}

/** Blocks the whole process for this many milliseconds; for when there is nothing else to do. */
export function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/** Longest delay of setTimeout, in milliseconds. */
const LONGEST_DELAY_MS = 2 ** 31 - 1;

/**
 * The clock of the process. A Node timer is created in the next turn of the loop: most are
 * cancelled before that, and the first timer of a process takes 0.4 ms, which would delay a route.
 * Node's timers have whole milliseconds; one that fires a fraction of a millisecond early is set
 * again.
 */
export const systemClock: Clock = {
  now: () => performance.now(),
  at(time, callback) {
    let cancelled = false;
    let timer: NodeJS.Timeout | undefined;
    const due = (): void => {
      if (cancelled) return;
      const leftMs = time - performance.now();
      if (leftMs <= 0) callback();
      else timer = setTimeout(due, Math.min(LONGEST_DELAY_MS, Math.ceil(leftMs)));
    };
    setImmediate(due);
    return {
      cancel() {
        cancelled = true;
        if (timer !== undefined) clearTimeout(timer);
      },
    };
  },
};
