/** A deadline that can be moved: the monotonic time until which something is awaited. */

import type { Clock, Timer } from '../host/clock.js';

export interface Deadline {
  /** Sets it, in place of the former one. */
  set(leftMs: number): void;
  /** Milliseconds left, below 0 when it has passed; undefined: it is not set. */
  leftMs(): number | undefined;
  /** On the wall clock; now, if it has passed. */
  text(): string;
  clear(): void;
}

/** `over` is called when it passes. It stays set then. */
export function createDeadline(clock: Clock, over: () => void): Deadline {
  let at: number | undefined;
  let timer: Timer | undefined;
  const leftMs = (): number | undefined => (at === undefined ? undefined : at - clock.now());
  return {
    set(leftMs) {
      timer?.cancel();
      at = clock.now() + leftMs;
      timer = clock.at(at, over);
    },
    leftMs,
    text: () => new Date(Date.now() + Math.max(0, leftMs() ?? 0)).toISOString(),
    clear() {
      timer?.cancel();
      timer = undefined;
      at = undefined;
    },
  };
}
