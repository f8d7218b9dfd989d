/** When the kernel is looked at, how much of it is read, and what a look changes. Pure. */

import { remembered } from '../fib/remembered.js';
import type { Address, Family } from '../model/address.js';
import { allBackupRouters, type Config, gatewaysOf } from '../model/config.js';
import { type NeighbourId, neighbourKey } from '../model/link.js';
import { nextHopsOf } from '../model/next-hops.js';
import type { Route } from '../model/route.js';
import type { Snapshot } from '../model/snapshot.js';
import { adoptAt, adopts } from './adopt.js';
import { learnedAfter, learnedGateways } from './auto.js';
import { completed } from './completed.js';
import { coverage } from './coverage.js';
import { wanted } from './desired.js';
import { sightingsAfter } from './gateway.js';
import { gatewayIds, gatewaysIn, sightsOf } from './gateways.js';
import type { Output } from './inputs.js';
import { vrfTables } from './management.js';
import { type ObserveRequest, readsTables } from './ports.js';
import { askedNeighbours } from './probing.js';
import { loneAddresses } from './replies.js';
import { sharing } from './sharing.js';
import {
  amended,
  HINT_SPACING_MS,
  isSeen,
  moreUrgent,
  RETRY_MS,
  type RoundCause,
  type SeenWorld,
  type State,
  type World,
  withAgenda,
} from './state.js';
import { mistrustAfter } from './trust.js';
import { furtherTables, tablesFor } from './views.js';

/**
 * A router with a full table has next hops that come and go all day, and each may be the end of a cover: reading the table for them may
 * take this share of the time at most, one part of so many, and a change is seen this late at most, milliseconds.
 */
const FOREIGN_SHARE = 5;
const FOREIGN_PAUSE_MS = 2000;

/** The kernel tells what is left of a lifetime in hundredths of a second, and with less than one left it tells none. */
const PAST_THE_END_MS = 20;

/** What the event socket must let through, whatever the phase: events of today decide about tomorrow's phase. */
export function interest(world: World): ObserveRequest {
  const { routeProtocol: protocol } = world.config;
  return {
    protocol,
    formerProtocols: [...world.former.protocols].filter((former) => former !== protocol),
    vrfTables: world.snapshot === undefined ? [] : vrfTables(world.config, world.snapshot),
    furtherTables: world.snapshot === undefined ? [] : tablesFor(world, world.snapshot),
    maxLength: longestDestinations(world.config),
    // A default route may hang on one.
    ...(allBackupRouters(world.config).some(({ auto }) => auto !== undefined) ? { nexthopObjects: true } : {}),
    gateways: [
      ...new Set([
        ...gatewaysOfInterest(world),
        ...(world.snapshot === undefined ? [] : loneAddresses(world.config, world.snapshot)),
      ]),
    ],
  };
}

/** Those of the configuration, and all that `auto` may take: as seen in this life, as recorded, as installed by a former life. */
function gatewaysOfInterest({ config, learned, record, snapshot }: World): readonly Address[] {
  const auto = allBackupRouters(config).some(({ auto }) => auto !== undefined);
  const routes = auto ? [...record.adopted.map(({ route }) => route), ...(snapshot?.ownRoutes ?? [])] : [];
  const gateways = routes.flatMap(({ nexthops }) => nexthops.flatMap(({ gateway }) => gateway ?? []));
  return [...gatewaysOf(config), ...learnedGateways(learned), ...gateways];
}

/** How long prefixes of shared tables may be and still matter. */
export function longestDestinations(config: Config): Partial<Record<Family, number>> {
  const longest: Partial<Record<Family, number>> = {};
  for (const { family, destinations } of allBackupRouters(config))
    longest[family] = destinations.reduce((most, { length }) => Math.max(most, length), longest[family] ?? 0);
  return longest;
}

/**
 * What the next look must read. The tables of others (a million routes, perhaps) are read after an event concerned them and never for
 * our own sake: not after a batch, not after a death, not to put back what was deleted of ours. While routes are in, every resync reads them.
 */
function requestFor({ world, phase, agenda }: State, cause: RoundCause): ObserveRequest {
  // Whether a default route was taken over shows in the main table only, and changes of our own make no event.
  const adopting = adopts(world.config);
  const foreign =
    agenda.foreignDue ||
    cause === 'start' ||
    cause === 'reload' ||
    (cause === 'resync' && phase.kind !== 'out') ||
    (adopting && cause !== 'resync');
  const all = { ...interest(world), furtherTables: furtherTables(world), nexthopObjects: 'named' as const };
  const { protocol } = all;
  if (cause === 'probe' && isSeen(world))
    return { protocol, maxLength: {}, neighbours: askedNeighbours(world), only: 'neighbours' };
  const idle = phase.kind === 'out' && (cause === 'resync' || (cause === 'verify' && !adopting));
  return {
    ...all,
    ...(foreign && !idle ? {} : { maxLength: {} }),
    ...(idle ? {} : { neighbours: isSeen(world) ? neighboursThatMatter(world) : [] }),
  };
}

/** The gateways, and the next hops of others: the neighbours of other ports may be thousands. */
export function neighboursThatMatter(world: SeenWorld): readonly NeighbourId[] {
  const { foreignRoutes, furtherRoutes = [], nexthopObjects = [] } = world.snapshot;
  const foreign = [foreignRoutes, furtherRoutes].flatMap((routes) => nextHops(routes));
  return [...gatewayIds(world), ...foreign, ...nextHopsOf([], nexthopObjects)];
}

const nextHops = remembered((routes: readonly Route[]) => nextHopsOf(routes));

/** Asks for the look that is due, unless something is under way or it is too early. */
export function look(state: State, outputs: Output[], now: number): State {
  const { agenda } = state;
  const dirty = agenda.dirty ?? dueAnyway(state, now);
  if (agenda.round.kind !== 'idle' || dirty === undefined || (now < agenda.notBefore && dirty !== 'phase'))
    return withAgenda(state, { dirty });
  const id = agenda.observations + 1;
  const request = requestFor(
    dirty === 'hint' && ended(state, now) ? withAgenda(state, { foreignDue: true }) : state,
    dirty,
  );
  outputs.push({ kind: 'observe', id, request });
  const unread = !readsTables(request);
  return withAgenda(state, {
    observations: id,
    foreignDue: agenda.foreignDue && unread,
    // A look that only verifies tries nothing again that was refused, and what refused it may be what has gone.
    foreignWaits: agenda.foreignWaits && (dirty === 'verify' || dirty === 'probe' || (unread && agenda.foreignDue)),
    dirty: undefined,
    round: { kind: 'observing', id, cause: dirty, request, since: now },
  });
}

function dueAnyway(state: State, now: number): RoundCause | undefined {
  const { world, phase, agenda } = state;
  if (now >= resyncAt(state)) return 'resync';
  if ((agenda.foreignWaits && now >= agenda.foreignNotBefore) || ended(state, now)) return 'hint';
  // The pause after a route was taken over yet again has ended since the last look.
  if (adoptAt(agenda) > agenda.lastRound && now >= adoptAt(agenda)) return 'hint';
  const want = isSeen(world) ? wanted(world, phase, agenda.lastRound) : undefined;
  return want?.preemptAt !== undefined && now >= want.preemptAt ? 'phase' : undefined;
}

/** When the first of the routes that cover destinations ends by itself: it may have been renewed without a word, so it is looked at. */
export function endsAt({ world, agenda }: State): number | undefined {
  if (!isSeen(world) || !anyEnds(world.snapshot)) return undefined;
  const { until } = coverage(world);
  return until === undefined ? undefined : Math.max(until + PAST_THE_END_MS, agenda.lastRound + HINT_SPACING_MS);
}

function ended(state: State, now: number): boolean {
  const at = endsAt(state);
  return at !== undefined && now >= at;
}

function anyEnds({ foreignRoutes, furtherRoutes = [] }: Snapshot): boolean {
  return haveEnds(foreignRoutes) || haveEnds(furtherRoutes);
}

const haveEnds = remembered((routes: readonly Route[]): boolean =>
  routes.some(({ expiresAtMs }) => expiresAtMs !== undefined),
);

/** When everything is looked at again at the latest: on the beat of the heartbeats (untilBeat, health/clock.ts), so that it wakes nobody up by itself. */
export function resyncAt({ world, agenda: { lastRound, resyncMs } }: State): number {
  const { probeIntervalMs } = world.config;
  const at = lastRound + resyncMs;
  return 3 * probeIntervalMs <= resyncMs ? at - (at % probeIntervalMs) : at;
}

/** What a look under way was to find out about the routes of others is owed again once it is given up. */
export function interrupted(state: State): State {
  const { round } = state.agenda;
  return round.kind === 'observing' && readsTables(round.request) ? withAgenda(state, { foreignDue: true }) : state;
}

/** A look has come back; one that a newer was asked for after changes nothing. */
export function observed(state: State, id: number, snapshot: Snapshot, now: number): State {
  const { world, agenda } = state;
  if (agenda.round.kind !== 'observing' || agenda.round.id !== id) return state;
  const { request, cause, since } = agenda.round;
  const tables = readsTables(request);
  const known = sharing(world.snapshot, completed(world.snapshot, snapshot, request, now));
  const next = seen(world, known, tables ? readTables(world, known, request) : world.tablesRead, request, now);
  // What makes a gateway a neighbour was left out while nobody knew that it is one.
  const unread = tables && gatewaysOfInterest(next).some((gateway) => !request.gateways?.includes(gateway));
  return withAgenda(
    { ...state, world: next },
    {
      ...(unread ? { foreignDue: true, dirty: moreUrgent(agenda.dirty, 'hint') } : {}),
      foreignNotBefore: tables ? now + foreignPauseMs(now - since) : agenda.foreignNotBefore,
      round: { kind: 'idle' },
      // The change that is looked at may keep a backup route from carrying, or may have taken away what did.
      verifyDue:
        agenda.verifyDue ||
        cause === 'resync' ||
        (cause === 'hint' &&
          (world.idle.size > 0 || (state.phase.kind === 'in' && foreignChanged(world.snapshot, known)))),
      // A look at the neighbours is no resync.
      lastRound: cause === 'probe' ? agenda.lastRound : now,
      notBefore: agenda.dirty === undefined ? now : agenda.notBefore,
    },
  );
}

/** A look shares what it has not found changed with the one before it ({@link sharing}). */
function foreignChanged(before: Snapshot | undefined, after: Snapshot): boolean {
  return (
    before?.rules !== after.rules ||
    before.foreignRoutes !== after.foreignRoutes ||
    before.furtherRoutes !== after.furtherRoutes ||
    before.nexthopObjects !== after.nexthopObjects
  );
}

/** Those that the look was asked for, as far as it knew of them. */
function readTables(world: World, snapshot: Snapshot, { vrfTables = [] }: ObserveRequest): readonly number[] {
  return [...new Set([...vrfTables, ...furtherTables(world)(snapshot.rules)])].sort((a, b) => a - b);
}

/** What is known of the world after a look; the very same world when it found nothing new. */
function seen(
  world: World,
  snapshot: Snapshot,
  tablesRead: readonly number[],
  { neighbours = [] }: ObserveRequest,
  now: number,
): World {
  const asked = new Set(neighbours.map(neighbourKey));
  const next: SeenWorld = {
    ...world,
    snapshot,
    tablesRead: String(tablesRead) === String(world.tablesRead) ? world.tablesRead : tablesRead,
  };
  const learned = learnedAfter(next);
  const { former } = world;
  const known = learned === next.learned ? next : { ...next, learned };
  return amended(world, {
    snapshot: next.snapshot,
    tablesRead: next.tablesRead,
    learned,
    former:
      learned === world.learned
        ? former
        : { ...former, gateways: new Set([...former.gateways, ...learnedGateways(learned)]) },
    sightings: sightingsAfter(
      world.sightings,
      sightsOf(gatewaysIn(isSeen(world) && world.snapshot === snapshot ? world : known)).filter((sight) => {
        const key = neighbourKey(sight);
        return world.sightings.has(key) || asked.has(key);
      }),
      snapshot.neighbours,
      now,
    ),
    mistrust: mistrustAfter(world.mistrust, snapshot, now),
  });
}

/** How long the next look for foreign routes alone waits after one, or after a question for their sake, that took so long. */
export function foreignPauseMs(lookMs: number): number {
  return Math.min(FOREIGN_PAUSE_MS, Math.max(HINT_SPACING_MS, (FOREIGN_SHARE - 1) * lookMs));
}

/** A look has failed: what it was for is still owed. */
export function notObserved(state: State, id: number, message: string, now: number): State {
  const { round, dirty, foreignDue } = state.agenda;
  if (round.kind !== 'observing' || round.id !== id) return state;
  return withAgenda(state, {
    round: { kind: 'idle' },
    foreignDue: foreignDue || readsTables(round.request),
    dirty: moreUrgent(dirty, round.cause === 'phase' ? 'hint' : round.cause),
    notBefore: now + RETRY_MS,
    faults: [`cannot look at the kernel: ${message}`],
  });
}
