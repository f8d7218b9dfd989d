/**
 * Everything the agent knows, as one immutable value in four halves. Times are monotonic
 * milliseconds. This file has the types and the initial value. machine.ts and what it calls change
 * them.
 */

import type { AdoptedRoute } from '../model/adopted.js';
import type { Config, Role } from '../model/config.js';
import type { DaemonId, WatchedDaemon } from '../model/daemon.js';
import type { Snapshot } from '../model/snapshot.js';
import { type DaemonState, unheard } from './daemon-state.js';
import { type Damping, UNDAMPED } from './damping.js';
import type { Denials, Judged } from './denials.js';
import type { Sightings } from './gateway.js';
import type { Insistence, Interference } from './interference.js';
import { formerly, type Ownership } from './ownership.js';
import type { ObserveRequest, Step } from './ports.js';
import type { Learned, Offers, Takeovers } from './takeover-state.js';
import type { Mistrust } from './trust.js';

/** Why the routes are in. `disagreement`: the kernel does not carry what counts as covered. */
export type InCause = 'pinned' | 'standby' | 'down' | 'hold' | 'converging' | 'disagreement';

export type Phase =
  /** Before the first verdict of each daemon: the kernel is left as it was found. */
  | {
      readonly kind: 'starting';
      readonly since: number;
      readonly reason: string;
      /** Beside a daemon of unknown age: the end of the hold-time. */
      readonly until?: number;
    }
  | {
      readonly kind: 'in';
      readonly cause: InCause;
      readonly since: number;
      readonly reason: string;
      /** When the present wait ends by time alone. */
      readonly until: number | 'never' | undefined;
      /** While converging: when the wait for coverage began. */
      readonly from: number | undefined;
    }
  /** `uncovered`: destinations that nothing covers or ever covered here; no longer awaited. */
  | {
      readonly kind: 'out';
      readonly since: number;
      readonly reason: string;
      readonly uncovered: readonly string[];
    };

/** Why an observation was asked for. */
export type RoundCause = 'start' | 'probe' | 'hint' | 'resync' | 'phase' | 'verify' | 'reload';

/** Causes by how much their look reads, least first: one that reads less never replaces another. */
const URGENCY: readonly RoundCause[] = ['probe', 'verify', 'resync', 'hint', 'start', 'reload', 'phase'];

/** Of two causes, the one whose look reads more. */
export function moreUrgent(a: RoundCause | undefined, b: RoundCause): RoundCause {
  return a === undefined || URGENCY.indexOf(b) > URGENCY.indexOf(a) ? b : a;
}

type Round =
  | { readonly kind: 'idle' }
  | {
      readonly kind: 'observing';
      readonly id: number;
      readonly cause: RoundCause;
      readonly request: ObserveRequest;
      readonly since: number;
    }
  /** `repair`: a single deletion is being undone before any look at it. */
  | { readonly kind: 'applying'; readonly repair?: true };

/** The kernel's refusal of a wanted route: the errno name and the message. */
export interface Refusal {
  readonly code: string;
  readonly message: string;
}

/** The role in force and where it comes from. */
export interface RoleState {
  readonly role: Role;
  readonly reason: string;
  /** The source has not answered yet: beside a healthy daemon all is left as it was found. */
  readonly provisional?: true;
}

/** An operator's order to keep the routes in. */
export interface Pin {
  readonly until: number | 'never';
  readonly reason: string;
}

/** What every decision uses: the host, its daemons and the kernel, as far as they are known. */
export interface World {
  readonly config: Config;
  /** What the configured source says. */
  readonly role: RoleState;
  /** The marks of former configurations, whose routes and rules may still be in the kernel. */
  readonly former: Ownership;
  readonly daemons: ReadonlyMap<DaemonId, DaemonState>;
  /** Until then daemons without a verdict are waited for; after that they count as down. */
  readonly verdictsBy: number;
  readonly damping: Damping;
  /** undefined until the first observation. */
  readonly snapshot: Snapshot | undefined;
  /** Tables beside main that the snapshot has: those of VRFs, and those that rules lead to. */
  readonly tablesRead: readonly number[];
  /** By route key. */
  readonly refused: ReadonlyMap<string, Refusal>;
  /** Foreign prefixes that the living daemon has confirmed as its own (true) or denied (false). */
  readonly confirmed: ReadonlyMap<string, boolean>;
  /** Whether each gateway is alive, as far as known. */
  readonly sightings: Sightings;
  /** Next hops of foreign routes that are bad, or were a moment ago. */
  readonly mistrust: Mistrust;
  /** Destinations that the judge has as covered and that the kernel does not carry. */
  readonly denials: Denials;
  /**
   * What packets follow instead of a backup route that is in: ip(8) notation, by destination key.
   */
  readonly idle: ReadonlyMap<string, string>;
  readonly learned: Learned;
  readonly record: AdoptionRecord;
  /** Whether the daemon has a default route of its own to replace a foreign one (offers.ts). */
  readonly offers: Offers;
  /** How far the takeovers of foreign default routes have come (takeover.ts). */
  readonly takeovers: Takeovers;
  /** Destinations that were covered, as text, by the daemon beside which they were. */
  readonly covered: ReadonlyMap<DaemonId, ReadonlySet<string>>;
}

/** A world that has been observed. */
export interface SeenWorld extends World {
  readonly snapshot: Snapshot;
}

export function isSeen(world: World): world is SeenWorld {
  return world.snapshot !== undefined;
}

/** The record on disk of foreign default routes that were taken over. */
interface AdoptionRecord {
  /** What it holds: routes that were taken over, or may be now. */
  readonly adopted: readonly AdoptedRoute[];
  /** What is being written to it. */
  readonly writing: readonly AdoptedRoute[] | undefined;
  /** Routes that were given back, or are void, and that it still names. */
  readonly returned: readonly AdoptedRoute[];
}

/** What an operator has ordered. */
export interface Orders {
  readonly pin: Pin | undefined;
  /** A role that overrides what the source says. */
  readonly role: RoleState | undefined;
  readonly stopping: boolean;
}

/** What is under way, and when to look, ask and retry. No decision about routes reads it. */
export interface Agenda {
  readonly round: Round;
  /** Counts observations asked for; the answer to an older one is discarded. */
  readonly observations: number;
  /** An observation is owed, for this cause. */
  readonly dirty: RoundCause | undefined;
  /** No observation that can wait is made before this. */
  readonly notBefore: number;
  readonly lastRound: number;
  /** Foreign routes may have changed since they were read: the next look reads them. */
  readonly foreignDue: boolean;
  /** A look is owed for that alone; it waits for `foreignNotBefore`. */
  readonly foreignWaits: boolean;
  /** Until then a change of foreign routes alone causes no further read of a full table. */
  readonly foreignNotBefore: number;
  /** A look is owed for foreign rules alone; it waits for `rulesNotBefore`. */
  readonly rulesWait: boolean;
  /** Until then a change of foreign rules alone causes no further look. */
  readonly rulesNotBefore: number;
  readonly completedRounds: number;
  /** Rounds in a row that changed something without coming to rest. */
  readonly restlessRounds: number;
  /** Failed kernel changes, except refused routes; cleared by the next clean round. */
  readonly faults: readonly string[];
  /** Routes and rules that the kernel has taken since the last look at them. */
  readonly acknowledged: readonly Step[];
  readonly asking: boolean;
  /** The kernel is to be asked about every destination, once everything is at rest. */
  readonly verifyDue: boolean;
  /** Counts such questions; the answer to an older one is discarded. */
  readonly verifications: number;
  /** What is being asked, in which phase, and since when. */
  readonly verifying: { readonly phase: Phase; readonly judged: readonly Judged[]; readonly since: number } | undefined;
  /** The question under way was put to a former life of a daemon. */
  readonly askedInVain: boolean;
  readonly askAgainAt: number;
  /** Questions in a row that were denied or not answered. */
  readonly denials: number;
  readonly askingOffers: boolean;
  readonly askOffersAt: number;
  readonly interference: Interference;
  /** When the gateways are probed next. */
  readonly probeAt: number;
  /** Why the record of adopted routes could not be written. */
  readonly recordFault: string | undefined;
  readonly adoptInterference: Insistence;
  /** Moves of our rules behind newer foreign rules of their priority. */
  readonly ruleMoves: Insistence;
  /** Looks made at once because the cause of a refusal may have gone. */
  readonly mendings: Insistence;
  /** No adopted route is given back before this. */
  readonly restoreAt: number;
  /** The last batch before the exit is under way. */
  readonly leaving: boolean;
  /** The time between two full looks without any event. */
  readonly resyncMs: number;
}

/**
 * The four halves. The desired routes follow from the first three and the clock. Each stays the
 * same object as long as nothing in it changes.
 */
export interface State {
  readonly world: World;
  readonly orders: Orders;
  readonly phase: Phase;
  readonly agenda: Agenda;
}

/** The value with the changes; the same object if they change nothing. */
export function amended<T extends object>(value: T, changes: Partial<T>): T {
  const keys = Object.keys(changes) as (keyof T)[];
  return keys.every((key) => value[key] === changes[key]) ? value : { ...value, ...changes };
}

export function withWorld(state: State, changes: Partial<World>): State {
  const world = amended(state.world, changes);
  return world === state.world ? state : { ...state, world };
}

export function withAgenda(state: State, changes: Partial<Agenda>): State {
  return { ...state, agenda: { ...state.agenda, ...changes } };
}

/** Minimum distance of rounds that hints alone cause, so that a storm of events costs little. */
export const HINT_SPACING_MS = 10;
/** Pause before the next look after a failure, or when changes never come to rest. */
export const RETRY_MS = 200;

/** The longest time between two rounds. A watchdog may ask for a shorter one. */
export const RESYNC_MS = 30_000;

export interface Beginning {
  readonly config: Config;
  readonly watched: readonly WatchedDaemon[];
  /** The configuration before this one, whose routes may still be in the kernel. */
  readonly former: Config | undefined;
  readonly resyncMs: number;
  readonly role: RoleState;
  readonly roleOverride: RoleState | undefined;
  readonly pin: Pin | undefined;
  /** The record of the former life; absent: none. */
  readonly adopted?: readonly AdoptedRoute[];
  /** The destinations that former lives saw covered; absent: none. */
  readonly covered?: World['covered'];
  /** The ways of `address: auto` that former lives saw last; absent: none. */
  readonly learned?: Learned;
}

export function initialState(
  {
    config,
    watched,
    former,
    resyncMs,
    role,
    roleOverride,
    pin,
    adopted = [],
    covered = new Map(),
    learned = new Map(),
  }: Beginning,
  now: number,
): State {
  return {
    world: {
      config,
      role,
      former: formerly(
        former,
        [...adopted.flatMap(({ route }) => route.nexthops), ...learned.values()].flatMap(
          ({ gateway }) => gateway ?? [],
        ),
      ),
      daemons: new Map(watched.map((daemon) => [daemon.id, unheard(daemon, now)])),
      verdictsBy: now + config.probeTimeoutMs,
      damping: UNDAMPED,
      snapshot: undefined,
      tablesRead: [],
      refused: new Map(),
      confirmed: new Map(),
      sightings: new Map(),
      mistrust: new Map(),
      denials: new Map(),
      idle: new Map(),
      learned,
      record: { adopted, writing: undefined, returned: [] },
      offers: new Map(),
      takeovers: new Map(),
      covered,
    },
    orders: { pin, role: roleOverride, stopping: false },
    phase: { kind: 'starting', since: now, reason: 'agent started' },
    agenda: {
      round: { kind: 'idle' },
      observations: 0,
      dirty: 'start',
      notBefore: now,
      lastRound: now,
      foreignDue: true,
      foreignWaits: false,
      foreignNotBefore: now,
      rulesWait: false,
      rulesNotBefore: now,
      completedRounds: 0,
      restlessRounds: 0,
      faults: [],
      acknowledged: [],
      asking: false,
      verifyDue: true,
      verifications: 0,
      verifying: undefined,
      askedInVain: false,
      askAgainAt: now,
      denials: 0,
      askingOffers: false,
      askOffersAt: now,
      interference: { count: 0, last: Number.NEGATIVE_INFINITY, round: 0, culprit: { text: '' } },
      probeAt: now,
      recordFault: undefined,
      adoptInterference: { count: 0, last: Number.NEGATIVE_INFINITY },
      ruleMoves: { count: 0, last: Number.NEGATIVE_INFINITY },
      mendings: { count: 0, last: Number.NEGATIVE_INFINITY },
      restoreAt: now,
      leaving: false,
      resyncMs,
    },
  };
}
