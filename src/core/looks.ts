/** When the kernel is observed, how much of it is read, and what a look changes. Pure. */

import { remembered } from '../fib/remembered.js';
import { type Address, FAMILIES, type Family, familyBits } from '../model/address.js';
import { allBackupRouters, type Config, gatewaysOf } from '../model/config.js';
import { type NeighbourId, neighbourKey } from '../model/link.js';
import { nextHopsOf } from '../model/next-hops.js';
import { HEARD_BITS } from '../model/prefix.js';
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
import { stillRefused } from './outcome.js';
import { type ObserveRequest, readsTables } from './ports.js';
import { askedNeighbours } from './probing.js';
import { renamed } from './renamed.js';
import { loneAddresses } from './reply-sources.js';
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
import { destinationsOf, furtherTables, tablesFor } from './views.js';

/**
 * On a router with a full table next hops come and go all day, and each change may end a cover.
 * Reading the table because of them takes at most one part in {@link FOREIGN_SHARE} of the time,
 * and a change is seen after {@link FOREIGN_PAUSE_MS} milliseconds at the latest.
 */
const FOREIGN_SHARE = 5;
const FOREIGN_PAUSE_MS = 2000;

/** Refusals that are not about the route, and of whose end the kernel tells nobody. */
const PASSING: ReadonlySet<string> = new Set(['EPERM', 'EACCES', 'ENOMEM', 'ENOBUFS']);
/** Milliseconds after which such routes are tried again. */
const PASSING_RETRY_MS = 2000;

/**
 * Milliseconds after the expiry of a route before it is looked at. The kernel tells the rest of a
 * lifetime in hundredths of a second, and none when less than one is left.
 */
const PAST_THE_END_MS = 20;

/**
 * What the event socket must let through in every phase: today's events decide about tomorrow's
 * phase.
 */
export function interest(world: World): ObserveRequest {
  const { routeProtocol: protocol } = world.config;
  return {
    protocol,
    formerProtocols: [...world.former.protocols].filter((former) => former !== protocol),
    vrfTables: world.snapshot === undefined ? [] : vrfTables(world.config, world.snapshot),
    furtherTables: world.snapshot === undefined ? [] : tablesFor(world, world.snapshot),
    maxLength: longestDestinations(world.config),
    // A default route may use a nexthop object.
    ...(allBackupRouters(world.config).some(({ auto }) => auto !== undefined) ? { nexthopObjects: true } : {}),
    gateways: [
      ...new Set([
        ...gatewaysOfInterest(world),
        ...(world.snapshot === undefined ? [] : loneAddresses(world.config, world.snapshot)),
      ]),
    ],
  };
}

/**
 * The configured gateways, and all that `address: auto` may take: those seen in this life,
 * recorded, or installed by a former life.
 */
function gatewaysOfInterest({ config, learned, record, snapshot }: World): readonly Address[] {
  const auto = allBackupRouters(config).some(({ auto }) => auto !== undefined);
  const routes = auto ? [...record.adopted.map(({ route }) => route), ...(snapshot?.ownRoutes ?? [])] : [];
  const gateways = routes.flatMap(({ nexthops }) => nexthops.flatMap(({ gateway }) => gateway ?? []));
  return [...gatewaysOf(config), ...learnedGateways(learned), ...gateways];
}

/**
 * The longest prefix length in shared tables whose changes matter at once, by family: that of the
 * longest destination. Halves and quarters of a destination may together take all of it; they
 * count where a full table has few of their length, else the next resync finds them.
 */
export function longestDestinations(config: Config): Partial<Record<Family, number>> {
  const longest: Partial<Record<Family, number>> = {};
  for (const { family, destinations } of allBackupRouters(config)) {
    const length = destinations.reduce((most, { length }) => Math.max(most, length), 0);
    longest[family] = Math.max(longest[family] ?? 0, length);
  }
  for (const family of FAMILIES) {
    const length = longest[family];
    const [first, last] = CROWDED[family];
    if (length !== undefined && (length < first || length > last))
      longest[family] = Math.min(familyBits(family), length + HEARD_BITS);
  }
  return longest;
}

/** Destinations of these lengths have halves and quarters of which a full table has many. */
const CROWDED: Readonly<Record<Family, readonly [first: number, last: number]>> = { inet: [17, 23], inet6: [25, 47] };

/**
 * What the next look must read. Foreign tables (perhaps a million routes) are read after an event
 * that concerned them. They are not read because of our own changes: not after a batch, not after
 * a death, not to put back a deleted route of ours. While the routes are in, every resync reads
 * them.
 */
function requestFor({ world, phase, agenda }: State, cause: RoundCause): ObserveRequest {
  // Only the main table shows whether a default route was taken over, and our own changes make no
  // event.
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
    ...(foreign && !idle ? { parts: destinationsOf(world.config) } : { maxLength: {} }),
    ...(idle ? {} : { neighbours: isSeen(world) ? neighboursThatMatter(world) : [] }),
  };
}

/**
 * The gateways, and the next hops of foreign routes. All neighbours of the host may be thousands.
 */
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
    // A look that only verifies tries no refused route again, and what caused the refusal may be
    // what has gone.
    foreignWaits: agenda.foreignWaits && (dirty === 'verify' || dirty === 'probe' || (unread && agenda.foreignDue)),
    rulesWait: agenda.rulesWait && (dirty === 'verify' || dirty === 'probe'),
    dirty: undefined,
    round: { kind: 'observing', id, cause: dirty, request, since: now },
  });
}

function dueAnyway(state: State, now: number): RoundCause | undefined {
  const { world, phase, agenda } = state;
  if (now >= resyncAt(state)) return 'resync';
  if ((agenda.foreignWaits && now >= agenda.foreignNotBefore) || ended(state, now)) return 'hint';
  if (agenda.rulesWait && now >= agenda.rulesNotBefore) return 'hint';
  // The pause after the last takeover has ended since the last look.
  if (adoptAt(agenda) > agenda.lastRound && now >= adoptAt(agenda)) return 'hint';
  const want = isSeen(world) ? wanted(world, phase, agenda.lastRound) : undefined;
  return want?.preemptAt !== undefined && now >= want.preemptAt ? 'phase' : undefined;
}

/**
 * When the first of the covering routes expires. Its lifetime may have been renewed without an
 * event, so the kernel is looked at.
 */
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

/**
 * The latest time of the next full look. It is aligned with the heartbeats (untilBeat,
 * health/clock.ts), so that it causes no wake-up of its own.
 */
export function resyncAt({ world, agenda: { lastRound, resyncMs } }: State): number {
  const { probeIntervalMs } = world.config;
  const every = passing(world.refused) ? Math.min(resyncMs, PASSING_RETRY_MS) : resyncMs;
  const at = lastRound + every;
  return 3 * probeIntervalMs <= every ? at - (at % probeIntervalMs) : at;
}

const passing = remembered((refused: World['refused']): boolean =>
  [...refused.values()].some(({ code }) => PASSING.has(code)),
);

/** A look under way that read foreign tables is given up; reading them is owed again. */
export function interrupted(state: State): State {
  const { round } = state.agenda;
  return round.kind === 'observing' && readsTables(round.request) ? withAgenda(state, { foreignDue: true }) : state;
}

/** A look has come back. If a newer one was asked for since, it changes nothing. */
export function observed(state: State, id: number, snapshot: Snapshot, now: number): State {
  const { world, agenda } = state;
  if (agenda.round.kind !== 'observing' || agenda.round.id !== id) return state;
  const { request, cause, since } = agenda.round;
  const tables = readsTables(request);
  const whole = completed(world.snapshot, snapshot, request, now);
  const known = sharing(world.snapshot, renamed(world.snapshot, whole, world.config));
  const next = seen(world, known, tables ? readTables(world, known, request) : world.tablesRead, request, now);
  // A gateway was learned by this look. Its request could not include the routes that make that
  // gateway a neighbour.
  const unread = tables && gatewaysOfInterest(next).some((gateway) => !request.gateways?.includes(gateway));
  return withAgenda(
    { ...state, world: next },
    {
      acknowledged: request.only === undefined ? [] : agenda.acknowledged,
      ...(unread ? { foreignDue: true, dirty: moreUrgent(agenda.dirty, 'hint') } : {}),
      foreignNotBefore: tables ? now + foreignPauseMs(now - since) : agenda.foreignNotBefore,
      // What a full table takes to be read is not the rules' doing.
      rulesNotBefore: now + foreignPauseMs(tables || cause === 'probe' ? 0 : now - since),
      round: { kind: 'idle' },
      // The observed change may keep a backup route from carrying, or may have removed what
      // carried a destination.
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

/**
 * Whether foreign routes or rules changed. A look shares unchanged parts with the one before it
 * ({@link sharing}), so identity tells.
 */
function foreignChanged(before: Snapshot | undefined, after: Snapshot): boolean {
  return (
    before?.rules !== after.rules ||
    before.foreignRoutes !== after.foreignRoutes ||
    before.furtherRoutes !== after.furtherRoutes ||
    before.nexthopObjects !== after.nexthopObjects
  );
}

/** The tables that the look read: those asked for, and those that its rules name. */
function readTables(world: World, snapshot: Snapshot, { vrfTables = [] }: ObserveRequest): readonly number[] {
  return [...new Set([...vrfTables, ...furtherTables(world)(snapshot.rules)])].sort((a, b) => a - b);
}

/** The world after a look; the same object if nothing is new. */
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
    refused: stillRefused(world.refused, snapshot.ownRoutes),
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

/**
 * How long the next look for foreign routes or rules alone waits after a look, or a question for
 * their sake, that took `lookMs`. Milliseconds.
 */
export function foreignPauseMs(lookMs: number): number {
  return Math.min(FOREIGN_PAUSE_MS, Math.max(HINT_SPACING_MS, (FOREIGN_SHARE - 1) * lookMs));
}

/** A look has failed. What it was for is still owed. */
export function notObserved(state: State, id: number, message: string, now: number): State {
  const { round, dirty, foreignDue } = state.agenda;
  if (round.kind !== 'observing' || round.id !== id) return state;
  return withAgenda(state, {
    acknowledged: [],
    round: { kind: 'idle' },
    foreignDue: foreignDue || readsTables(round.request),
    dirty: moreUrgent(dirty, round.cause === 'phase' ? 'hint' : round.cause),
    notBefore: now + RETRY_MS,
    faults: [`cannot look at the kernel: ${message}`],
  });
}
