/** A clock that moves only when told to: timers fire in order of their time, each at exactly its time. */

import type { Clock, Timer } from '../../../src/health/clock.js';

interface Due extends Timer {
  readonly atMs: number;
  readonly callback: () => void;
}

export class FakeClock implements Clock {
  #nowMs = 1000;
  #due: Due[] = [];

  now(): number {
    return this.#nowMs;
  }

  setTimeout(callback: () => void, delayMs: number): Timer {
    const timer: Due = { atMs: this.#nowMs + delayMs, callback };
    this.#due.push(timer);
    return timer;
  }

  clearTimeout(timer: Timer): void {
    this.#due = this.#due.filter((due) => due !== timer);
  }

  /** How many timers are set. */
  get pending(): number {
    return this.#due.length;
  }

  advance(ms: number): void {
    const untilMs = this.#nowMs + ms;
    for (;;) {
      const next = this.#due.filter((due) => due.atMs <= untilMs).sort((a, b) => a.atMs - b.atMs)[0];
      if (next === undefined) break;
      this.clearTimeout(next);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.callback();
    }
    this.#nowMs = untilMs;
  }
}
