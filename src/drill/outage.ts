/**
 * Computes outages and the routes that carried the answers from what was sent, answered and
 * counted. Pure.
 */

import type { CarriedBy } from './protocol.js';

/** A moment at which one datagram of each probe was sent. */
export interface Tick {
  readonly atMs: number;
  /** The probes whose datagram was answered in time. */
  readonly answered: Set<number>;
}

/** The packets that the far side received between two times, by the route that they took. */
export interface CarrierSample {
  readonly fromMs: number;
  readonly toMs: number;
  readonly backup: number;
  readonly daemon: number;
}

/**
 * A route counts if it carried at least this share of a sample's packets; neighbour discovery is
 * traffic, too.
 */
const SHARE = 0.3;

/**
 * The longest run of unanswered datagrams of a probe in milliseconds, from the last answered
 * datagram before the run (or the begin of the window) to the first answered one after it (or the
 * end of the window). 0 if every datagram was answered.
 */
export function longestOutage(
  ticks: readonly Tick[],
  probe: number,
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
): number {
  let longest = 0;
  let goodMs = fromMs;
  let lost = false;
  for (const tick of ticks) {
    if (tick.atMs < fromMs || tick.atMs > toMs) continue;
    if (!tick.answered.has(probe)) {
      lost = true;
      continue;
    }
    if (lost) longest = Math.max(longest, tick.atMs - goodMs);
    goodMs = tick.atMs;
    lost = false;
  }
  return lost ? Math.max(longest, toMs - goodMs) : longest;
}

/**
 * What carried the answers, in the order of time. A carrier of one sample alone is left out unless
 * there is nothing else.
 */
export function carriersOf(samples: readonly CarrierSample[]): readonly CarriedBy[] {
  const runs: { carrier: CarriedBy; samples: number }[] = [];
  for (const { backup, daemon } of samples) {
    const total = backup + daemon;
    if (total === 0) continue;
    const both: readonly CarriedBy[] = ['daemon', 'backup'];
    const present = both.filter((one) => (one === 'backup' ? backup : daemon) >= SHARE * total);
    const last = runs.at(-1);
    const carrier = present.length === 2 && last !== undefined ? last.carrier : present[0]!;
    if (last?.carrier === carrier) last.samples++;
    else runs.push({ carrier, samples: 1 });
  }
  const steady = runs.filter((run) => run.samples > 1);
  return (steady.length > 0 ? steady : runs)
    .map((run) => run.carrier)
    .filter((carrier, i, all) => carrier !== all[i - 1]);
}
