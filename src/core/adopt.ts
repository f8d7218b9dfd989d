/**
 * `adopt: true`: which foreign default routes are taken over, when, and when they are given back. Pure.
 *
 * At distance 0 such a route keeps FRR from ever installing its own default (facts F1, S6). Make before break: a route is
 * taken over only once
 *   - the phase is decided (never while starting), and the diff of our own routes is empty;
 *   - the routes are out, or our own default on the same interface is in the kernel;
 *   - the record on disk has the very bytes of the route.
 * A route that comes back is recorded and taken over again, ever more slowly when somebody insists. One of router advertisements
 * comes back with each of them, and FRR loses its default for a moment each time: the status then names the cure at its source.
 *
 * Left alone are routes that could not be put back as they were.
 *
 * Invariant: nothing is deleted that is not in the record; nothing leaves the record but what was given back or superseded.
 */

import type { AdoptedRoute, Original } from '../model/adopted.js';
import type { BackupRouter } from '../model/config.js';
import type { Link } from '../model/link.js';
import { destinationText } from '../model/prefix.js';
import { type Route, TABLE_MAIN } from '../model/route.js';
import type { Snapshot } from '../model/snapshot.js';
import type { AdoptedRouteStatus } from '../model/status.js';
import { bound, isForeignDefault } from './auto.js';
import { FIGHT_WINDOW_MS, pauseOf } from './fight.js';
import { routeKey, routeSlot } from './keys.js';
import { linkOf, type Wait } from './management.js';
import { type Desired, ownedRoutes, ownership } from './plan.js';
import type { Step } from './ports.js';
import type { AdoptFight, State } from './state.js';

/** RTPROT_RA (linux/rtnetlink.h): the kernel itself, systemd-networkd and NetworkManager use it. */
const PROTOCOL_RA = 9;
/** zebra takes metric >> 24 for the distance, and 255 for "never prefer" (fact F1): such a route is in nobody's way. */
const HARMLESS_DISTANCE = 255;
const ROUNDING_S = 2;

/** Each management interface that is there, with each of its backup routers that adopt. */
function adopting(state: State, snapshot: Snapshot): readonly { readonly link: Link; readonly router: BackupRouter }[] {
  return state.config.managementInterfaces.flatMap(({ selector, backupRouters }) => {
    const link = linkOf(selector, snapshot);
    return link === undefined
      ? []
      : backupRouters.filter((router) => router.auto?.adopt === true).map((router) => ({ link, router }));
  });
}

interface Candidate {
  readonly original: Original;
  readonly link: Link;
  readonly router: BackupRouter;
}

function candidates(state: State, snapshot: Snapshot): readonly Candidate[] {
  return adopting(state, snapshot).flatMap(({ link, router }) =>
    (snapshot.originals ?? [])
      .filter(
        ({ route }) =>
          isForeignDefault(state, snapshot, link, router.family, route) && route.metric >>> 24 !== HARMLESS_DISTANCE,
      )
      .map((original) => ({ original, link, router })),
  );
}

/** Why a candidate is left where it is, for good. */
function obstacleOf({ original, router }: Candidate): string | undefined {
  if (original.obstacle === 'nexthop-object') return 'it hangs on a nexthop object, so it is not taken over';
  if (!router.destinations.some((destination) => destination.length === 0))
    return 'it is not taken over, because the default route is not among the destinations';
  return undefined;
}

/** The foreign default routes that are to be taken over. They cover nothing: they stand only until our own do. */
export function adoptable(state: State, snapshot: Snapshot): readonly Route[] {
  return candidates(state, snapshot)
    .filter((candidate) => obstacleOf(candidate) === undefined)
    .map(({ original }) => original.route);
}

/** What the next step of taking over is. */
export interface Adoption {
  /** The record to write first; undefined when it says what it must. */
  readonly record: readonly AdoptedRoute[] | undefined;
  readonly steps: readonly Step[];
}

const NO_ADOPTION: Adoption = { record: undefined, steps: [] };

/** When the next route may be taken over: at once, or later while somebody keeps putting one back. */
export function adoptAt(state: State): number {
  return state.adoptFight.last + pauseOf(state.adoptFight);
}

/** Called with a fresh snapshot whose diff to `want` is empty. */
export function adoption(state: State, snapshot: Snapshot, want: Desired, now: number): Adoption {
  if (state.phase.kind === 'starting' || state.recording !== undefined || now < adoptAt(state)) return NO_ADOPTION;
  const ready = candidates(state, snapshot).filter(
    (candidate) => obstacleOf(candidate) === undefined && replaced(state, snapshot, want, candidate),
  );
  const taking = ready.map(({ original, link }): AdoptedRoute => {
    const { route, message, expiresAtS } = original;
    return { route, message, interfaceName: link.name, ...(expiresAtS === undefined ? {} : { expiresAtS }) };
  });
  if (taking.length === 0) return NO_ADOPTION;
  const recorded = (adopted: AdoptedRoute): boolean =>
    state.adopted.some((known) => known.message === adopted.message && sameEnd(known, adopted));
  if (taking.every(recorded))
    return { record: undefined, steps: taking.map((adopted) => ({ kind: 'adopt-route', adopted })) };
  const slots = new Set(taking.map(({ route }) => routeSlot(route)));
  return {
    record: [...state.adopted.filter(({ route }) => !slots.has(routeSlot(route))), ...taking],
    steps: [],
  };
}

/** Whether a lifetime is the one that was recorded: it is rounded, and read anew at each look. */
function sameEnd(a: AdoptedRoute, b: AdoptedRoute): boolean {
  if (a.expiresAtS === undefined || b.expiresAtS === undefined) return a.expiresAtS === b.expiresAtS;
  return Math.abs(a.expiresAtS - b.expiresAtS) <= ROUNDING_S;
}

/** Whether the packets of the route have another way already: its own default of ours, or the healthy daemon's routes. */
function replaced(state: State, snapshot: Snapshot, want: Desired, { link, router }: Candidate): boolean {
  if (state.phase.kind === 'out') return true;
  const installed = new Set(
    ownedRoutes(ownership(state.config, state.formerGateways), snapshot).map((route) => routeKey(route)),
  );
  const ours = want.routes.filter(
    (route) => route.family === router.family && route.nexthops[0]?.interfaceIndex === link.index,
  );
  return ours.some((route) => route.destination.length === 0) && ours.every((route) => installed.has(routeKey(route)));
}

/** Records that the configuration no longer wants, given back before anything of ours is changed. */
export function disowned(state: State, snapshot: Snapshot): readonly AdoptedRoute[] {
  if (state.adopted.length === 0) return [];
  const wanted = adopting(state, snapshot);
  return without(state.recording ?? state.adopted, state.returned).flatMap((adopted) => {
    const now = bound(adopted, snapshot);
    const kept =
      now === undefined ||
      wanted.some(({ link, router }) => isForeignDefault(state, snapshot, link, router.family, now.route));
    return kept ? [] : [now];
  });
}

/** The steps that put the routes back, as far as their interfaces are there. */
export function restoreSteps(adopted: readonly AdoptedRoute[], snapshot: Snapshot): Step[] {
  return adopted.flatMap((one): Step[] => {
    const now = bound(one, snapshot);
    return now === undefined ? [] : [{ kind: 'restore-route', adopted: now }];
  });
}

/** Records without the ones that were given back. */
export function without(adopted: readonly AdoptedRoute[], returned: readonly AdoptedRoute[]): readonly AdoptedRoute[] {
  const gone = new Set(returned.map(({ message }) => message));
  return adopted.filter(({ message }) => !gone.has(message));
}

/** One more route taken over, or one more attempt. */
export function foughtOver(fight: AdoptFight, now: number): AdoptFight {
  return { count: now - fight.last > FIGHT_WINDOW_MS ? 1 : fight.count + 1, last: now };
}

/** What an operator should know: routes that stay where they are, and routes that are still to be given back. */
export function adoptionWaits(state: State, snapshot: Snapshot, now: number): Wait[] {
  const waits = candidates(state, snapshot).flatMap((candidate): Wait[] => {
    const reason =
      obstacleOf(candidate) ??
      state.recordFault ??
      (now < adoptAt(state) ? insistence(candidate, state.adoptFight.count) : undefined);
    return reason === undefined ? [] : [{ subject: subjectOf(candidate.original.route, candidate.link.name), reason }];
  });
  for (const { route, interfaceName } of disowned(state, snapshot))
    waits.push({ subject: subjectOf(route, interfaceName), reason: 'is still to be given back' });
  return waits;
}

function insistence({ original, link }: Candidate, count: number): string {
  if (original.route.protocol !== PROTOCOL_RA) return `somebody keeps putting it back, ${count} times by now`;
  return `router advertisements keep renewing it, ${count} times by now; raise its metric (sysctl net.ipv6.conf.${link.name}.ra_defrtr_metric=4278190080, or RouteMetric= in networkd)`;
}

/** The routes that are away because we took them over: what the status tells. */
export function takenOver(state: State, snapshot: Snapshot): readonly AdoptedRouteStatus[] {
  const present = new Set((snapshot.originals ?? []).map(({ message }) => message));
  return without(state.adopted, state.returned)
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
  return `${destinationText(route.destination)} via ${route.nexthops[0]?.gateway ?? ''} dev ${name}`;
}
