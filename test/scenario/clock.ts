/**
 * Virtual time for scenarios: a clock that moves only when told to, and lets everything that is due happen on the way,
 * in order, with all promises settled in between.
 */

import type { Clock } from '../../src/host/clock.js';

/** Reads of the clock at one instant before the scenario is taken for an endless loop. */
const READS_PER_INSTANT = 5_000;

interface Timer {
  readonly time: number;
  readonly order: number;
  readonly callback: () => void;
}

export class VirtualClock implements Clock {
  #now = 0;
  #reads = 0;
  #order = 0;
  #timers: Timer[] = [];

  now(): number {
    if (++this.#reads > READS_PER_INSTANT)
      throw new Error(`endless loop at ${formatTime(this.#now)}: the clock was read ${this.#reads} times`);
    return this.#now;
  }

  at(time: number, callback: () => void): { cancel(): void } {
    if (!Number.isFinite(time)) throw new RangeError(`a timer at ${time}`);
    const timer: Timer = { time: Math.max(time, this.#now), order: this.#order++, callback };
    this.#timers.push(timer);
    return { cancel: () => void (this.#timers = this.#timers.filter((other) => other !== timer)) };
  }

  /** A promise that settles at the given distance from now. */
  after(ms: number): Promise<void> {
    return new Promise((resolve) => void this.at(this.#now + ms, resolve));
  }

  /** Moves to `time`, stopping at every timer on the way. */
  async advanceTo(time: number): Promise<void> {
    await settled();
    for (;;) {
      const due = this.#timers
        .filter((timer) => timer.time <= time)
        .sort((a, b) => a.time - b.time || a.order - b.order)[0];
      if (due === undefined) break;
      this.#timers = this.#timers.filter((timer) => timer !== due);
      this.#move(due.time);
      due.callback();
      await settled();
    }
    this.#move(time);
  }

  #move(time: number): void {
    if (time > this.#now) this.#reads = 0;
    this.#now = Math.max(this.#now, time);
  }
}

/** After every promise that can settle without the clock has settled. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** `6.250s`. */
export function formatTime(ms: number): string {
  return `${(ms / 1000).toFixed(3)}s`;
}
