/**
 * When the gateways are probed. They are probed whether the routes are in or out, so that a backup
 * router that died months ago is noticed before it is needed. Pure.
 */

import { allBackupRouters, replying } from '../model/config.js';
import { type NeighbourId, neighbourKey } from '../model/link.js';
import type { Nexthop } from '../model/route.js';
import { coverage } from './coverage.js';
import { gatewayIds, gatewaysIn } from './gateways.js';
import type { Output } from './inputs.js';
import { isPermanent } from './neighbour.js';
import { isSeen, moreUrgent, type SeenWorld, type State, withAgenda } from './state.js';
import { nexthopKey } from './trust.js';

/** Interval of probes in milliseconds, while the routes are in and while they are out. */
const PROBE_EVERY_MS = { in: 1_000, out: 10_000 } as const;
/**
 * For this long, in milliseconds, a gateway of which nothing is known is probed as if the routes
 * were in. After that there is an answer, or none will come.
 */
const FIRST_WORD_MS = 10_000;

/** Maximum number of foreign gateways that are probed at once. */
const FOREIGN_TARGETS = 16;

/** The gateways that can be probed now. */
function probeTargets(world: SeenWorld): readonly NeighbourId[] {
  return gatewaysIn(world).flatMap(({ link, address, standing }) => {
    if (link === undefined || standing.kind !== 'neighbour') return [];
    return [{ interfaceIndex: link.index, address }];
  });
}

/** The distinct next hops of covers that lead nowhere. Nobody else sends to them now. */
function brokenCovers(world: SeenWorld): readonly Nexthop[] {
  if (world.mistrust.size === 0) return [];
  const byKey = new Map(coverage(world).broken.map((nexthop) => [nexthopKey(nexthop), nexthop]));
  return [...byKey.values()].slice(0, FOREIGN_TARGETS);
}

/** Those of them that can be probed. */
function foreignTargets(world: SeenWorld): readonly NeighbourId[] {
  return brokenCovers(world).flatMap(({ interfaceIndex, gateway }) => {
    const link = world.snapshot.links.find(({ index }) => index === interfaceIndex);
    if (gateway === undefined || link?.carrier !== true) return [];
    const id = { interfaceIndex, address: gateway };
    return isPermanent(world.snapshot, id) ? [] : [id];
  });
}

/** The neighbours that a look at the answers reads. */
export function askedNeighbours(world: SeenWorld): readonly NeighbourId[] {
  return [...gatewayIds(world), ...foreignTargets(world)];
}

/** Whether a gateway has an entry of an operator's, who may take it away without an event. */
function anyFixed(world: SeenWorld): boolean {
  return gatewayIds(world).some((id) => isPermanent(world.snapshot, id));
}

/** Probes what is due, and asks for a look at the answers to the previous probes. */
export function probe(state: State, outputs: Output[], now: number): State {
  const { world, agenda } = state;
  if (!isSeen(world)) return state;
  const all = probeTargets(world);
  const broken = brokenCovers(world);
  // The kernel's entry is read before the first probe: an operator's permanent entry is left
  // alone, and an old entry is no answer.
  const targets = all.filter((target) => world.sightings.has(neighbourKey(target)));
  const due = now >= agenda.probeAt || (broken.length > 0 && agenda.probeAt - now > PROBE_EVERY_MS.in);
  const asked = due ? [...targets, ...foreignTargets(world)] : [];
  if (asked.length > 0) outputs.push({ kind: 'probe', targets: asked });
  if (!due && targets.length === all.length) return state;
  return withAgenda(state, {
    probeAt: due
      ? onTheBeat(
          now + (targets.length < all.length ? PROBE_EVERY_MS.in : pace(state, now)),
          world.config.probeIntervalMs,
        )
      : agenda.probeAt,
    dirty: all.length + broken.length > 0 || anyFixed(world) ? moreUrgent(agenda.dirty, 'probe') : agenda.dirty,
  });
}

function pace({ world, phase }: State, now: number): number {
  // Symmetric replies go by the gateways in every phase.
  if (phase.kind !== 'out' || replying(allBackupRouters(world.config)).length > 0) return PROBE_EVERY_MS.in;
  if (isSeen(world) && brokenCovers(world).length > 0) return PROBE_EVERY_MS.in;
  for (const { state, askable } of world.sightings.values())
    if (state === 'unknown' && askable !== undefined && now - askable < FIRST_WORD_MS) return PROBE_EVERY_MS.in;
  return PROBE_EVERY_MS.out;
}

/**
 * Aligned with the heartbeats (untilBeat, health/clock.ts), so that it causes no wake-up of its
 * own.
 */
function onTheBeat(at: number, probeIntervalMs: number): number {
  return probeIntervalMs <= PROBE_EVERY_MS.in ? at - (at % probeIntervalMs) : at;
}
