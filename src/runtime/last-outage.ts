/**
 * The last outage, computed from the events of this run and earlier ones. Pure, so that what
 * `status` shows can be checked against what `events` lists.
 */

import type { Event, Outage } from '../model/event.js';

/** The last outage after one more event. */
export function outageAfter(last: Outage | undefined, event: Event): Outage | undefined {
  const open = last?.ended === null ? last : undefined;
  switch (event.kind) {
    case 'outage-began':
      // The agent restarted during the outage.
      if (open !== undefined && event.cause === 'start') return open;
      return {
        began: event.at,
        ended: null,
        lengthMs: 0,
        cause: event.cause,
        reason: event.reason,
        daemon: event.daemon ?? null,
        bridgedAfterMs: null,
        carriedBy: null,
        preemptedAfterMs: null,
      };
    case 'outage-bridged':
      return open === undefined || open.bridgedAfterMs !== null ? last : { ...open, bridgedAfterMs: event.afterMs };
    case 'outage-ended':
      return open === undefined
        ? last
        : {
            ...open,
            ended: event.at,
            lengthMs: event.lengthMs,
            carriedBy: event.carriedBy ?? null,
            preemptedAfterMs: event.preemptedAfterMs ?? null,
          };
    case 'daemon':
      return open === undefined || event.outageCause === undefined
        ? last
        : {
            ...open,
            cause: event.outageCause,
            daemon: event.id,
            reason: `${event.id} is ${event.state}: ${event.reason}`,
          };
    case 'routes':
      // It ended while the agent was not running. Out and uncovered ends none (outages.ts).
      return open === undefined || event.phase !== 'out' || event.cause === 'uncovered'
        ? last
        : { ...open, ended: event.at, lengthMs: between(open.began, event.at) };
    default:
      return last;
  }
}

/** Wall clock milliseconds from one to the other, never negative: the clock may have been set. */
export function between(from: string, to: string): number {
  return Math.max(0, Date.parse(to) - Date.parse(from));
}
