/**
 * The agent as one total function: transition(state, input, now) -> state and outputs. No IO, no
 * clock, no timer: a recorded list of inputs replays a life exactly.
 *
 *   input            effect on the state                         then
 *   verdict          the daemon's life; a death counts           settle
 *   hint             dirty; foreign deletions are counted        settle, repair (repair.ts)
 *   observed         the snapshot, unless a newer was asked for; settle
 *                    void records are dropped
 *   observe-failed   dirty, after a pause                        settle
 *   applied          refusals and faults; dirty (verify)         settle
 *   answered         what the daemon holds                       settle
 *   offered          whether the daemon has a default route to   settle
 *                    replace a foreign one
 *   verified         what the kernel says of each destination    settle
 *   recorded         what the record on disk holds               settle
 *   reload           configuration; gateways remembered          settle
 *   role, override, pin  what the role source or operator says   settle
 *   tick             nothing                                     settle
 *   stop             stopping                                    leave
 *
 * settle: decide the phase. Act at once on the last snapshot if the phase turned to `in`, or to
 * `out` with nothing left to learn. Otherwise observe if dirty, and apply the diff once observed.
 * If the diff is empty, take over foreign default routes (adopt.ts).
 *
 * Invariants: one observation or one batch of changes is under way at a time; but a death and a
 * repair never wait for an observation, nor does a withdrawal that no observation could change.
 * Every batch is computed from a snapshot and followed by another look. Nothing is deleted before
 * the desired state is known.
 */

import { adoptAt, adoption, adopts, disowned, interferenceAfter, restoreSteps, takeable, unreplaced } from './adopt.js';
import { sameLearned } from './auto.js';
import { desiredOf, wanted } from './desired.js';
import { coveredAfter } from './expected.js';
import { hinted } from './hints.js';
import type { Input, Output, Transition } from './inputs.js';
import { pauseOf } from './interference.js';
import { routeKey } from './keys.js';
import { heard } from './liveness.js';
import { endsAt, interest, interrupted, look, notObserved, observed, resyncAt } from './looks.js';
import { askOffers, offered } from './offers.js';
import { applied } from './outcome.js';
import { formerLeft, ownership, retired } from './ownership.js';
import { nextPhase } from './phase.js';
import { type Place, samePlace, takeoverOf } from './places.js';
import { plan, withdrawn } from './plan.js';
import { type ObserveRequest, readsTables, type Step } from './ports.js';
import { probe } from './probing.js';
import { answered, ask, askAgainAt } from './questions.js';
import { recorded, recordOwed, voided, writeRecord } from './record.js';
import { reloaded } from './reload.js';
import { repairOf } from './repair.js';
import {
  amended,
  isSeen,
  moreUrgent,
  type Phase,
  type SeenWorld,
  type State,
  type World,
  withAgenda,
  withWorld,
} from './state.js';
import { takeoverDeadlines, takeoversAfter } from './takeover.js';
import { askKernel, denialEndsAt, reconsidered, verified } from './verify.js';
import { tablesFor } from './views.js';

export function transition(before: State, input: Input, now: number): Transition {
  return settle(before, absorb(before, input, now), input, now);
}

function absorb(state: State, input: Input, now: number): State {
  switch (input.kind) {
    case 'verdict':
      return heard(state, input.id, input.verdict, now);
    case 'hint':
      return hinted(state, input.hint, now);
    case 'observed':
      return voided(observed(state, input.id, input.snapshot, now), now);
    case 'observe-failed':
      return notObserved(state, input.id, input.message, now);
    case 'applied':
      return applied(state, input.steps, input.results, now);
    case 'answered':
      return answered(state, input.held, now);
    case 'offered':
      return offered(state, input.offers, now);
    case 'verified':
      return verified(state, input.id, input.words, now);
    case 'recorded':
      return recorded(state, input.fault, now);
    case 'reload':
      return reloaded(state, input, now);
    case 'role':
      return withWorld(state, { role: input.role });
    case 'override':
      return { ...state, orders: amended(state.orders, { role: input.role }) };
    case 'pin':
      return { ...state, orders: amended(state.orders, { pin: input.pin }) };
    case 'stop':
      return { ...state, orders: amended(state.orders, { stopping: true }) };
    case 'tick':
      return state;
    default:
      return input satisfies never;
  }
}

function settle(before: State, absorbed: State, input: Input, now: number): Transition {
  if (absorbed.orders.stopping) return leave(absorbed, input, now);
  const outputs: Output[] = [];
  const { round } = before.agenda;
  const looked = input.kind === 'observed' && round.kind === 'observing' && round.id === input.id ? round : undefined;
  const tables = looked !== undefined && readsTables(looked.request);
  const placed = reconsidered(withTakeovers(withNewRealms(before, absorbed), now), tables, now);
  let state = remembering(turned(placed, outputs, now), before, outputs);
  const { world, phase } = state;
  // A death never waits for an observation: the last snapshot is good enough to add routes by, and
  // another look follows.
  const turnedIn = phase.kind === 'in' && before.phase.kind !== 'in';
  if (
    isSeen(world) &&
    state.agenda.round.kind !== 'applying' &&
    (looked !== undefined || turnedIn || leavesAtOnce(before, phase))
  ) {
    const verifying = looked?.cause === 'verify' || looked?.cause === 'probe';
    const restores = looked !== undefined && !verifying && now >= state.agenda.restoreAt;
    // A look at the neighbours that found no change: with ten thousand destinations computing the
    // steps takes long.
    const steps =
      looked?.cause === 'probe' && world === before.world
        ? []
        : [
            ...(restores ? restoreSteps([...disowned(world), ...unreplaced(world)], world.snapshot) : []),
            ...changes(world, phase, verifying, now),
          ];
    if (steps.length > 0) {
      outputs.push({ kind: 'apply', steps });
      const { restlessRounds, ruleMoves } = state.agenda;
      const moves = steps.some((step) => step.kind === 'add-rule' && step.again === true);
      state = withAgenda(interrupted(state), {
        round: { kind: 'applying' },
        restlessRounds: restlessRounds + 1,
        ruleMoves: moves ? interferenceAfter(ruleMoves, now) : ruleMoves,
      });
    } else if (looked !== undefined && looked.request.only === undefined) {
      state = adopt(atRest(state, looked.request), outputs, now);
    }
  }
  state = repair(before, state, input, outputs, now);
  const owed = recordOwed(state);
  if (owed !== undefined) state = writeRecord(state, owed, outputs);
  state = askOffers(ask(state, outputs, now), offerPlaces(state), outputs, now);
  return { state: askKernel(look(probe(state, outputs, now), outputs, now), outputs, now), outputs };
}

/** How far the takeovers have come. When that changes, another look follows. */
function withTakeovers(state: State, now: number): State {
  const { world, phase, agenda } = state;
  if (!isSeen(world) || !adopts(world.config)) return state;
  const candidates = takeable(world);
  const stands = (place: Place): boolean => candidates.some((one) => samePlace(one, place));
  const takeovers = takeoversAfter(world, phase, stands, now);
  return takeovers === world.takeovers
    ? state
    : withAgenda(withWorld(state, { takeovers }), { dirty: moreUrgent(agenda.dirty, 'hint') });
}

/** The places for which the daemon is asked whether it offers a default route. */
function offerPlaces({ world }: State): readonly Place[] {
  if (!isSeen(world) || !adopts(world.config)) return [];
  return takeable(world).filter((place) => takeoverOf(world, place).kind !== 'resting');
}

/**
 * A VRF or a rule to another table was found, or a gateway was learned. The tables that this
 * concerns have not been read yet, or no event about them was let through since they were read.
 */
function withNewRealms(before: State, state: State): State {
  const { world } = state;
  if (world.snapshot === before.world.snapshot || !isSeen(world)) return state;
  const tables = tablesFor(world, world.snapshot);
  const heard = isSeen(before.world) ? tablesFor(before.world, before.world.snapshot) : tables;
  const unread = tables.some((table) => !world.tablesRead.includes(table) || !heard.includes(table));
  return unread || bearings(before.world) !== bearings(world)
    ? withAgenda(state, { foreignDue: true, dirty: moreUrgent(state.agenda.dirty, 'hint') })
    : state;
}

function bearings(world: World): string {
  const { vrfTables, gateways } = interest(world);
  return `${vrfTables} ${gateways}`;
}

/** The state in the phase that follows from it. */
function turned(state: State, outputs: Output[], now: number): State {
  const phase = nextPhase(state, now);
  if (phase === state.phase) return state;
  outputs.push({ kind: 'phase', from: state.phase, to: phase });
  const next = { ...state, phase };
  return phase.kind === state.phase.kind ? next : withAgenda(next, { dirty: 'phase' });
}

/** The state with what is covered now. What is new of that, or was learned, is written down. */
function remembering(state: State, before: State, outputs: Output[]): State {
  const { world, phase } = state;
  const next = world === before.world ? state : withWorld(state, { covered: coveredAfter(world, phase) });
  const { learned } = world;
  if (!sameLearned(before.world.learned, learned)) outputs.push({ kind: 'learn', learned });
  if (next.world.covered !== before.world.covered) outputs.push({ kind: 'remember', covered: next.world.covered });
  return next;
}

/**
 * Whether a withdrawal needs no look of its own: nothing has happened since the last look, or
 * foreign routes do not matter (convergence-timeout 0). Otherwise the look may find that a
 * destination has lost its cover, and the routes stay.
 */
function leavesAtOnce({ world, phase: was, agenda }: State, phase: Phase): boolean {
  if (phase.kind !== 'out' || was.kind !== 'in') return false;
  return (
    world.config.convergenceTimeoutMs === 0 ||
    (agenda.round.kind === 'idle' && agenda.dirty === undefined && !agenda.foreignDue && !agenda.rulesWait)
  );
}

/**
 * The steps of the diff. A look that only verifies repeats no addition that was refused: it proves
 * nothing new.
 */
function changes(world: SeenWorld, phase: Phase, verifying: boolean, now: number): readonly Step[] {
  const want = wanted(world, phase, now);
  if (want === undefined) return [];
  const steps = plan(ownership(world.config, world.former), desiredOf(want), world.snapshot);
  return verifying && world.refused.size > 0
    ? steps.filter((step) => step.kind !== 'add-route' || !world.refused.has(routeKey(step.route)))
    : steps;
}

/**
 * A round has found nothing to do. If its look covered all former protocol numbers, and nothing of
 * them is left in the kernel, they are forgotten.
 */
function atRest(state: State, { protocol, formerProtocols = [] }: ObserveRequest): State {
  const { config, former, snapshot } = state.world;
  const lookedFor = [protocol, ...formerProtocols];
  const gone =
    former.protocols.size > 0 &&
    state.phase.kind !== 'starting' &&
    [config.routeProtocol, ...former.protocols].every((p) => lookedFor.includes(p)) &&
    !formerLeft(config, former, snapshot);
  return withAgenda(gone ? withWorld(state, { former: retired(former) }) : state, {
    completedRounds: state.agenda.completedRounds + 1,
    restlessRounds: 0,
    faults: [],
  });
}

/** The next step of taking over a foreign default route, once nothing else is left to do. */
function adopt(state: State, outputs: Output[], now: number): State {
  const { world, phase, agenda } = state;
  const want = isSeen(world) && now >= adoptAt(agenda) ? wanted(world, phase, now) : undefined;
  if (!isSeen(world) || want === undefined) return state;
  const { record, steps } = adoption(world, phase, want);
  if (record !== undefined) return writeRecord(state, record, outputs);
  if (steps.length === 0) return state;
  outputs.push({ kind: 'apply', steps });
  return withAgenda(state, { round: { kind: 'applying' } });
}

/**
 * Puts a deleted route or rule of ours back at once, when an episode begins. The kernel's own
 * deletions are no interference: their cause would also refuse the route.
 */
function repair(before: State, state: State, input: Input, outputs: Output[], now: number): State {
  const { interference, round } = state.agenda;
  if (input.kind !== 'hint' || input.hint.lost === undefined || round.kind === 'applying') return state;
  if (interference === before.agenda.interference || pauseOf(interference) > 0) return state;
  const steps = repairOf(state.world, state.phase, input.hint.lost, now);
  if (steps.length === 0) return state;
  outputs.push({ kind: 'apply', steps });
  return withAgenda(interrupted(state), { round: { kind: 'applying', repair: true } });
}

/**
 * on-stop: leaves the kernel as it is or removes what is ours, then exits. Adopted routes are
 * given back in either case, and first.
 */
function leave(state: State, input: Input, now: number): Transition {
  const { world, agenda } = state;
  if (agenda.round.kind === 'applying' || world.record.writing !== undefined) return { state, outputs: [] };
  const outputs: Output[] = [];
  const owed = recordOwed(state);
  if (owed !== undefined) return { state: writeRecord(state, owed, outputs), outputs };
  const keep = world.config.onStop === 'keep';
  if ((keep && world.record.adopted.length === 0) || agenda.leaving || input.kind === 'observe-failed')
    return { state, outputs: [{ kind: 'exit' }] };
  if (agenda.round.kind === 'observing') return { state, outputs: [] };
  if (!isSeen(world) || input.kind !== 'observed')
    return { state: look(withAgenda(state, { dirty: 'phase' }), outputs, now), outputs };
  const own = ownership(world.config, world.former);
  const withdrawal = keep ? [] : plan(own, withdrawn(own, world.snapshot), world.snapshot);
  const steps = [...restoreSteps(world.record.adopted, world.snapshot), ...withdrawal];
  if (steps.length === 0) return { state, outputs: [{ kind: 'exit' }] };
  return {
    state: withAgenda(state, { round: { kind: 'applying' }, leaving: true }),
    outputs: [{ kind: 'apply', steps }],
  };
}

/** The time of the next tick, at the latest. Whatever was due before `now` has been settled. */
export function nextDeadline(state: State, now: number): number {
  const { world, phase, agenda } = state;
  const deadlines = [
    resyncAt(state),
    world.verdictsBy,
    agenda.notBefore,
    phase.kind !== 'out' && typeof phase.until === 'number' ? phase.until : undefined,
    askAgainAt(state),
    agenda.probeAt,
    agenda.foreignWaits ? agenda.foreignNotBefore : undefined,
    agenda.rulesWait ? agenda.rulesNotBefore : undefined,
    isSeen(world) ? wanted(world, phase, now)?.preemptAt : undefined,
    adoptAt(agenda),
    ...takeoverDeadlines(world),
    offerPlaces(state).length > 0 ? agenda.askOffersAt : undefined,
    endsAt(state),
    denialEndsAt(state),
  ];
  return deadlines.reduce<number>(
    (least, deadline) => (deadline !== undefined && deadline > now && deadline < least ? deadline : least),
    now + agenda.resyncMs,
  );
}
