/**
 * The status of foreign default routes under `adopt: true`: those taken over, those left in place,
 * and those still to be given back. Pure.
 */

import { destinationText } from '../model/prefix.js';
import { type Route, TABLE_MAIN } from '../model/route.js';
import { type AdoptedRouteStatus, STILL_OWED } from '../model/status.js';
import { adoptAt, type Candidate, candidates, disowned, obstacleOf, without } from './adopt.js';
import { questionKey } from './coverage.js';
import type { Wait } from './management.js';
import { offerQuestion } from './offers.js';
import { takeoverOf } from './places.js';
import type { Agenda, SeenWorld } from './state.js';

/**
 * RTPROT_RA (linux/rtnetlink.h). The kernel, systemd-networkd and NetworkManager use it for routes
 * of router advertisements.
 */
const PROTOCOL_RA = 9;
/**
 * Foreign default routes that are left in place, with the reason, and routes that are still to be
 * given back.
 */
export function adoptionWaits(world: SeenWorld, agenda: Agenda, now: number): Wait[] {
  const waits = candidates(world).flatMap((candidate): Wait[] => {
    const reason =
      obstacleOf(world, candidate) ??
      agenda.recordFault ??
      unoffered(world, candidate, now) ??
      (now < adoptAt(agenda) ? insistence(candidate, agenda.adoptInterference.count) : undefined);
    return reason === undefined ? [] : [{ subject: subjectOf(candidate.original.route, candidate.link.name), reason }];
  });
  for (const { route, interfaceName } of disowned(world))
    waits.push({ subject: subjectOf(route, interfaceName), reason: STILL_OWED });
  return waits;
}

/** The reason why a route that could be taken over is left in place for now; undefined: none. */
function unoffered(world: SeenWorld, candidate: Candidate, now: number): string | undefined {
  const takeover = takeoverOf(world, candidate);
  if (takeover.kind === 'trying') return undefined;
  if (takeover.kind === 'resting') {
    const seconds = Math.max(0, Math.ceil((takeover.until - now) / 1000));
    return `it is not taken over for another ${seconds} s, after ${takeover.failures === 1 ? 'a failed attempt' : `${takeover.failures} failed attempts`}: ${takeover.reason}`;
  }
  if ([...world.daemons.values()].some(({ life }) => life !== 'responsive'))
    return 'it is not taken over while the routing daemon is not healthy';
  const key = questionKey(offerQuestion(world, candidate));
  return world.offers.has(key) && world.offers.get(key) === undefined
    ? 'it is not taken over, because this kind of routing daemon cannot say whether it has a default route to replace it'
    : 'it is not taken over, because the routing daemon has no default route of its own to replace it';
}

function insistence({ original, link }: Candidate, count: number): string {
  if (original.route.protocol !== PROTOCOL_RA) return `somebody keeps putting it back, ${count} times so far`;
  return `router advertisements keep renewing it, ${count} times so far; raise its metric (sysctl net.ipv6.conf.${link.name}.ra_defrtr_metric=4278190080, or RouteMetric= in networkd)`;
}

/** The routes that are out of the kernel because the agent took them over, for the status. */
export function takenOver({ snapshot, record }: SeenWorld): readonly AdoptedRouteStatus[] {
  const present = new Set((snapshot.originals ?? []).map(({ message }) => message));
  return without(record.adopted, record.returned)
    .filter(({ message }) => !present.has(message))
    .map(({ route, interfaceName }) => {
      const words = [
        subjectOf(route, interfaceName),
        ...(route.table === TABLE_MAIN ? [] : [`table ${route.table}`]),
        `proto ${route.protocol}`,
        ...(route.metric === 0 ? [] : [`metric ${route.metric}`]),
      ];
      return {
        destination: destinationText(route.destination),
        gateway: route.nexthops[0]?.gateway ?? '',
        interface: interfaceName,
        text: words.join(' '),
      };
    });
}

function subjectOf(route: Route, name: string): string {
  const ways = route.nexthops.map(({ gateway }) =>
    gateway === undefined ? `dev ${name}` : `via ${gateway} dev ${name}`,
  );
  const text = ways.length === 1 ? ways[0]! : ways.map((way) => `nexthop ${way}`).join(' ');
  return `${destinationText(route.destination)} ${ways.length === 0 ? `dev ${name}` : text}`;
}
