/**
 * What is known of the life of each backup router, and which of an ordered list to use. The kernel's neighbour table decides, kept fresh by
 * probes that leave on the management interface and depend on no route (probing.ts). Pure.
 *
 *   unknown   alive   when it answers. An entry that the kernel had before it was asked proves nothing until it could have failed
 *   unknown   dead    when it has failed, and has been asked for long enough (fact K21)
 *   alive     dead    the same
 *   dead      alive   when it answers; suspect until it has answered for a while
 *
 * Hysteresis: a gateway is left as soon as it is known dead and taken back once it has answered for a while, so
 * that one that comes and goes does not take the routes with it. When all are dead the first one stays.
 */

import type { Address } from '../model/address.js';
import { type Neighbour, neighbourKey } from '../model/link.js';

/** How long a gateway that was dead must answer before it is preferred again. */
export const TRUST_AFTER_MS = 10_000;
/** Three tries, a second apart: until then an unanswered question is no failure, and one that failed was asked before we did. */
const PATIENCE_MS = 3_000;

export interface Sighting {
  readonly state: 'unknown' | 'alive' | 'dead';
  /** Since when it is so. */
  readonly since: number;
  /** It has been dead, and has not answered for long enough since. */
  readonly suspect: boolean;
  /** Since when it can be asked without a break; undefined: it cannot. */
  readonly askable: number | undefined;
  /** While unknown: the kernel has had an entry for it since before it was asked. */
  readonly entry: boolean;
  /** No route can go by it: it is no neighbour, or this host itself. */
  readonly barred: boolean;
}

/** By {@link neighbourKey}. */
export type Sightings = ReadonlyMap<string, Sighting>;

/** A gateway as the next look finds it. */
export interface Sight {
  readonly interfaceIndex: number;
  readonly address: Address;
  /** It can be asked, and its answer would be seen. */
  readonly askable: boolean;
  readonly barred: boolean;
}

/** What one more look makes of the sightings; the very same map when it changes nothing. Gateways that are no longer named are forgotten. */
export function sightingsAfter(
  sightings: Sightings,
  sights: readonly Sight[],
  neighbours: readonly Neighbour[],
  now: number,
): Sightings {
  const next = new Map(
    sights.map((sight): [string, Sighting] => {
      const key = neighbourKey(sight);
      return [
        key,
        sighting(
          sightings.get(key),
          sight,
          neighbours.find((one) => neighbourKey(one) === key),
          now,
        ),
      ];
    }),
  );
  return next.size === sightings.size && [...next].every(([key, value]) => sightings.get(key) === value)
    ? sightings
    : next;
}

function sighting(before: Sighting | undefined, sight: Sight, neighbour: Neighbour | undefined, now: number): Sighting {
  const known = neighbour?.known === true;
  const askable = sight.askable ? (before?.askable ?? now) : undefined;
  const { barred } = sight;
  const was: Sighting = before ?? { state: 'unknown', since: now, suspect: false, askable, entry: known, barred };
  const is: Sighting =
    was.askable === askable && was.barred === barred && (was.entry === false || known)
      ? was
      : { ...was, askable, barred, entry: was.entry && known };
  if (askable === undefined) return is;
  const patient = now - askable >= PATIENCE_MS;
  if (neighbour?.failed === true)
    return patient && is.state !== 'dead' ? { ...is, state: 'dead', since: now, suspect: true, entry: false } : is;
  if (!known) return is;
  switch (is.state) {
    case 'unknown':
      return is.entry && !patient ? is : { ...is, state: 'alive', since: now, entry: false };
    case 'dead':
      return { ...is, state: 'alive', since: now };
    case 'alive':
      return is.suspect && now - is.since >= TRUST_AFTER_MS ? { ...is, suspect: false } : is;
    default:
      return is.state satisfies never;
  }
}

export interface Choice {
  readonly gateway: Address;
  /** Position in the list. */
  readonly rank: number;
}

/** The most preferred gateway that may be trusted; of suspects the most preferred one that answers; else the first. */
export function chooseGateway(gateways: readonly Address[], interfaceIndex: number, sightings: Sightings): Choice {
  const hopes = gateways.map((address) => hope(sightings.get(neighbourKey({ interfaceIndex, address }))));
  const best = Math.min(...hopes);
  const rank = Math.max(
    0,
    hopes.findIndex((one) => one <= best),
  );
  return { gateway: gateways[rank]!, rank };
}

/** How good a way out by these gateways is, best first: one is trusted, one answers after having been dead, all are dead. Nothing is known of none. */
export function outlook(gateways: readonly Address[], interfaceIndex: number, sightings: Sightings): number {
  if (gateways.length === 0) return 0;
  return Math.min(...gateways.map((address) => hope(sightings.get(neighbourKey({ interfaceIndex, address })))));
}

function hope(seen: Sighting | undefined): 0 | 1 | 2 {
  if (seen === undefined) return 0;
  if (seen.barred || seen.state === 'dead') return 2;
  return seen.suspect ? 1 : 0;
}
