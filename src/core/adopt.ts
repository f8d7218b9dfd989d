/**
 * `adopt: true`: which foreign default routes are taken over, when, and when they are given back.
 * Pure.
 *
 * At distance 0 such a route keeps FRR from ever installing its own default (facts F1, S6). The
 * order is make before break. A route is taken over only once
 *   - a takeover is under way (takeover.ts), the phase is not `starting`, and the diff of our own
 *     routes is empty;
 *   - the kernel has our own default on the same interface;
 *   - the record on disk has the exact bytes of the route.
 *
 * A route that comes back is recorded and taken over again. While somebody keeps putting it back,
 * each further attempt waits longer. A route of router advertisements comes back with each
 * advertisement, and FRR loses its default for a moment each time; the status then names the
 * remedy.
 *
 * Routes that could not be put back as they were are left alone.
 *
 * Invariant: nothing is deleted that is not in the record. An entry leaves the record only when
 * its route has been given back or superseded, or the kernel would have removed it by itself
 * ({@link isVoid}).
 */

import type { AdoptedRoute, Original } from '../model/adopted.js';
import { allBackupRouters, type BackupRouter, type Config } from '../model/config.js';
import type { Route } from '../model/route.js';
import type { Snapshot } from '../model/snapshot.js';
import { bound, isForeignDefault, isVoid, leavesElsewhere, sameWay, wayOf, waysOf } from './foreign-default.js';
import { INTERFERENCE_WINDOW_MS, type Insistence, pauseOf } from './interference.js';
import { routeSlot } from './keys.js';
import { adopting, type Place, samePlace, takeoverOf } from './places.js';
import type { Desired } from './plan.js';
import type { Step } from './ports.js';
import { missingRoutes } from './presence.js';
import type { Agenda, Phase, SeenWorld } from './state.js';
import type { AutoWay } from './takeover-state.js';

/**
 * zebra takes metric >> 24 as the distance, and 255 as "never prefer" (fact F1): such a route does
 * not keep FRR's default out.
 */
const HARMLESS_DISTANCE = 255;
const ROUNDING_S = 2;

export interface Candidate extends Place {
  readonly original: Original;
}

export function candidates(world: SeenWorld): readonly Candidate[] {
  return adopting(world).flatMap(({ link, router }) =>
    (world.snapshot.originals ?? [])
      .filter(
        ({ route }) => isForeignDefault(world, link, router.family, route) && route.metric >>> 24 !== HARMLESS_DISTANCE,
      )
      .map((original) => ({ original, link, router })),
  );
}

/** Why a candidate is never taken over; undefined: it can be. */
export function obstacleOf(world: SeenWorld, { original, link, router }: Candidate): string | undefined {
  if (original.obstacle === 'nexthop-object') return 'it uses a nexthop object, so it is not taken over';
  if (leavesElsewhere(world, link, original.route))
    return 'it also has next hops on other interfaces, so it is not taken over';
  if (isVoid(original, world.snapshot)) return 'its source is not an address of an interface, so it is not taken over';
  if (!router.destinations.some((destination) => destination.length === 0))
    return 'it is not taken over, because the default route is not among the destinations';
  return undefined;
}

/** The foreign default routes that could be taken over. */
export function takeable(world: SeenWorld): readonly Candidate[] {
  return candidates(world).filter((candidate) => obstacleOf(world, candidate) === undefined);
}

/**
 * The foreign default routes that are being taken over. They cover nothing, because they stay only
 * until our own routes are in. Every other foreign default route can cover.
 */
export function adoptable(world: SeenWorld): readonly Route[] {
  if (world.takeovers.size === 0) return [];
  return takeable(world)
    .filter((candidate) => takeoverOf(world, candidate).kind === 'trying')
    .map(({ original }) => original.route);
}

/** The next step of a takeover: a record to write, or changes of the kernel. */
interface Adoption {
  /** The record to write first; undefined: the record on disk is already right. */
  readonly record: readonly AdoptedRoute[] | undefined;
  readonly steps: readonly Step[];
}

const NO_ADOPTION: Adoption = { record: undefined, steps: [] };

/**
 * When the next route may be taken over: at once, or after a pause while somebody keeps putting a
 * route back.
 */
export function adoptAt({ adoptInterference }: Agenda): number {
  return adoptInterference.last + pauseOf(adoptInterference);
}

/**
 * The next step of a takeover. To be called with a fresh snapshot whose diff to `want` is empty,
 * not before {@link adoptAt}.
 */
export function adoption(world: SeenWorld, phase: Phase, want: Desired): Adoption {
  const { record } = world;
  if (phase.kind === 'starting' || record.writing !== undefined) return NO_ADOPTION;
  const ready = takeable(world).filter(
    (candidate) => takeoverOf(world, candidate).kind === 'trying' && replaced(world, want, candidate),
  );
  const taking = ready.map(({ original, link }): AdoptedRoute => {
    const { route, message, expiresAtS } = original;
    return { route, message, interfaceName: link.name, ...(expiresAtS === undefined ? {} : { expiresAtS }) };
  });
  if (taking.length === 0) return NO_ADOPTION;
  const isRecorded = (adopted: AdoptedRoute): boolean =>
    record.adopted.some((known) => known.message === adopted.message && sameEnd(known, adopted));
  if (taking.every(isRecorded))
    return { record: undefined, steps: taking.map((adopted) => ({ kind: 'adopt-route', adopted })) };
  const slots = new Set(taking.map(({ route }) => recordSlot(route)));
  return {
    record: [
      ...without(record.adopted, record.returned).filter(({ route }) => !slots.has(recordSlot(route))),
      ...taking,
    ],
    steps: [],
  };
}

/**
 * The key under which one recorded route supersedes another. In IPv6 several routers of one metric
 * stand side by side as routes of their own, so the gateways are part of the key.
 */
function recordSlot(route: Route): string {
  return route.family === 'inet'
    ? routeSlot(route)
    : `${routeSlot(route)} ${route.nexthops.map(({ gateway }) => gateway).join()}`;
}

/**
 * Whether the expiry time is the recorded one. It is computed anew from a rounded lifetime at each
 * look, so it may differ by {@link ROUNDING_S}.
 */
function sameEnd(a: AdoptedRoute, b: AdoptedRoute): boolean {
  if (a.expiresAtS === undefined || b.expiresAtS === undefined) return a.expiresAtS === b.expiresAtS;
  return Math.abs(a.expiresAtS - b.expiresAtS) <= ROUNDING_S;
}

/**
 * Whether the kernel has all of our wanted routes for the place, and one of them is a default that
 * goes the same way ({@link sameWay}) as a foreign default route of the place.
 */
function replaced(world: SeenWorld, want: Desired, { link, router }: Candidate): boolean {
  const absent = missingRoutes(world, want.routes);
  const ours = want.routes.filter(
    (route) => route.family === router.family && route.nexthops[0]?.interfaceIndex === link.index,
  );
  const theirs = waysOf(
    world,
    link,
    takeable(world).flatMap((one) => (samePlace(one, { link, router }) ? [one.original.route] : [])),
  );
  const alike = ours.some((route) => {
    const [nexthop] = route.nexthops;
    const way = wayOf(route, nexthop?.gateway, nexthop?.onlink);
    return route.destination.length === 0 && theirs.some((one) => sameWay(asConfigured(router, one), way));
  });
  return alike && ours.every((route) => !absent.has(route));
}

/** The way with the source and the `onlink` flag that the configuration adds. */
function asConfigured({ source, onlink }: BackupRouter, way: AutoWay): AutoWay {
  return { ...way, ...(source === undefined ? {} : { source }), ...(onlink === true ? { onlink } : {}) };
}

/**
 * Recorded routes that the configuration no longer wants taken over. They are given back before
 * anything of ours changes.
 */
export function disowned(world: SeenWorld): readonly AdoptedRoute[] {
  const { record } = world;
  if (record.adopted.length === 0) return [];
  const wanted = adopting(world);
  return without(record.writing ?? record.adopted, record.returned).flatMap((adopted) => {
    const now = bound(adopted, world.snapshot);
    const kept =
      now === undefined || wanted.some(({ link, router }) => isForeignDefault(world, link, router.family, now.route));
    return kept ? [] : [now];
  });
}

/** Recorded routes to give back because the takeover has failed (takeover.ts). */
export function unreplaced(world: SeenWorld): readonly AdoptedRoute[] {
  const { record, snapshot } = world;
  const resting = adopting(world).filter((place) => takeoverOf(world, place).kind === 'resting');
  if (resting.length === 0) return [];
  const present = new Set((snapshot.originals ?? []).map(({ message }) => message));
  return without(record.adopted, record.returned).flatMap((adopted) => {
    const now = present.has(adopted.message) ? undefined : bound(adopted, snapshot);
    if (now === undefined) return [];
    return resting.some(({ link, router }) => isForeignDefault(world, link, router.family, now.route)) ? [now] : [];
  });
}

/** The steps that put the routes back, for those whose interfaces exist. */
export function restoreSteps(adopted: readonly AdoptedRoute[], snapshot: Snapshot): Step[] {
  return adopted.flatMap((one): Step[] => {
    const now = bound(one, snapshot);
    return now === undefined ? [] : [{ kind: 'restore-route', adopted: now }];
  });
}

/** The records except those that were given back. */
export function without(adopted: readonly AdoptedRoute[], returned: readonly AdoptedRoute[]): readonly AdoptedRoute[] {
  const gone = new Set(returned.map(({ message }) => message));
  return adopted.filter(({ message }) => !gone.has(message));
}

/** The count after one more takeover or attempt. */
export function interferenceAfter(interference: Insistence, now: number): Insistence {
  return { count: now - interference.last > INTERFERENCE_WINDOW_MS ? 1 : interference.count + 1, last: now };
}

/** Whether the configuration asks for foreign default routes to be taken over. */
export function adopts(config: Config): boolean {
  return allBackupRouters(config).some((router) => router.auto?.adopt === true);
}
