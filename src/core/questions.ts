/** What a daemon is asked about its routes, when, and what its answer changes. Pure. */

import { coverage, type Question, questionKey } from './coverage.js';
import type { Output } from './inputs.js';
import { isSeen, type Phase, type State, type World, withAgenda, withWorld } from './state.js';

/**
 * The kernel announces a route before the daemon has seen the kernel's acknowledgement, so the
 * first {@link QUICK_ASKS} denials are asked about again soon.
 */
const QUICK_ASKS = 10;
const QUICK_ASK_MS = 20;

/**
 * Foreign prefixes that would end the wait for coverage, or make a destination covered that is
 * reported as uncovered, if the daemon said that it holds them.
 */
function questions(world: World, phase: Phase): readonly Question[] {
  const waiting =
    phase.kind === 'starting' ||
    (phase.kind === 'in' && (phase.cause === 'converging' || phase.cause === 'hold')) ||
    (phase.kind === 'out' && phase.uncovered.length > 0);
  return waiting && isSeen(world) ? coverage(world).toConfirm : [];
}

export function ask(state: State, outputs: Output[], now: number): State {
  const { world, phase, agenda } = state;
  if (agenda.asking) return state;
  const due = questions(world, phase).filter(
    (question) => (!world.confirmed.has(questionKey(question)) && agenda.denials === 0) || now >= dueAt(state),
  );
  if (due.length === 0) return state;
  outputs.push({ kind: 'ask', questions: due });
  return withAgenda(state, { asking: true });
}

/** When a question is to be asked again; undefined: none is. */
export function askAgainAt(state: State): number | undefined {
  return state.agenda.asking || questions(state.world, state.phase).length === 0 ? undefined : dueAt(state);
}

/**
 * While the routes are out only the report depends on the answer, so it is asked for less often.
 */
function dueAt({ phase, agenda: { askAgainAt: at, denials, resyncMs } }: State): number {
  return phase.kind === 'out' && denials > QUICK_ASKS ? at + resyncMs : at;
}

export function answered(state: State, held: ReadonlyMap<string, boolean>, now: number): State {
  // The question was put to a former life of the daemon. The answer says nothing about this one.
  if (state.agenda.askedInVain) return withAgenda(state, { asking: false, askedInVain: false, askAgainAt: now });
  const denied = [...held.values()].includes(false) || held.size === 0;
  const denials = denied ? state.agenda.denials + 1 : 0;
  const pauseMs = denials <= QUICK_ASKS ? QUICK_ASK_MS : state.world.config.probeIntervalMs;
  const { confirmed } = state.world;
  const news = [...held].some(([key, holds]) => confirmed.get(key) !== holds);
  return withAgenda(news ? withWorld(state, { confirmed: new Map([...confirmed, ...held]) }) : state, {
    asking: false,
    denials,
    askAgainAt: now + pauseMs,
  });
}
