/**
 * The one connection to a daemon as a pure state machine: (state, event, now) -> state and effects.
 * No socket, no clock, no timer.
 *
 *   waiting      no connection; the next attempt is due at `retryAt`
 *   connecting   connect(2) is under way
 *   accepted     the connection stands, nothing was received: no proof of life (fact F7)
 *   established  a command was answered; without a heartbeat: the connection has stood long enough
 *   closed       by us, for good
 *
 *   event    waiting             connecting           accepted                     established
 *   hint     connect             back-off reset       -                            -
 *   accepted -                   accepted             -                            -
 *   refused  -                   waiting, down (1)    -                            -
 *   answer   -                   -                    established, readiness (2)   readiness (2)
 *   ended    -                   waiting, down        waiting, down                waiting, down
 *   farewell how it ended        how it ended         -                            -
 *   fault    -                   -                    waiting, silent              waiting, silent
 *   tick     connect when due    hang when due        appeared or settled, hang    probe, hang
 *
 *   (1) A full backlog counts as silence, not as death.
 *   (2) In a series of brief connections (backoff.ts) only once this one has lasted.
 *
 * Independent of the phase is the silence: it begins when a command is outstanding and ends with an
 * answer. Faults and new connections do not end it. After probeTimeoutMs it is reported, once. A
 * hung connection is kept: closing it would lose the sign of life that comes with SIGCONT.
 *
 * The effects are in order: a death is reported before any cleanup.
 */

import { nextBeat } from '../timing.js';
import { ended, hinted, inSeries, LAST_DELAY_MS, LASTING_MS, longer } from './backoff.js';
import type { Readiness } from './dialect.js';
import { endpointText, refusal } from './endpoint.js';
import type {
  SessionEvent,
  SessionPhase,
  SessionState,
  SessionTraits,
  SessionTransition,
  SessionVerdict,
} from './state.js';

/**
 * A dying process may lose our connection before its listening socket, which then still accepts
 * (seen with bgpd under SIGKILL). For this time after a death, an accepted connection is a sign of
 * life only if it lasts.
 */
const DEATH_THROES_MS = 100;
/**
 * Without a heartbeat, a connection that has lasted this long means alive: a daemon that rejects
 * clients does so sooner.
 */
const SETTLED_MS = 100;

export function transition(
  state: SessionState,
  event: SessionEvent,
  now: number,
  traits: SessionTraits,
): SessionTransition {
  if (state.phase.kind === 'closed') return unchanged(state);
  switch (event.kind) {
    case 'start':
      return connect(state, now, traits);
    case 'hint': {
      if (state.phase.kind !== 'waiting' && state.phase.kind !== 'connecting') return unchanged(state);
      // Also while an attempt is under way: it may have been refused just before the event.
      const next = { ...state, backoff: hinted(state.backoff) };
      return state.phase.kind === 'waiting' && !inSeries(next.backoff) ? connect(next, now, traits) : unchanged(next);
    }
    case 'accepted':
      return state.phase.kind === 'connecting' ? accepted(state, event.dying, now, traits) : unchanged(state);
    case 'refused':
      return state.phase.kind === 'connecting' ? refused(state, event.code, now, traits) : unchanged(state);
    case 'answer':
      return answered(state, event.readiness, event.outstanding, now, traits);
    case 'asked':
      return unchanged(isConnected(state.phase) ? silent(state, now) : state);
    case 'ended':
      return state.phase.kind === 'waiting' ? unchanged(state) : died(state, event, now);
    case 'farewell':
      return state.told?.kind === 'down' && !isConnected(state.phase)
        ? tell(state, { ...event, kind: 'down' })
        : unchanged(state);
    case 'fault':
      return isConnected(state.phase) ? outOfStep(state, event.reason, now, traits) : unchanged(state);
    case 'tick':
      return tick(state, now, traits);
    case 'close':
      return {
        state: { ...state, phase: { kind: 'closed' }, silentSince: undefined },
        effects: [{ kind: 'disconnect', reason: 'closed' }],
      };
    default:
      return event satisfies never;
  }
}

function connect(state: SessionState, now: number, { endpoint }: SessionTraits): SessionTransition {
  const next: SessionState = { ...state, phase: { kind: 'connecting' } };
  // With a full backlog TCP drops the request: there is neither a connection nor a refusal, only
  // silence.
  return { state: endpoint.kind === 'tcp' ? silent(next, now) : next, effects: [{ kind: 'connect' }] };
}

function accepted(state: SessionState, dying: boolean, now: number, traits: SessionTraits): SessionTransition {
  if (!traits.heartbeat) {
    // Without a heartbeat nothing would correct a wrong sign of life from a daemon that accepts
    // and closes. A dying process may accept while its core is written; one that keeps accepting
    // lives.
    const waitMs = dying ? traits.probeTimeoutMs : inSeries(state.backoff) ? LASTING_MS : SETTLED_MS;
    return unchanged({
      ...state,
      silentSince: undefined,
      phase: { kind: 'accepted', since: now, believedAt: now + waitMs },
    });
  }
  const doubted = dying || state.told?.kind !== 'down' || inSeries(state.backoff);
  const believedAt = doubted ? undefined : Math.max(now, state.diedAt + DEATH_THROES_MS);
  const next: SessionState = { ...silent(state, now), phase: { kind: 'accepted', since: now, believedAt } };
  return believedAt === now ? appears(next, traits) : unchanged(next);
}

/** The connection is a first sign of life, but not yet `responsive`. */
function appears(state: SessionState, { endpoint }: SessionTraits): SessionTransition {
  const next: SessionState =
    state.phase.kind === 'accepted' ? { ...state, phase: { ...state.phase, believedAt: undefined } } : state;
  return state.told?.kind === 'down'
    ? tell(next, { kind: 'appeared', reason: `${endpointText(endpoint)} accepts` })
    : unchanged(next);
}

function refused(state: SessionState, code: string, now: number, traits: SessionTraits): SessionTransition {
  const { endpoint, permissionHint } = traits;
  const where = endpointText(endpoint);
  if (code === 'EAGAIN') {
    // unix(7): the backlog is full. A process listens and does not accept: it may hang.
    const next = retryLater(silent(state, now), `${where} accepts no connection`, now);
    if (state.told?.kind !== 'down' || now < state.diedAt + DEATH_THROES_MS) return next;
    const told = tell(next.state, { kind: 'appeared', reason: `${where} listens, its backlog is full` });
    return { state: told.state, effects: [...told.effects, ...next.effects] };
  }
  const denied = code === 'EACCES' || code === 'EPERM';
  // An operator must be told of missing permission even if the daemon was down before. But a
  // starting daemon creates its socket first and gives it to its group afterwards (vty_serv_un in
  // lib/vty.c), so only a denial that lasts is reported.
  const news = state.told?.kind !== 'down' || (denied !== state.toldDenied && state.backoff.delayMs >= LAST_DELAY_MS);
  const told = news
    ? tell({ ...state, toldDenied: denied }, { kind: 'down', reason: refusal(code, endpoint, permissionHint) })
    : unchanged(state);
  const next = retryLater({ ...told.state, silentSince: undefined }, `${code} on ${where}`, now);
  return { state: next.state, effects: [...told.effects, ...next.effects] };
}

function answered(
  state: SessionState,
  readiness: Readiness,
  outstanding: boolean,
  now: number,
  traits: SessionTraits,
): SessionTransition {
  const { phase } = state;
  if (phase.kind !== 'accepted' && phase.kind !== 'established') return unchanged(state);
  const next: SessionState = {
    ...state,
    silentSince: outstanding ? now : undefined,
    phase: { kind: 'established', since: phase.since, probeAt: nextBeat(now, traits.probeIntervalMs) },
  };
  if (inSeries(state.backoff) && now - phase.since < LASTING_MS) return unchanged(next);
  const kind = state.told?.kind;
  switch (readiness.kind) {
    case 'ready':
      return kind === 'responsive'
        ? unchanged(next)
        : tell(next, { kind: 'responsive', reason: `${endpointText(traits.endpoint)} answers` });
    case 'starting':
      return state.told?.reason === readiness.reason
        ? unchanged(next)
        : tell(next, { kind: 'appeared', reason: readiness.reason });
    case 'stopping':
      return kind === 'down' ? unchanged(next) : tell(next, { kind: 'down', reason: readiness.reason, orderly: true });
    default:
      return readiness satisfies never;
  }
}

/** The path on which every millisecond counts. */
function died(
  state: SessionState,
  { reason, orderly }: SessionEvent & { kind: 'ended' },
  now: number,
): SessionTransition {
  const next = retryLater({ ...state, toldDenied: false, diedAt: now, silentSince: undefined }, reason, now);
  if (state.told?.kind === 'down') return next;
  const again = inSeries(next.state.backoff)
    ? `, as on each recent connection: it counts again once a connection lasts ${LASTING_MS / 1000} s`
    : '';
  const told = tell(next.state, {
    kind: 'down',
    reason: `${reason}${again}`,
    ...(orderly === true ? { orderly } : {}),
  });
  return { state: told.state, effects: [...told.effects, ...next.effects] };
}

/** Not a death: some process answers. The silence goes on until an answer is valid. */
function outOfStep(state: SessionState, reason: string, now: number, { endpoint }: SessionTraits): SessionTransition {
  return retryLater(silent(state, now), `${reason} on ${endpointText(endpoint)}`, now);
}

function tick(state: SessionState, now: number, traits: SessionTraits): SessionTransition {
  const first = phaseDue(state, now, traits);
  const { silentSince, told } = first.state;
  if (silentSince === undefined || told?.kind === 'unresponsive' || now < silentSince + traits.probeTimeoutMs)
    return first;
  const silentMs = Math.round(now - silentSince);
  const reason = `no answer on ${endpointText(traits.endpoint)} for ${silentMs} ms`;
  const hung = tell(first.state, { kind: 'unresponsive', reason });
  return { state: hung.state, effects: [...first.effects, ...hung.effects] };
}

/** Handles the deadline of the phase itself. */
function phaseDue(state: SessionState, now: number, traits: SessionTraits): SessionTransition {
  const { phase } = state;
  switch (phase.kind) {
    case 'waiting': {
      if (now < phase.retryAt) return unchanged(state);
      const next = connect(state, now, traits);
      return phase.delayMs < LAST_DELAY_MS
        ? next
        : { state: next.state, effects: [{ kind: 'rearm' }, ...next.effects] };
    }
    case 'accepted':
      if (phase.believedAt === undefined || now < phase.believedAt) return unchanged(state);
      return traits.heartbeat ? appears(state, traits) : settled(state, phase.since, traits);
    case 'established':
      if (phase.probeAt === undefined || now < phase.probeAt) return unchanged(state);
      return {
        state: silent({ ...state, phase: { ...phase, probeAt: undefined } }, now),
        effects: [{ kind: 'probe' }],
      };
    case 'connecting':
    case 'closed':
      return unchanged(state);
    default:
      return phase satisfies never;
  }
}

function settled(state: SessionState, since: number, { endpoint }: SessionTraits): SessionTransition {
  return tell(
    { ...state, phase: { kind: 'established', since, probeAt: undefined } },
    {
      kind: 'responsive',
      reason: `${endpointText(endpoint)} accepts and stays open (no heartbeat: a hang would not be noticed)`,
    },
  );
}

/** The connection or the attempt is over; another one follows. */
function retryLater(state: SessionState, reason: string, now: number): SessionTransition {
  const { phase } = state;
  const answered = phase.kind === 'established';
  const backoff = isConnected(phase)
    ? ended(state.backoff, now - phase.since, answered, answered || isAlive(state.told))
    : state.backoff;
  const { delayMs } = backoff;
  const retryAt = delayMs < LAST_DELAY_MS ? now + delayMs : nextBeat(now, LAST_DELAY_MS);
  return {
    state: { ...state, backoff: longer(backoff), phase: { kind: 'waiting', retryAt, delayMs } },
    effects: [{ kind: 'disconnect', reason }],
  };
}

function isAlive(told: SessionVerdict | undefined): boolean {
  return told?.kind === 'appeared' || told?.kind === 'responsive';
}

function isConnected(phase: SessionPhase): phase is SessionPhase & { readonly kind: 'accepted' | 'established' } {
  return phase.kind === 'accepted' || phase.kind === 'established';
}

function silent(state: SessionState, now: number): SessionState {
  return state.silentSince === undefined ? { ...state, silentSince: now } : state;
}

function tell(state: SessionState, report: SessionVerdict): SessionTransition {
  return { state: { ...state, told: report }, effects: [{ kind: 'tell', report }] };
}

function unchanged(state: SessionState): SessionTransition {
  return { state, effects: [] };
}
