/** Outages and ways, from what was sent, answered and counted. Pure. */

import type { CarriedBy } from './protocol.js';

/** One datagram of every probe was sent. */
export interface Tick {
  readonly atMs: number;
  /** The probes whose datagram was answered in time. */
  readonly answered: Set<number>;
}

/** Packets that the far side received between two times, by the way that they came. */
export interface CarrierSample {
  readonly fromMs: number;
  readonly toMs: number;
  readonly backup: number;
  readonly daemon: number;
}

/**
 * Of a way, the least part of a sample's packets that counts: neighbour discovery is traffic too.
 */
const SHARE = 0.3;

/**
 * The longest run of unanswered datagrams of a probe: from the last answered one before it (or the
 * window's begin) to the first answered one behind it (or the window's end). 0 when every datagram
 * was answered.
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
 * The ways in the order of time; what a single sample shows alone is left out, unless it is all
 * there is.
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
