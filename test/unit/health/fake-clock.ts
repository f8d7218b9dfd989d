/**
 * A clock that moves only when told to: timers fire in order of their time, each at exactly its
 * time.
 */

import type { Clock, Timer } from '../../../src/host/clock.js';

interface Due {
  readonly atMs: number;
  readonly callback: () => void;
}

export class FakeClock implements Clock {
  #nowMs = 1000;
  #due: Due[] = [];

  now(): number {
    return this.#nowMs;
  }

  at(time: number, callback: () => void): Timer {
    const due: Due = { atMs: time, callback };
    this.#due.push(due);
    return { cancel: () => this.#remove(due) };
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
      this.#remove(next);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.callback();
    }
    this.#nowMs = untilMs;
  }

  #remove(due: Due): void {
    this.#due = this.#due.filter((other) => other !== due);
  }
}
