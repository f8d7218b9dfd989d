/**
 * Whether foreign default routes of an interface and family may be taken over now: one small state
 * machine for each place. Pure.
 *
 *   ready     until the routing daemon offers a default route of its own
 *   trying    ours are in, the foreign one is removed (adopt.ts), and the daemon's own is awaited
 *   taken     the daemon's own has come
 *   resting   it has not, or the kernel refuses ours: the foreign one is given back, and the next
 *             attempt waits
 *
 *   from               to        when
 *   ready, taken       trying    the foreign one is in the kernel, every daemon answers, and the
 *                                daemon offers one (offers.ts)
 *   ready              trying    a former life removed the foreign one, and nothing covers
 *   any but taken      taken     the foreign one is removed, and something covers: the daemon's own
 *                                also ends a giving back that the kernel refuses
 *   trying             ready     the foreign one is in the kernel, and the daemon offers none
 *   trying             resting   COMES_WITHIN_MS are over
 *   any but resting    resting   the foreign one is removed, nothing is confirmed to cover, and the
 *                                kernel refuses ours
 *   resting            ready     the foreign one has been given back, or another has come, and the
 *                                pause is over
 *
 * Invariant: foreign default routes are removed in `trying` only, and our routes stay in until
 * `trying` has ended (phase.ts).
 */

import { defaultPrefix, prefixText } from '../model/prefix.js';
import { coverage } from './coverage.js';
import { wanted } from './desired.js';
import { bound, isForeignDefault } from './foreign-default.js';
import { routeKey } from './keys.js';
import { isOffered } from './offers.js';
import { adopting, type Place, placeKey, READY, takeoverOf } from './places.js';
import { isSeen, type Phase, type SeenWorld, type World } from './state.js';
import type { Takeover, Takeovers } from './takeover-state.js';

/**
 * How long the daemon's route is awaited, in milliseconds. zebra installs a candidate within
 * milliseconds; BIRD scans the kernel's table at least once a minute.
 */
const COMES_WITHIN_MS = 10_000;
const FIRST_REST_MS = 60_000;
const MAX_REST_MS = 3_600_000;

/**
 * Whether the place's foreign default routes are in the kernel (`standing`), or removed by us
 * (`away`).
 */
interface Whereabouts {
  readonly place: Place;
  readonly standing: boolean;
  readonly away: boolean;
}

/** The takeovers after time has passed or the world has changed; the same map if nothing is new. */
export function takeoversAfter(
  world: SeenWorld,
  phase: Phase,
  takeable: (place: Place) => boolean,
  now: number,
): Takeovers {
  const next = new Map<string, Takeover>();
  let changed = false;
  for (const place of adopting(world)) {
    const key = placeKey(place.link, place.router.family);
    const was = world.takeovers.get(key) ?? READY;
    const standing: Whereabouts = { place, standing: takeable(place), away: isAway(world, place) };
    const is =
      phase.kind === 'starting' && was.kind === 'ready' && !standing.away
        ? was
        : after(world, phase, standing, was, now);
    if (is !== was) changed = true;
    if (is.kind !== 'ready' || is.failures > 0) next.set(key, is);
  }
  return changed || next.size !== world.takeovers.size ? next : world.takeovers;
}

function after(world: SeenWorld, phase: Phase, standing: Whereabouts, was: Takeover, now: number): Takeover {
  const { failures } = was;
  const lives = [...world.daemons.values()].every(({ life }) => life === 'responsive');
  const { place } = standing;
  const replaced = lives && standing.away && !standing.standing;
  const taken: Takeover = was.kind === 'taken' ? was : { kind: 'taken', failures: 0 };
  if (replaced && isCovered(world, place, isAsked(phase))) return taken;
  if (was.kind === 'resting')
    return (standing.away && !standing.standing) || now < was.until ? was : { kind: 'ready', failures };
  if (standing.away) {
    const refusal = refusalOf(world, phase, place, now);
    if (refusal !== undefined) return rest(failures, `the kernel refuses ours: ${refusal}`, now);
  }
  if (!lives) return was.kind === 'trying' && was.since !== undefined ? { ...was, since: undefined } : was;
  if (standing.standing) {
    if (!isOffered(world, place)) return was.kind === 'trying' ? { kind: 'ready', failures } : was;
    if (was.kind !== 'trying') return { kind: 'trying', since: now, failures };
  } else if (!standing.away) {
    return was.kind === 'ready' ? was : { kind: 'ready', failures };
  } else if (was.kind !== 'trying' && isCovered(world, place, false)) {
    return taken;
  } else if (was.kind === 'ready') {
    return { kind: 'trying', since: now, failures };
  }
  if (was.kind !== 'trying') return was;
  if (was.since === undefined) return { ...was, since: now };
  if (now - was.since < COMES_WITHIN_MS) return was;
  const refusal = refusalOf(world, phase, place, now);
  return rest(
    failures,
    refusal !== undefined
      ? `the kernel refuses ours: ${refusal}`
      : standing.standing
        ? 'it could not be taken over in time'
        : 'the routing daemon installed no default route in its place',
    now,
  );
}

function rest(failures: number, reason: string, now: number): Takeover {
  const pauseMs = Math.min(MAX_REST_MS, FIRST_REST_MS * 2 ** Math.min(failures, 16));
  return { kind: 'resting', until: now + pauseMs, failures: failures + 1, reason };
}

/** Whether a foreign default route of the place is in the record and not in the kernel. */
function isAway(world: SeenWorld, { link, router }: Place): boolean {
  const { record, snapshot } = world;
  if (record.adopted.length === 0) return false;
  const present = new Set((snapshot.originals ?? []).map(({ message }) => message));
  const returned = new Set(record.returned.map(({ message }) => message));
  return record.adopted.some((adopted) => {
    if (present.has(adopted.message) || returned.has(adopted.message)) return false;
    const now = bound(adopted, snapshot);
    return now !== undefined && isForeignDefault(world, link, router.family, now.route);
  });
}

/**
 * Whether a foreign route carries the default route's packets. `confirmed`: the daemon must have
 * confirmed it; otherwise it is enough that the daemon has not denied it.
 */
function isCovered(world: SeenWorld, { router }: Place, confirmed: boolean): boolean {
  const { unread, uncovered, bare } = coverage(world);
  const open = confirmed ? uncovered.map(prefixText) : bare;
  return !unread && !open.includes(prefixText(defaultPrefix(router.family)));
}

/** Whether the daemon is asked about its routes. */
function isAsked(phase: Phase): boolean {
  return phase.kind === 'in' && phase.cause !== 'pinned' && phase.cause !== 'standby';
}

/** The kernel's message if it refuses our default route of the place. */
function refusalOf(world: SeenWorld, phase: Phase, { link, router }: Place, now: number): string | undefined {
  if (phase.kind !== 'in' || world.refused.size === 0) return undefined;
  const ours = wanted(world, phase, now)?.routes.find(
    ({ family, destination, nexthops }) =>
      family === router.family && destination.length === 0 && nexthops[0]?.interfaceIndex === link.index,
  );
  return ours === undefined ? undefined : world.refused.get(routeKey(ours))?.message;
}

/**
 * What is under way with a foreign default route, and when it ends at the latest. Until then ours
 * stay in. A route that is given back where something covers holds nothing up: the kernel may
 * refuse it for good.
 */
interface UnderWay {
  readonly kind: 'taking' | 'giving-back';
  readonly until: number | undefined;
}

export function underWay(world: World): UnderWay | undefined {
  if (world.takeovers.size === 0 || !isSeen(world)) return undefined;
  let found: UnderWay | undefined;
  for (const place of adopting(world)) {
    const takeover = takeoverOf(world, place);
    if (takeover.kind === 'resting' && isAway(world, place) && !isCovered(world, place, false))
      found ??= { kind: 'giving-back', until: undefined };
    if (takeover.kind !== 'trying') continue;
    const until = takeover.since === undefined ? undefined : takeover.since + COMES_WITHIN_MS;
    if (found?.kind !== 'taking' || (until ?? 0) > (found.until ?? 0)) found = { kind: 'taking', until };
  }
  return found;
}

/** When takeovers change by time alone. */
export function takeoverDeadlines({ takeovers }: World): readonly number[] {
  return [...takeovers.values()].flatMap((takeover) => {
    if (takeover.kind === 'resting') return [takeover.until];
    return takeover.kind === 'trying' && takeover.since !== undefined ? [takeover.since + COMES_WITHIN_MS] : [];
  });
}
