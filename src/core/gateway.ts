/**
 * Whether each backup router is alive, and which one of an ordered list to use. The kernel's
 * neighbour table decides. It is kept fresh by probes that leave on the management interface and
 * depend on no route (probing.ts). Pure.
 *
 *   unknown   alive   when it answers; an entry that is older than the first probe proves nothing
 *                     until it could have failed; one that was unresolved counts as dead until then
 *   unknown   dead    when it has failed, and has been probed for long enough (fact K21)
 *   alive     dead    the same
 *   dead      alive   when it answers; it is suspect until it has answered for a while
 *
 * Hysteresis: a gateway is left as soon as it is known to be dead, and preferred again once it has
 * answered for a while. One that comes and goes does not make the routes flap. When all are dead
 * the first one stays.
 */

import type { Address } from '../model/address.js';
import { type Neighbour, neighbourKey } from '../model/link.js';

/** How long a gateway that was dead must answer before it is preferred again, in milliseconds. */
export const TRUST_AFTER_MS = 10_000;
/**
 * Three probes, one second apart, in milliseconds. An earlier failure does not count: the kernel
 * may have asked before the first probe.
 */
export const PATIENCE_MS = 3_000;
/**
 * How long an entry that was unresolved before the first probe speaks against a gateway, in
 * milliseconds of probes. By then the kernel has given a word of its own, or none will come.
 */
const UNRESOLVED_FOR_MS = 10_000;

interface Sighting {
  readonly state: 'unknown' | 'alive' | 'dead';
  /** Monotonic time since when the state has this value. */
  readonly since: number;
  /** It was dead, and has not answered for long enough since. */
  readonly suspect: boolean;
  /** Since when it can be probed without a break; undefined: it cannot be probed now. */
  readonly askable: number | undefined;
  /**
   * While unknown: the entry that the kernel has had for it since before the first probe.
   * `unresolved`: it was asked, and had not answered.
   */
  readonly entry: 'none' | 'resolved' | 'unresolved';
  /** No route can use it: it is no neighbour, or an address of this host. */
  readonly barred: boolean;
}

/** By {@link neighbourKey}. */
export type Sightings = ReadonlyMap<string, Sighting>;

/** What is known of one gateway; undefined: it has not been looked at yet. */
export function sightingOf(sightings: Sightings, interfaceIndex: number, address: Address): Sighting | undefined {
  return sightings.get(neighbourKey({ interfaceIndex, address }));
}

/** A gateway as the next look finds it. */
export interface Sight {
  readonly interfaceIndex: number;
  readonly address: Address;
  /** It can be probed, and its answer would be seen. */
  readonly askable: boolean;
  readonly barred: boolean;
}

/**
 * The sightings after one more look; the same map if nothing changes. Gateways that are no longer
 * named are forgotten.
 */
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
  // Nobody asks it any more, and whoever has set the entry knows better.
  if (neighbour?.permanent === true && before?.state === 'dead')
    return { state: 'unknown', since: now, suspect: false, askable: undefined, entry: 'none', barred };
  const found = neighbour === undefined ? 'none' : known ? 'resolved' : 'unresolved';
  const was: Sighting = before ?? { state: 'unknown', since: now, suspect: false, askable, entry: found, barred };
  const asked = askable === undefined ? 0 : now - askable;
  const entry = stillSo(was.entry, known, asked) ? was.entry : 'none';
  const is: Sighting =
    was.askable === askable && was.barred === barred && was.entry === entry ? was : { ...was, askable, barred, entry };
  if (askable === undefined) return is;
  const patient = asked >= PATIENCE_MS;
  if (neighbour?.failed === true)
    return patient && is.state !== 'dead' ? { ...is, state: 'dead', since: now, suspect: true, entry: 'none' } : is;
  if (!known) return is;
  switch (is.state) {
    case 'unknown':
      return is.entry === 'resolved' && !patient ? is : { ...is, state: 'alive', since: now, entry: 'none' };
    case 'dead':
      return { ...is, state: 'alive', since: now };
    case 'alive':
      return is.suspect && now - is.since >= TRUST_AFTER_MS ? { ...is, suspect: false } : is;
    default:
      return is.state satisfies never;
  }
}

/** The sightings with what is known of some gateways: whether they answer. */
export function withAnswers(sightings: Sightings, answers: ReadonlyMap<string, boolean>): Sightings {
  return new Map(
    [...sightings].map(([key, seen]) => {
      const said = answers.get(key);
      return [key, said === undefined ? seen : { ...seen, state: said ? 'alive' : 'dead', suspect: false }];
    }),
  );
}

/** Whether the entry of before the first probe still says something. */
function stillSo(entry: Sighting['entry'], known: boolean, askedForMs: number): boolean {
  return entry === 'resolved' ? known : entry === 'unresolved' && !known && askedForMs < UNRESOLVED_FOR_MS;
}

interface Choice {
  readonly gateway: Address;
  /** Position in the list. */
  readonly rank: number;
}

/**
 * The most preferred gateway that is trusted; failing that, the most preferred suspect that
 * answers; failing that, the first.
 */
export function chooseGateway(gateways: readonly Address[], interfaceIndex: number, sightings: Sightings): Choice {
  const hopes = gateways.map((address) => hope(sightingOf(sightings, interfaceIndex, address)));
  const best = Math.min(...hopes);
  const rank = Math.max(
    0,
    hopes.findIndex((one) => one <= best),
  );
  return { gateway: gateways[rank]!, rank };
}

/**
 * How good a way out by these gateways is; lower is better. 0: one is trusted. 1: one answers
 * after having been dead. 2: all are dead. An empty list counts as 0.
 */
export function outlook(gateways: readonly Address[], interfaceIndex: number, sightings: Sightings): number {
  if (gateways.length === 0) return 0;
  return Math.min(...gateways.map((address) => hope(sightingOf(sightings, interfaceIndex, address))));
}

/**
 * Whether the gateway is known to lose packets: it is dead, or it had not answered when the agent
 * started, as after a restart beside a dead one.
 */
export function isSilent(seen: Sighting | undefined): boolean {
  return (
    seen?.state === 'dead' || (seen?.state === 'unknown' && seen.entry === 'unresolved' && seen.askable !== undefined)
  );
}

function hope(seen: Sighting | undefined): 0 | 1 | 2 {
  if (seen === undefined) return 0;
  if (seen.barred || isSilent(seen)) return 2;
  return seen.suspect ? 1 : 0;
}
