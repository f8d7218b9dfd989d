/**
 * Everything the agent knows, as one immutable value. Times are monotonic milliseconds.
 * What lives here: shapes and the initial value. How they change: machine.ts.
 */

import type { Address } from '../model/address.js';
import type { AdoptedRoute } from '../model/adopted.js';
import type { Config, Role } from '../model/config.js';
import type { DaemonId, WatchedDaemon } from '../model/daemon.js';
import type { Snapshot } from '../model/snapshot.js';
import { type Damping, UNDAMPED } from './damping.js';
import type { Suspects } from './gateway.js';
import type { KernelHint, ObserveRequest } from './ports.js';

/** Where a watched daemon stands. `unknown`: no verdict yet. `appeared`: a sign of life, no answer yet. */
export type Life = 'unknown' | 'down' | 'appeared' | 'unresponsive' | 'responsive';

export interface DaemonState extends WatchedDaemon {
  readonly life: Life;
  /** Since when it stands there. For the first verdict after our own start: since when the process exists. */
  readonly since: number;
  readonly reason: string;
}

/** Why routes are in. */
export type InCause = 'pinned' | 'standby' | 'down' | 'hold' | 'converging';

export type Phase =
  /** Beside a daemon that has not been judged yet: the kernel is left as it was found. */
  | { readonly kind: 'starting'; readonly since: number; readonly reason: string }
  | {
      readonly kind: 'in';
      readonly cause: InCause;
      readonly since: number;
      readonly reason: string;
      /** When the present wait ends by itself. */
      readonly until: number | 'never' | undefined;
      /** While converging: when the wait for coverage began. */
      readonly from: number | undefined;
    }
  /** `uncovered`: the destinations that nothing covers and that are no longer waited for. */
  | {
      readonly kind: 'out';
      readonly since: number;
      readonly reason: string;
      readonly uncovered: readonly string[];
    };

/** Gateways that default routes of somebody else have named in this life, by family and interface (auto.ts). */
export type Learned = ReadonlyMap<string, Address>;

/** Why an observation was asked for. */
export type RoundCause = 'start' | 'probe' | 'hint' | 'resync' | 'phase' | 'verify' | 'reload';

/** How much a look for this reason reads, least first: the ones that read less never stand in for the ones that read more. */
const URGENCY: readonly RoundCause[] = ['probe', 'verify', 'resync', 'hint', 'start', 'reload', 'phase'];

/** Of two reasons to look, the one that reads more. */
export function moreUrgent(a: RoundCause | undefined, b: RoundCause): RoundCause {
  return a === undefined || URGENCY.indexOf(b) > URGENCY.indexOf(a) ? b : a;
}

export type Round =
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

/** A wanted route that the kernel refused, and in which words. */
export interface Refusal {
  readonly code: string;
  readonly message: string;
}

/** Somebody keeps deleting what is ours. */
export interface Fight {
  /** Episodes of foreign deletion, each less than a minute after the one before. */
  readonly count: number;
  /** When the last one began. */
  readonly last: number;
  /** The observation before it: all deletions until the next one are one episode. */
  readonly round: number;
  readonly culprit: Pick<KernelHint, 'text'>;
}

/** Somebody keeps putting back a default route that we take over. */
export interface AdoptFight {
  readonly count: number;
  readonly last: number;
}

/** The role in force and where it comes from. */
export interface RoleState {
  readonly role: Role;
  readonly reason: string;
  /** The source has not answered yet: beside a healthy daemon everything is left as it was found. */
  readonly provisional?: true;
}

/** An operator's word that the routes stay in. */
export interface Pin {
  readonly until: number | 'never';
  readonly reason: string;
}

export interface State {
  readonly config: Config;
  /** What the configured source says. */
  readonly role: RoleState;
  /** What an operator says instead. */
  readonly roleOverride: RoleState | undefined;
  readonly pin: Pin | undefined;
  readonly formerGateways: ReadonlySet<Address>;
  readonly daemons: ReadonlyMap<DaemonId, DaemonState>;
  /** Daemons without a verdict are waited for until then; after that they count as down. */
  readonly verdictsBy: number;
  readonly phase: Phase;
  readonly damping: Damping;
  /** undefined until the first observation. */
  readonly snapshot: Snapshot | undefined;
  readonly round: Round;
  /** Counts observations asked for; the answer to an older one is discarded. */
  readonly observations: number;
  /** An observation is owed, and why. */
  readonly dirty: RoundCause | undefined;
  /** No observation that nobody waits for before this. */
  readonly notBefore: number;
  readonly lastRound: number;
  /** Something may have happened to foreign routes since they were read: the next look reads them. */
  readonly foreignDue: boolean;
  /** A look is owed for that alone; it waits for `foreignNotBefore`. */
  readonly foreignWaits: boolean;
  /** Reading a full table takes long: after that a change of a foreign route alone is no reason to read it again before this. */
  readonly foreignNotBefore: number;
  /** Tables of VRFs whose routes the snapshot has. */
  readonly tablesRead: readonly number[];
  readonly completedRounds: number;
  /** Rounds in a row that changed something without coming to rest. */
  readonly restlessRounds: number;
  /** By route key. */
  readonly refused: ReadonlyMap<string, Refusal>;
  /** Kernel changes that failed otherwise; cleared by the next clean round. */
  readonly faults: readonly string[];
  /** Foreign prefixes that the living daemon has confirmed as its own (true) or denied (false). */
  readonly confirmed: ReadonlyMap<string, boolean>;
  readonly asking: boolean;
  /** The question under way was put to a former life of a daemon. */
  readonly askedInVain: boolean;
  readonly askAgainAt: number;
  /** Questions in a row that were denied or not answered. */
  readonly denials: number;
  readonly fight: Fight;
  /** Gateways of lists that were seen dead. */
  readonly suspects: Suspects;
  /** When the gateways whose life decides something are asked next. */
  readonly probeAt: number;
  /** Gateways of `address: auto`. */
  readonly learned: Learned;
  /** What the record on disk holds: foreign routes that were taken over, or may be now. */
  readonly adopted: readonly AdoptedRoute[];
  /** The record that is being written. */
  readonly recording: readonly AdoptedRoute[] | undefined;
  /** Routes that were given back and that the record still names. */
  readonly returned: readonly AdoptedRoute[];
  /** Why the record could not be written. */
  readonly recordFault: string | undefined;
  readonly adoptFight: AdoptFight;
  /** No route that the configuration no longer adopts is given back before this. */
  readonly restoreAt: number;
  readonly stopping: boolean;
  /** The last batch of all is under way. */
  readonly leaving: boolean;
  /** How often everything is looked at without any event. */
  readonly resyncMs: number;
}

/** The longest time between two rounds, in milliseconds; a watchdog may ask for a shorter one. */
export const RESYNC_MS = 30_000;

export interface Beginning {
  readonly config: Config;
  readonly watched: readonly WatchedDaemon[];
  /** Gateways of configurations before this one, whose routes may still stand. */
  readonly formerGateways: Iterable<Address>;
  readonly resyncMs: number;
  readonly role: RoleState;
  readonly roleOverride: RoleState | undefined;
  readonly pin: Pin | undefined;
  /** The record of the life before; none when absent. */
  readonly adopted?: readonly AdoptedRoute[];
}

export function initialState(
  { config, watched, formerGateways, resyncMs, role, roleOverride, pin, adopted = [] }: Beginning,
  now: number,
): State {
  return {
    config,
    role,
    roleOverride,
    pin,
    formerGateways: new Set([...formerGateways, ...adopted.flatMap(({ route }) => route.nexthops[0]?.gateway ?? [])]),
    daemons: new Map(
      watched.map((daemon) => [
        daemon.id,
        { ...daemon, life: 'unknown' as const, since: now, reason: 'not heard of yet' },
      ]),
    ),
    verdictsBy: now + config.probeTimeoutMs,
    phase: { kind: 'starting', since: now, reason: 'agent started' },
    damping: UNDAMPED,
    snapshot: undefined,
    round: { kind: 'idle' },
    observations: 0,
    dirty: 'start',
    notBefore: now,
    lastRound: now,
    foreignDue: true,
    foreignWaits: false,
    foreignNotBefore: now,
    tablesRead: [],
    completedRounds: 0,
    restlessRounds: 0,
    refused: new Map(),
    faults: [],
    confirmed: new Map(),
    asking: false,
    askedInVain: false,
    askAgainAt: now,
    denials: 0,
    fight: { count: 0, last: Number.NEGATIVE_INFINITY, round: 0, culprit: { text: '' } },
    suspects: new Map(),
    probeAt: now,
    learned: new Map(),
    adopted,
    recording: undefined,
    returned: [],
    recordFault: undefined,
    adoptFight: { count: 0, last: Number.NEGATIVE_INFINITY },
    restoreAt: now,
    stopping: false,
    leaving: false,
    resyncMs,
  };
}
