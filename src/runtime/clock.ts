/** Time as the runtime sees it: monotonic milliseconds and one timer. Tests bring their own. */

export interface Clock {
  /** Monotonic milliseconds. */
  now(): number;
  /** Calls back once, at the given monotonic time or as soon after as the event loop allows. */
  at(time: number, callback: () => void): { cancel(): void };
}

/** Longest delay that setTimeout takes, in milliseconds. */
const LONGEST_DELAY_MS = 2 ** 31 - 1;

/**
 * A timer is made in the next turn of the loop: most are cancelled before it, and the first one of a process takes 0.4 ms, which a route would wait for.
 * Timers know whole milliseconds: one that is early by a part of one goes around the loop until it is due, one that is late cannot be helped.
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
      else if (leftMs < 1) setImmediate(due);
      else timer = setTimeout(due, Math.min(LONGEST_DELAY_MS, Math.floor(leftMs)));
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
