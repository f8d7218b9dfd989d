/**
 * Time for everything that waits: monotonic milliseconds, and timers by the time at which they are
 * due. Tests bring their own.
 */

export interface Clock {
  /** Monotonic milliseconds: a step of the wall clock must never look like a hang. */
  now(): number;
  /**
   * Calls back once, at the given monotonic time or as soon after as the event loop allows, and
   * never inside the call.
   */
  at(time: number, callback: () => void): Timer;
}

export interface Timer {
  cancel(): void;
}

/** Holds up the whole process for so long, where nothing else is left to do. */
export function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/** Longest delay that setTimeout takes, in milliseconds. */
const LONGEST_DELAY_MS = 2 ** 31 - 1;

/**
 * The clock of the process. A timer is made in the next turn of the loop: most are cancelled before
 * it, and the first one of a process takes 0.4 ms, which a route would wait for. Node's timers know
 * whole milliseconds; one that is early by a part of one is set again.
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
