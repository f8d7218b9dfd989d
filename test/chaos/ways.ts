/**
 * Records when packets from the NOC can be answered at all, from what the storm has done, and for
 * how long they were not although they could be. The replies are fping's, with its own clock.
 */

import type { Namespace } from '../../src/drill/lab/namespace.js';
import { type Gap, type Ping, startPing } from '../lab/ping.js';
import { STANDARD } from '../lab/standard.js';

export const PING_MS = 20;
/** A family without any reply for this long is cut off. */
const ALIVE_MS = 400;

/** A time that does not count, and the reason. */
export interface Excuse {
  readonly from: number;
  readonly to: number;
  readonly why: string;
}

/** A cut without an excuse. */
export interface Cut {
  readonly target: string;
  readonly gap: Gap;
  readonly countedMs: number;
}

/**
 * The times in which the NOC cannot be answered, by cause. Each has a begin and, once it is over,
 * an end.
 */
export class Ways {
  readonly #open = new Map<string, number>();
  readonly #past: Excuse[] = [];

  /** The fault begins. May be called again. */
  bad(why: string): void {
    if (!this.#open.has(why)) this.#open.set(why, Date.now());
  }

  /** The fault is over; the next `graceMs` do not count either. */
  good(why: string, graceMs: number): void {
    const from = this.#open.get(why);
    if (from === undefined) return;
    this.#open.delete(why);
    this.once(why, graceMs, from);
  }

  /** A momentary fault. */
  once(why: string, graceMs: number, from = Date.now()): void {
    this.#past.push({ from, to: Date.now() + graceMs, why });
  }

  get open(): readonly string[] {
    return [...this.#open.keys()];
  }

  excuses(): readonly Excuse[] {
    return [...this.#past, ...[...this.#open].map(([why, from]) => ({ from, to: Number.POSITIVE_INFINITY, why }))];
  }
}

export class Watchers {
  readonly pings: readonly Ping[];
  /** The ping from the NOC to its gateway. Losses there are due to a busy machine. */
  readonly control: Ping;

  constructor(noc: Namespace) {
    const { inet, inet6 } = STANDARD;
    this.pings = [inet.mgmt, inet6.mgmt].map((target) => startPing(noc, target, { intervalMs: PING_MS }));
    this.control = startPing(noc, inet.nocGateway, { intervalMs: PING_MS });
  }

  /** Whether each family is answered now. Undefined: the machine is too busy to tell. */
  async alive(): Promise<readonly boolean[] | undefined> {
    const fromMs = Date.now() - ALIVE_MS;
    const busy = (await this.control.gaps(fromMs)).some(({ lengthMs }) => lengthMs > 5 * PING_MS);
    if (busy) return undefined;
    return Promise.all(this.pings.map(async (ping) => (await ping.longestGapMs(fromMs)) < ALIVE_MS - 2 * PING_MS));
  }

  /** The cuts since `fromMs` with more than `limitMs` outside all excuses. */
  async cuts(fromMs: number, limitMs: number, excuses: readonly Excuse[]): Promise<readonly Cut[]> {
    const machine = (await this.control.gaps(fromMs)).filter(({ lengthMs }) => lengthMs > 3 * PING_MS);
    const all = [...excuses, ...machine.map(({ fromMs: from, toMs }) => ({ from, to: toMs + 50, why: 'the machine' }))];
    const found = await Promise.all(
      this.pings.map(async (ping) =>
        (await ping.gaps(fromMs))
          .map((gap) => ({ target: ping.target, gap, countedMs: countedOf(gap, all) }))
          .filter(({ countedMs }) => countedMs > limitMs),
      ),
    );
    return found.flat();
  }

  async stop(): Promise<void> {
    await Promise.all([...this.pings, this.control].map((ping) => ping.stop()));
  }
}

/** The longest part of the gap without an excuse. */
export function countedOf(gap: Pick<Gap, 'fromMs' | 'toMs'>, excuses: readonly Excuse[]): number {
  let longest = 0;
  let at = gap.fromMs;
  for (const { from, to } of [...excuses].sort((a, b) => a.from - b.from)) {
    if (from > at) longest = Math.max(longest, Math.min(from, gap.toMs) - at);
    at = Math.max(at, to);
    if (at >= gap.toMs) return longest;
  }
  return Math.max(longest, gap.toMs - at);
}
