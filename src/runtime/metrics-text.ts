/** The present metrics as text: the state, and what only the process knows about itself. */

import { type DestinationState, destinationStates, everyCovered } from '../core/destination-states.js';
import type { State } from '../core/state.js';
import { outlineOf, type Surroundings } from '../core/status.js';
import { exposition } from '../metrics/exposition.js';
import type { Tally } from '../metrics/tally.js';

export function metricsText(
  agent: string | undefined,
  state: State,
  around: Surroundings,
  tally: Tally,
  internalFaults: number,
): string {
  const now = performance.now();
  const secondsAt = (monotonic: number): number => Math.round(around.wallOffset + monotonic) / 1000;
  const destinations = destinationStates(state, now);
  const until = state.orders.pin?.until;
  const { user, system } = process.cpuUsage();
  return exposition({
    agent,
    outline: outlineOf(state, around, now),
    destinations: around.dryRun ? notInstalled(destinations) : destinations,
    covered: everyCovered(state),
    held: until !== undefined && (until === 'never' || until > now),
    startedAt: secondsAt(around.startedAt),
    lastRoundAt: secondsAt(state.agenda.lastRound),
    counts: tally.counts(now),
    internalFaults,
    residentBytes: process.memoryUsage.rss(),
    cpuSeconds: (user + system) / 1e6,
  });
}

/** The numbers of a dry run, which has installed nothing. */
function notInstalled(counts: Readonly<Record<DestinationState, number>>): typeof counts {
  return { ...counts, installed: 0, idle: 0, absent: counts.absent + counts.installed + counts.idle };
}
