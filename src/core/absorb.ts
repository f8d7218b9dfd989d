/**
 * What each input changes in the state, before anything is decided. Pure; the decisions follow in machine.ts.
 */

import type { AdoptedRoute } from '../model/adopted.js';
import { allBackupRouters, type Config } from '../model/config.js';
import type { DaemonId, Verdict, WatchedDaemon } from '../model/daemon.js';
import type { Snapshot } from '../model/snapshot.js';
import { foughtOver, without } from './adopt.js';
import { learnedAfter } from './auto.js';
import { died } from './damping.js';
import { FIGHT_WINDOW_MS, pauseOf } from './fight.js';
import { suspectsAfter } from './gateway.js';
import { routeKey } from './keys.js';
import { type KernelHint, readsTables, type Step, type StepResult } from './ports.js';
import { sharing } from './sharing.js';
import { type DaemonState, type Fight, moreUrgent, type Refusal, type State } from './state.js';

/** Rounds that hints alone ask for keep this distance, so that a storm of events costs little. */
const HINT_SPACING_MS = 10;
/**
 * A router with a full table has next hops that come and go all day, and each may be the end of a cover: reading the table for them may
 * take this share of the time at most, one part of so many, and a change is seen this late at most, milliseconds.
 */
const FOREIGN_SHARE = 5;
const FOREIGN_PAUSE_MS = 2000;
/** Batches in a row that changed something without coming to rest, before we slow down. */
const RESTLESS_ROUNDS = 5;
const RETRY_MS = 200;
/** The kernel announces a route before the daemon has seen the kernel's acknowledgement: the first denials are asked again soon. */
const QUICK_ASKS = 10;
const QUICK_ASK_MS = 20;

export function absorbVerdict(state: State, id: DaemonId, verdict: Verdict, now: number): State {
  const daemon = state.daemons.get(id);
  if (daemon === undefined) return state;
  const next = judged(daemon, verdict, now);
  if (next === daemon) return state;
  // One incident, however many daemons it takes down: a restart of FRR is one death, not three.
  const death = next.life !== 'responsive' && [...state.daemons.values()].every((other) => other.life === 'responsive');
  return {
    ...state,
    daemons: new Map(state.daemons).set(id, next),
    damping: death ? died(state.damping, now) : state.damping,
    // What it confirmed in its last life says nothing about the next.
    confirmed: next.life === 'responsive' ? state.confirmed : new Map(),
    askedInVain: state.askedInVain || (state.asking && next.life !== 'responsive'),
    // Not `??`: what a verdict changes (a tie that turns at the first sign of life) waits for no pause.
    dirty: 'phase',
  };
}

function judged(daemon: DaemonState, verdict: Verdict, now: number): DaemonState {
  switch (verdict.kind) {
    case 'responsive': {
      if (daemon.life === 'responsive') return daemon;
      // Beside a daemon older than ourselves the hold-time counts from its start, not from ours.
      const ageMs = daemon.life === 'unknown' ? verdict.ageMs : 0;
      return { ...daemon, life: 'responsive', since: now - ageMs, reason: verdict.reason };
    }
    case 'appeared':
      // A sign of life ends staleness; it takes nothing back from a daemon that answers.
      if (daemon.life === 'responsive' || (daemon.life === 'appeared' && daemon.reason === verdict.reason))
        return daemon;
      return {
        ...daemon,
        life: 'appeared',
        since: daemon.life === 'appeared' ? daemon.since : now,
        reason: verdict.reason,
      };
    case 'down':
    case 'unresponsive':
      return daemon.life === verdict.kind && daemon.reason === verdict.reason
        ? daemon
        : {
            ...daemon,
            life: verdict.kind,
            since: daemon.life === 'down' || daemon.life === 'unresponsive' ? daemon.since : now,
            reason: verdict.reason,
          };
    default:
      return verdict satisfies never;
  }
}

export function absorbHint(state: State, hint: KernelHint, now: number): State {
  const fight = hint.ownDeleted && hint.sender !== 0 ? fought(state, hint, now) : state.fight;
  const earliest = Math.max(state.lastRound + HINT_SPACING_MS, fight.last + pauseOf(fight));
  // Unless a route of ours is refused: the one in its place may have gone.
  const canWait = hint.kind === 'route' && !hint.ownDeleted && state.refused.size === 0;
  return {
    ...state,
    fight,
    foreignDue: state.foreignDue || concernsForeign(hint),
    foreignWaits: state.foreignWaits || canWait,
    dirty: canWait ? state.dirty : moreUrgent(state.dirty, 'hint'),
    notBefore: Math.max(state.notBefore, earliest),
  };
}

/**
 * Links and addresses take routes along without a word (facts K1, K2), next hops too (K12). Rules, neighbours and the deletion of what
 * is ours do not: a route of ours is put back without reading the million that may stand beside it.
 */
function concernsForeign(hint: KernelHint): boolean {
  return !hint.ownDeleted && hint.kind !== 'rule' && hint.kind !== 'neighbour';
}

/** One episode for all deletions between two rounds: flushing a table is one act, however many routes it held. */
function fought(state: State, hint: KernelHint, now: number): Fight {
  const { fight } = state;
  if (fight.count > 0 && fight.round === state.completedRounds) return fight;
  const fresh = now - fight.last > FIGHT_WINDOW_MS;
  return { count: fresh ? 1 : fight.count + 1, last: now, round: state.completedRounds, culprit: hint };
}

export function absorbObserved(state: State, id: number, snapshot: Snapshot, now: number): State {
  if (state.round.kind !== 'observing' || state.round.id !== id) return state;
  // What a look left out is as it was known before.
  const { request, cause, since } = state.round;
  const tables = readsTables(request);
  const known = sharing(state.snapshot, {
    ...snapshot,
    ...(tables
      ? {}
      : { foreignRoutes: state.snapshot?.foreignRoutes ?? [], originals: state.snapshot?.originals ?? [] }),
    neighbours: request.neighbours === true ? snapshot.neighbours : (state.snapshot?.neighbours ?? []),
  });
  const learned = learnedAfter(state, known);
  return {
    ...state,
    snapshot: known,
    tablesRead: tables ? (request.vrfTables ?? []) : state.tablesRead,
    foreignNotBefore: tables ? now + foreignPauseMs(now - since) : state.foreignNotBefore,
    learned,
    formerGateways:
      learned === state.learned ? state.formerGateways : new Set([...state.formerGateways, ...learned.values()]),
    suspects: suspectsAfter(state.suspects, known, now),
    round: { kind: 'idle' },
    // A look at the neighbours is no resync.
    lastRound: cause === 'probe' ? state.lastRound : now,
    notBefore: state.dirty === undefined ? now : state.notBefore,
  };
}

function foreignPauseMs(lookMs: number): number {
  return Math.min(FOREIGN_PAUSE_MS, Math.max(HINT_SPACING_MS, (FOREIGN_SHARE - 1) * lookMs));
}

export function absorbFailure(state: State, id: number, message: string, now: number): State {
  if (state.round.kind !== 'observing' || state.round.id !== id) return state;
  // What the look was for is still owed.
  const foreignDue = state.foreignDue || readsTables(state.round.request);
  return {
    ...state,
    round: { kind: 'idle' },
    foreignDue,
    dirty: moreUrgent(state.dirty, state.round.cause === 'phase' ? 'hint' : state.round.cause),
    notBefore: now + RETRY_MS,
    faults: [`cannot look at the kernel: ${message}`],
  };
}

export function absorbApplied(
  state: State,
  steps: readonly Step[],
  results: readonly StepResult[],
  now: number,
): State {
  // The same map as before unless something changed in it: what was made of it stays true.
  let { refused } = state;
  const edit = (): Map<string, Refusal> =>
    (refused = refused === state.refused ? new Map(refused) : refused) as Map<string, Refusal>;
  const repair = state.round.kind === 'applying' && state.round.repair === true;
  const faults: string[] = [];
  const returned: AdoptedRoute[] = [];
  let { adoptFight, restoreAt } = state;
  steps.forEach((step, i) => {
    const result = results[i];
    if (result === undefined) return;
    if (step.kind === 'add-route') {
      // Of a repair before any look a refusal says little (EEXIST: somebody else put it back): the look decides.
      if (!result.ok && repair) return;
      if (!result.ok) edit().set(routeKey(step.route), { code: result.code, message: result.message });
      else if (refused.size > 0 && refused.has(routeKey(step.route))) edit().delete(routeKey(step.route));
    } else if (!result.ok && !alreadyDone(step, result.code)) {
      faults.push(`${step.kind}: ${result.message} (${result.code})`);
    }
    if (step.kind === 'adopt-route') adoptFight = foughtOver(adoptFight, now);
    if (step.kind === 'restore-route') {
      if (result.ok || alreadyDone(step, result.code)) returned.push(step.adopted);
      else restoreAt = now + state.resyncMs;
    }
  });
  return {
    ...state,
    refused,
    faults,
    returned: [...state.returned, ...returned],
    adoptFight,
    restoreAt,
    round: { kind: 'idle' },
    // What is still being deleted belongs to the episode that the repair answered.
    completedRounds: state.completedRounds + (repair ? 0 : 1),
    dirty: moreUrgent(state.dirty, 'verify'),
    notBefore: state.restlessRounds > RESTLESS_ROUNDS ? now + RETRY_MS : state.notBefore,
  };
}

/** The record was written, or could not be: then the routes that it was to name stay where they are. */
export function absorbRecorded(state: State, fault: string | undefined, now: number): State {
  const { recording, ...rest } = state;
  if (recording === undefined) return state;
  const written = {
    ...rest,
    recording: undefined,
    recordFault: undefined,
    adopted: recording,
    dirty: state.dirty ?? 'hint',
  } as const;
  if (fault === undefined) return written;
  // What was given back may be given back again, which changes nothing.
  return {
    ...written,
    adopted: state.adopted,
    recordFault: `the record cannot be written: ${fault}`,
    adoptFight: foughtOver(state.adoptFight, now),
    restoreAt: now + state.resyncMs,
  };
}

/** The record to write after routes were given back; undefined when none was, or one is being written. */
export function recordOwed(state: State): readonly AdoptedRoute[] | undefined {
  return state.returned.length === 0 || state.recording !== undefined
    ? undefined
    : without(state.adopted, state.returned);
}

/** Somebody was faster: the look that follows will tell. Of a route to give back, EEXIST says that another stands in its place. */
function alreadyDone(step: Step, code: string): boolean {
  return step.kind === 'add-rule' || step.kind === 'restore-route'
    ? code === 'EEXIST'
    : code === 'ESRCH' || code === 'ENOENT' || code === 'ENODEV';
}

export function absorbAnswer(state: State, held: ReadonlyMap<string, boolean>, now: number): State {
  // Asked of a former life: it says nothing about this one.
  if (state.askedInVain) return { ...state, asking: false, askedInVain: false, askAgainAt: now };
  const denied = [...held.values()].includes(false) || held.size === 0;
  const denials = denied ? state.denials + 1 : 0;
  const pauseMs = denials <= QUICK_ASKS ? QUICK_ASK_MS : state.config.probeIntervalMs;
  return {
    ...state,
    asking: false,
    confirmed: new Map([...state.confirmed, ...held]),
    denials,
    askAgainAt: now + pauseMs,
  };
}

export function absorbReload(
  state: State,
  input: { readonly config: Config; readonly watched: readonly WatchedDaemon[]; readonly restarted: boolean },
  now: number,
): State {
  const former = [...state.formerGateways, ...allBackupRouters(state.config).flatMap((router) => router.gateways)];
  const daemons = new Map<DaemonId, DaemonState>();
  for (const watched of input.watched) {
    const known = input.restarted ? undefined : state.daemons.get(watched.id);
    daemons.set(watched.id, {
      life: 'unknown',
      since: now,
      reason: 'not heard of yet',
      ...known,
      ...watched,
    });
  }
  return {
    ...state,
    config: input.config,
    formerGateways: new Set(former),
    daemons,
    verdictsBy: input.restarted ? now + input.config.probeTimeoutMs : state.verdictsBy,
    confirmed: input.restarted ? new Map() : state.confirmed,
    askedInVain: state.askedInVain || (state.asking && input.restarted),
    refused: new Map(),
    foreignDue: true,
    dirty: 'reload',
    notBefore: now,
  };
}
