/**
 * The last outage, folded from the events of this life of the agent and of those before. Pure, so that what `status` says can be checked
 * against what `events` lists.
 */

import type { Event, Outage } from '../model/event.js';

/** The last outage after one more event. */
export function outageAfter(last: Outage | undefined, event: Event): Outage | undefined {
  const open = last?.ended === null ? last : undefined;
  switch (event.kind) {
    case 'outage-began':
      // The agent came back in the middle of one.
      if (open !== undefined && event.cause === 'start') return open;
      return {
        began: event.at,
        ended: null,
        lengthMs: 0,
        cause: event.cause,
        reason: event.reason,
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
    case 'routes':
      // It ended while the agent was away.
      return open === undefined || event.phase !== 'out'
        ? last
        : { ...open, ended: event.at, lengthMs: between(open.began, event.at) };
    default:
      return last;
  }
}

/** Wall clock milliseconds, never negative: it may have been set. */
export function between(from: string, to: string): number {
  return Math.max(0, Date.parse(to) - Date.parse(from));
}
