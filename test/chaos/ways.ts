/**
 * When packets from the NOC can be answered at all, by what the storm itself has done; and for how long they were not although they
 * could. Replies are fping's, with its own clock.
 */

import type { Namespace } from '../../src/drill/lab/namespace.js';
import { type Gap, type Ping, startPing } from '../lab/ping.js';
import { STANDARD } from '../lab/standard.js';

export const PING_MS = 20;
/** Without any reply for so long a family is cut off. */
const ALIVE_MS = 400;

/** A time that is not counted, and why. */
export interface Excuse {
  readonly from: number;
  readonly to: number;
  readonly why: string;
}

/** A cut that nothing excuses. */
export interface Cut {
  readonly target: string;
  readonly gap: Gap;
  readonly countedMs: number;
}

/** Times without a way, by what is wrong: each has a beginning and, once it is over, an end. */
export class Ways {
  readonly #open = new Map<string, number>();
  readonly #past: Excuse[] = [];

  /** From now on it is so. Safe to call twice. */
  bad(why: string): void {
    if (!this.#open.has(why)) this.#open.set(why, Date.now());
  }

  /** It is over; `graceMs` more do not count. */
  good(why: string, graceMs: number): void {
    const from = this.#open.get(why);
    if (from === undefined) return;
    this.#open.delete(why);
    this.once(why, graceMs, from);
  }

  /** A fault of a moment. */
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
  /** From the NOC to its gateway: what is missing there is the machine's. */
  readonly control: Ping;

  constructor(noc: Namespace) {
    const { inet, inet6 } = STANDARD;
    this.pings = [inet.mgmt, inet6.mgmt].map((target) => startPing(noc, target, { intervalMs: PING_MS }));
    this.control = startPing(noc, inet.nocGateway, { intervalMs: PING_MS });
  }

  /** Whether both families are answered now; undefined: the machine is too busy to tell. */
  async alive(): Promise<readonly boolean[] | undefined> {
    const fromMs = Date.now() - ALIVE_MS;
    const busy = (await this.control.gaps(fromMs)).some(({ lengthMs }) => lengthMs > 5 * PING_MS);
    if (busy) return undefined;
    return Promise.all(this.pings.map(async (ping) => (await ping.longestGapMs(fromMs)) < ALIVE_MS - 2 * PING_MS));
  }

  /** Cuts longer than `limitMs` since then, without what is excused. */
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

/** The longest stretch of the gap that no excuse touches. */
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
