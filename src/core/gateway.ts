/**
 * Which backup router of an ordered list to use. The kernel's neighbour table decides, kept fresh by probes that leave on the
 * management interface and depend on no route. Pure.
 *
 * Hysteresis: a gateway is left as soon as it is known dead and taken back once it has answered for a while, so
 * that one that comes and goes does not take the routes with it. When all are dead the first one stays.
 */

import type { Address } from '../model/address.js';
import type { Snapshot } from '../model/snapshot.js';

/** How long a gateway that was dead must answer before it is preferred again. */
export const TRUST_AFTER_MS = 10_000;
/** How often the gateways of a list are probed: while routes are in, and while they are not needed. */
export const PROBE_EVERY_MS = { in: 1_000, out: 10_000 } as const;

/** Gateways that were seen dead, by {@link gatewayKey}: since when they answer again; undefined: they do not. */
export type Suspects = ReadonlyMap<string, number | undefined>;

export function gatewayKey(interfaceIndex: number, gateway: Address): string {
  return `${interfaceIndex} ${gateway}`;
}

/** What one more look at the neighbours makes of the suspects; the very same map when it changes nothing. */
export function suspectsAfter(suspects: Suspects, snapshot: Snapshot, now: number): Suspects {
  let next: Map<string, number | undefined> | undefined;
  const edit = (): Map<string, number | undefined> => (next ??= new Map(suspects));
  for (const neighbour of snapshot.neighbours) {
    const key = gatewayKey(neighbour.interfaceIndex, neighbour.address);
    const since = suspects.get(key);
    if (neighbour.failed) {
      if (!suspects.has(key) || since !== undefined) edit().set(key, undefined);
    } else if (neighbour.known && suspects.has(key)) {
      if (since === undefined) edit().set(key, now);
      else if (now - since >= TRUST_AFTER_MS) edit().delete(key);
    }
  }
  return next ?? suspects;
}

export interface Choice {
  readonly gateway: Address;
  /** Position in the list. */
  readonly rank: number;
}

/** The most preferred gateway that is no suspect; of suspects the most preferred one that answers; else the first. */
export function chooseGateway(gateways: readonly Address[], interfaceIndex: number, suspects: Suspects): Choice {
  const stands = gateways.map((gateway) => gatewayKey(interfaceIndex, gateway));
  const trusted = stands.findIndex((key) => !suspects.has(key));
  const answering = stands.findIndex((key) => suspects.get(key) !== undefined);
  const rank = trusted >= 0 ? trusted : Math.max(0, answering);
  return { gateway: gateways[rank]!, rank };
}

/** How good a way out by these gateways is, best first: one is trusted, one answers after having been dead, all are dead. Nothing is known of none. */
export function outlook(gateways: readonly Address[], interfaceIndex: number, suspects: Suspects): 0 | 1 | 2 {
  const stands = gateways.map((gateway) => gatewayKey(interfaceIndex, gateway));
  if (stands.length === 0 || stands.some((key) => !suspects.has(key))) return 0;
  return stands.some((key) => suspects.get(key) !== undefined) ? 1 : 2;
}
