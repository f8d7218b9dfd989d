/**
 * The agent as one total function: transition(state, input, now) -> state and outputs. No IO, no clock, no timer;
 * a recorded list of inputs replays a life exactly.
 *
 *   input            effect on the state                         then
 *   verdict          the daemon's life; a death counts           settle
 *   hint             dirty; foreign deletions are counted        repair (repair.ts), settle
 *   observed         the snapshot, unless a newer was asked for  settle
 *   observe-failed   dirty, after a pause                        settle
 *   applied          refusals and faults; dirty (verify)         settle
 *   answered         what the daemon holds                       settle
 *   recorded         what the record on disk holds               settle
 *   reload           configuration; gateways remembered          settle
 *   role, override, pin  the word of the role source or operator settle
 *   tick             nothing                                     settle
 *   stop             stopping                                    leave
 *
 * settle: judge the phase; act at once on the last snapshot when the phase turned to `in`, or to `out` with nothing left to
 * learn; otherwise observe when dirty, and apply what the diff says once observed; when it says nothing, take over foreign default routes (adopt.ts).
 *
 * Invariants: one observation or one batch of changes under way at a time, except that a death and a repair never wait
 * for an observation, nor a withdrawal that none can change; every batch is computed from a snapshot and followed by another look; nothing is deleted
 * before the desired state is known.
 */

import { FAMILIES } from '../model/address.js';
import type { AdoptedRoute } from '../model/adopted.js';
import { allBackupRouters, type Config } from '../model/config.js';
import type { DaemonId, Verdict, WatchedDaemon } from '../model/daemon.js';
import type { Snapshot } from '../model/snapshot.js';
import {
  absorbAnswer,
  absorbApplied,
  absorbFailure,
  absorbHint,
  absorbObserved,
  absorbRecorded,
  absorbReload,
  absorbVerdict,
  recordOwed,
} from './absorb.js';
import { adoptAt, adoption, disowned, restoreSteps } from './adopt.js';
import { hasChoice, longestDestinations, probeTargets, wanted } from './desired.js';
import { PROBE_EVERY_MS } from './gateway.js';
import { routeKey } from './keys.js';
import { vrfTables } from './management.js';
import { nextPhase } from './phase.js';
import { ownership, plan } from './plan.js';
import {
  type KernelHint,
  type ObserveRequest,
  type ProbeTarget,
  readsTables,
  type Step,
  type StepResult,
} from './ports.js';
import { repairOf } from './repair.js';
import { coverage, type Question, questionKey } from './rivals.js';
import { moreUrgent, type Phase, type Pin, type RoleState, type RoundCause, type State } from './state.js';

export type Input =
  | { readonly kind: 'verdict'; readonly id: DaemonId; readonly verdict: Verdict }
  | { readonly kind: 'hint'; readonly hint: KernelHint }
  | { readonly kind: 'observed'; readonly id: number; readonly snapshot: Snapshot }
  | { readonly kind: 'observe-failed'; readonly id: number; readonly message: string }
  | { readonly kind: 'applied'; readonly steps: readonly Step[]; readonly results: readonly StepResult[] }
  /** Empty when the daemon could not be asked. */
  | { readonly kind: 'answered'; readonly held: ReadonlyMap<string, boolean> }
  /** The record was written, or why it could not be. */
  | { readonly kind: 'recorded'; readonly fault: string | undefined }
  /** `restarted`: the health adapters were opened anew, so that every verdict is awaited again. */
  | {
      readonly kind: 'reload';
      readonly config: Config;
      readonly watched: readonly WatchedDaemon[];
      readonly restarted: boolean;
    }
  /** The role source speaks. */
  | { readonly kind: 'role'; readonly role: RoleState }
  /** An operator overrides the role (undefined: no longer) or pins the routes. */
  | { readonly kind: 'override'; readonly role: RoleState | undefined }
  | { readonly kind: 'pin'; readonly pin: Pin | undefined }
  | { readonly kind: 'tick' }
  | { readonly kind: 'stop' };

export type Output =
  | { readonly kind: 'apply'; readonly steps: readonly Step[] }
  | { readonly kind: 'observe'; readonly id: number; readonly request: ObserveRequest }
  | { readonly kind: 'ask'; readonly questions: readonly Question[] }
  /** Ask these neighbours for a sign of life. */
  | { readonly kind: 'probe'; readonly targets: readonly ProbeTarget[] }
  /** Write down, durably, which foreign routes are to be given back. */
  | { readonly kind: 'record'; readonly adopted: readonly AdoptedRoute[] }
  | { readonly kind: 'phase'; readonly from: Phase; readonly to: Phase }
  | { readonly kind: 'exit' };

export interface Transition {
  readonly state: State;
  readonly outputs: readonly Output[];
}

export function transition(before: State, input: Input, now: number): Transition {
  return settle(before, absorb(before, input, now), input, now);
}

function absorb(state: State, input: Input, now: number): State {
  switch (input.kind) {
    case 'verdict':
      return absorbVerdict(state, input.id, input.verdict, now);
    case 'hint':
      return absorbHint(state, input.hint, now);
    case 'observed':
      return absorbObserved(state, input.id, input.snapshot, now);
    case 'observe-failed':
      return absorbFailure(state, input.id, input.message, now);
    case 'applied':
      return absorbApplied(state, input.steps, input.results, now);
    case 'answered':
      return absorbAnswer(state, input.held, now);
    case 'recorded':
      return absorbRecorded(state, input.fault, now);
    case 'reload':
      return absorbReload(state, input, now);
    case 'stop':
      return { ...state, stopping: true };
    case 'role':
      return { ...state, role: input.role };
    case 'override':
      return { ...state, roleOverride: input.role };
    case 'pin':
      return { ...state, pin: input.pin };
    case 'tick':
      return state;
    default:
      return input satisfies never;
  }
}

function settle(before: State, absorbed: State, input: Input, now: number): Transition {
  const outputs: Output[] = [];
  let state = absorbed;
  if (state.stopping) return leave(state, input, now);

  // A VRF has been found (or left): its table has not been read yet.
  if (state.snapshot !== before.snapshot && vrfChanged(before, state))
    state = { ...state, foreignDue: true, dirty: moreUrgent(state.dirty, 'hint') };

  const phase = nextPhase(state, now);
  if (phase !== state.phase) {
    const turned = phase.kind !== state.phase.kind;
    state = { ...state, phase, dirty: turned ? 'phase' : state.dirty };
    outputs.push({ kind: 'phase', from: before.phase, to: phase });
  }

  const observed =
    input.kind === 'observed' && before.round.kind === 'observing' && before.round.id === input.id
      ? before.round.cause
      : undefined;
  const turnedIn = phase.kind === 'in' && before.phase.kind !== 'in';
  // A death never waits for an observation: what the last one found is good enough to add routes by, and another look follows.
  if (
    state.snapshot !== undefined &&
    state.round.kind !== 'applying' &&
    (observed !== undefined || turnedIn || leavesAtOnce(before, phase))
  ) {
    const steps = toDo(state, state.snapshot, observed === 'verify' || observed === 'probe', now);
    if (steps.length > 0) {
      outputs.push({ kind: 'apply', steps });
      state = {
        ...interrupted(state),
        round: { kind: 'applying' },
        restlessRounds: state.restlessRounds + 1,
      };
    } else if (observed !== undefined) {
      state = adopt(
        { ...state, completedRounds: state.completedRounds + 1, restlessRounds: 0, faults: [] },
        state.snapshot,
        outputs,
        now,
      );
    }
  }

  const repair = input.kind === 'hint' ? repairOf(before, state, input.hint, now) : [];
  if (repair.length > 0) {
    outputs.push({ kind: 'apply', steps: repair });
    state = { ...interrupted(state), round: { kind: 'applying', repair: true } };
  }

  const owed = recordOwed(state);
  if (owed !== undefined) state = record(state, owed, outputs);
  state = probe(ask(state, outputs, now), outputs, now);
  return observeIfDue(state, outputs, now);
}

/**
 * Whether a withdrawal needs no look of its own: nothing has happened since the last one, or what stands beside our routes does not
 * matter (convergence-timeout 0). Otherwise the look may find that a destination has lost its cover, and the routes stay.
 */
function leavesAtOnce(before: State, phase: Phase): boolean {
  if (phase.kind !== 'out' || before.phase.kind !== 'in') return false;
  return (
    before.config.convergenceTimeoutMs === 0 ||
    (before.round.kind === 'idle' && before.dirty === undefined && !before.foreignDue)
  );
}

/** What a look under way was to find out about the routes of others is owed again once it is given up. */
function interrupted(state: State): State {
  return state.round.kind === 'observing' && readsTables(state.round.request) ? { ...state, foreignDue: true } : state;
}

/** The steps of the diff, without those whose refusal stands: a look that only verifies proves nothing new. */
function toDo(state: State, snapshot: Snapshot, verifying: boolean, now: number): readonly Step[] {
  const want = wanted(state, snapshot, now);
  if (want === undefined) return [];
  const restores = verifying || now < state.restoreAt ? [] : restoreSteps(disowned(state, snapshot), snapshot);
  const changes = plan(ownership(state.config, state.formerGateways), want, snapshot);
  const steps = restores.length === 0 ? changes : [...restores, ...changes];
  return verifying && state.refused.size > 0
    ? steps.filter((step) => step.kind !== 'add-route' || !state.refused.has(routeKey(step.route)))
    : steps;
}

/** The next step of taking over a foreign default route, once nothing else is left to do. */
function adopt(state: State, snapshot: Snapshot, outputs: Output[], now: number): State {
  const want = wanted(state, snapshot, now);
  if (want === undefined) return state;
  const next = adoption(state, snapshot, want, now);
  if (next.record !== undefined) return record(state, next.record, outputs);
  if (next.steps.length === 0) return state;
  outputs.push({ kind: 'apply', steps: next.steps });
  return { ...state, round: { kind: 'applying' } };
}

function record(state: State, adopted: readonly AdoptedRoute[], outputs: Output[]): State {
  outputs.push({ kind: 'record', adopted });
  return { ...state, recording: adopted, returned: [] };
}

/** Foreign prefixes to ask the daemon about now: those that would end the wait for coverage. */
function questions(state: State): readonly Question[] {
  const waiting =
    state.phase.kind === 'starting' ||
    (state.phase.kind === 'in' && (state.phase.cause === 'converging' || state.phase.cause === 'hold'));
  if (!waiting || state.asking || state.snapshot === undefined) return [];
  return coverage(state, state.snapshot).toConfirm;
}

function ask(state: State, outputs: Output[], now: number): State {
  const due = questions(state).filter(
    (question) => (!state.confirmed.has(questionKey(question)) && state.denials === 0) || now >= state.askAgainAt,
  );
  if (due.length === 0) return state;
  outputs.push({ kind: 'ask', questions: due });
  return { ...state, asking: true };
}

/** Asks the gateways whose life decides something in turn of the clock, and looks at the answers to the questions before. */
function probe(state: State, outputs: Output[], now: number): State {
  if (now < state.probeAt || state.snapshot === undefined || !choices(state)) return state;
  const targets = probeTargets(state, state.snapshot);
  if (targets.length > 0) outputs.push({ kind: 'probe', targets });
  return {
    ...state,
    probeAt: now + PROBE_EVERY_MS[state.phase.kind === 'out' ? 'out' : 'in'],
    dirty: moreUrgent(state.dirty, 'probe'),
  };
}

function choices(state: State): boolean {
  return FAMILIES.some((family) => hasChoice(state.config, family));
}

function observeIfDue(state: State, outputs: Output[], now: number): Transition {
  const dirty = state.dirty ?? dueAnyway(state, now);
  if (state.round.kind !== 'idle' || dirty === undefined || (now < state.notBefore && dirty !== 'phase'))
    return { state: { ...state, dirty }, outputs };
  const id = state.observations + 1;
  const request = observeRequest(state, dirty);
  outputs.push({ kind: 'observe', id, request });
  const unread = !readsTables(request);
  const foreignDue = state.foreignDue && unread;
  // A look that only verifies tries nothing again that was refused, and what refused it may be what has gone.
  const foreignWaits = state.foreignWaits && (unread || dirty === 'verify');
  return {
    state: {
      ...state,
      observations: id,
      foreignDue,
      foreignWaits,
      dirty: undefined,
      round: { kind: 'observing', id, cause: dirty, request, since: now },
    },
    outputs,
  };
}

function dueAnyway(state: State, now: number): State['dirty'] {
  if (now >= resyncAt(state)) return 'resync';
  if (state.foreignWaits && now >= state.foreignNotBefore) return 'hint';
  // The pause after a route was taken over yet again has ended since the last look.
  if (adoptAt(state) > state.lastRound && now >= adoptAt(state)) return 'hint';
  const want = state.snapshot === undefined ? undefined : wanted(state, state.snapshot, state.lastRound);
  return want?.preemptAt !== undefined && now >= want.preemptAt ? 'phase' : undefined;
}

/** When everything is looked at again at the latest: on the beat of the heartbeats (untilBeat, health/clock.ts), so that it wakes nobody up by itself. */
function resyncAt({ lastRound, resyncMs, config }: State): number {
  const at = lastRound + resyncMs;
  return 3 * config.probeIntervalMs <= resyncMs ? at - (at % config.probeIntervalMs) : at;
}

/**
 * What the next observation must read. The tables of others (a million routes, perhaps) are read after an event concerned them and never for
 * our own sake: not after a batch, not after a death, not to put back what was deleted of ours. While routes are in, every resync reads them.
 */
function observeRequest(state: State, cause: RoundCause): ObserveRequest {
  // Whether a default route was taken over shows in the main table only, and changes of our own make no event.
  const adopts = allBackupRouters(state.config).some((router) => router.auto?.adopt === true);
  const foreign =
    state.foreignDue ||
    cause === 'start' ||
    cause === 'reload' ||
    (cause === 'resync' && state.phase.kind !== 'out') ||
    (adopts && cause !== 'resync');
  const all = interest(state.config, state.snapshot);
  if (cause === 'probe') return { ...all, maxLength: {} };
  const idle = state.phase.kind === 'out' && (cause === 'resync' || (cause === 'verify' && !adopts));
  return { ...all, ...(foreign && !idle ? {} : { maxLength: {} }), neighbours: !idle };
}

function vrfChanged(before: State, after: State): boolean {
  return (
    String(interest(before.config, before.snapshot).vrfTables) !==
    String(interest(after.config, after.snapshot).vrfTables)
  );
}

/** What the event socket must let through, whatever the phase: events of today decide about tomorrow's phase. */
export function interest(config: Config, snapshot: Snapshot | undefined): ObserveRequest {
  return {
    protocol: config.routeProtocol,
    vrfTables: snapshot === undefined ? [] : vrfTables(config, snapshot),
    maxLength: longestDestinations(allBackupRouters(config)),
    neighbours: true,
  };
}

/** on-stop: leave the kernel as it is, or take out what is ours, then go. What was taken over is given back in any case, and first. */
function leave(state: State, input: Input, now: number): Transition {
  if (state.round.kind === 'applying' || state.recording !== undefined) return { state, outputs: [] };
  const outputs: Output[] = [];
  const owed = recordOwed(state);
  if (owed !== undefined) return { state: record(state, owed, outputs), outputs };
  const keep = state.config.onStop === 'keep';
  if ((keep && state.adopted.length === 0) || state.leaving || input.kind === 'observe-failed')
    return { state, outputs: [{ kind: 'exit' }] };
  if (state.round.kind === 'observing') return { state, outputs: [] };
  if (state.snapshot === undefined || input.kind !== 'observed')
    return observeIfDue({ ...state, dirty: 'phase' }, [], now);
  const withdrawal = keep
    ? []
    : plan(ownership(state.config, state.formerGateways), { routes: [], rules: [] }, state.snapshot);
  const steps = [...restoreSteps(state.adopted, state.snapshot), ...withdrawal];
  if (steps.length === 0) return { state, outputs: [{ kind: 'exit' }] };
  return {
    state: { ...state, round: { kind: 'applying' }, leaving: true },
    outputs: [{ kind: 'apply', steps }],
  };
}

/** When the state wants to hear a tick, at the latest. Whatever was due before `now` has been settled. */
export function nextDeadline(state: State, now: number): number {
  const deadlines = [resyncAt(state), state.verdictsBy, state.notBefore];
  if (state.phase.kind === 'in' && typeof state.phase.until === 'number') deadlines.push(state.phase.until);
  if (questions(state).length > 0) deadlines.push(state.askAgainAt);
  if (choices(state)) deadlines.push(state.probeAt);
  if (state.foreignWaits) deadlines.push(state.foreignNotBefore);
  const want = state.snapshot === undefined ? undefined : wanted(state, state.snapshot, now);
  if (want?.preemptAt !== undefined) deadlines.push(want.preemptAt);
  deadlines.push(adoptAt(state));
  return deadlines.reduce(
    (least, deadline) => (deadline > now && deadline < least ? deadline : least),
    now + state.resyncMs,
  );
}
