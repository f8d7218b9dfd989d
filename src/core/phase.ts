/**
 * Are the backup routes in or out? One total function of what is known. Pure.
 *
 *   daemons                                                     primary        standby, pinned
 *   one down, dead, hung, or silent past the deadline           in (down)      in
 *   one not judged yet                                          as before      in
 *   all answer, the source of the role does not yet             as before      -
 *   all answer, hold-time not over                              in (hold)      in
 *   all answer, held, a destination not covered, time left      in (converging) in
 *   all answer, held, and covered or timed out                  out            in
 *
 * The hold-time counts from the youngest daemon's first answer (or, beside a daemon that is older than ourselves, from
 * its start), the convergence-timeout from the end of the hold-time. Once out, the wait for coverage
 * begins anew when a destination loses its cover: a daemon in orderly shutdown empties the FIB up to two
 * seconds before its sockets close (fact F8), and whichever comes first must count.
 *
 * Invariant: no input but a healthy verdict of every daemon leads to `out`.
 */

import { allBackupRouters } from '../model/config.js';
import { type Prefix, prefixText } from '../model/prefix.js';
import { dampedHoldMs } from './damping.js';
import { ownership, owns } from './plan.js';
import { type Coverage, coverage, questionKey } from './rivals.js';
import type { DaemonState, InCause, Phase, State } from './state.js';

/** The phase that follows from the state; the very same object when nothing changed but the clock. */
export function nextPhase(state: State, now: number): Phase {
  const next = judge(state, now);
  const current = state.phase;
  if (next === current || next.kind !== current.kind) return next;
  const same = { ...next, since: current.since };
  return samePhase(same, current) ? current : same;
}

function samePhase(a: Phase, b: Phase): boolean {
  if (a.kind === 'in')
    return b.kind === 'in' && a.cause === b.cause && a.reason === b.reason && a.until === b.until && a.from === b.from;
  if (a.kind === 'out')
    return (
      b.kind === 'out' &&
      a.reason === b.reason &&
      a.uncovered.length === b.uncovered.length &&
      a.uncovered.every((text, i) => text === b.uncovered[i])
    );
  return b.kind === 'starting' && a.reason === b.reason;
}

type Inside = (cause: InCause, reason: string, until?: number | 'never', from?: number) => Phase;

function judge(state: State, now: number): Phase {
  const inside: Inside = (cause, reason, until, from) => ({
    kind: 'in',
    cause,
    since: now,
    reason,
    until,
    from,
  });
  if (state.pin !== undefined && (state.pin.until === 'never' || now < state.pin.until))
    return inside('pinned', state.pin.reason, state.pin.until);
  const { role, reason } = state.roleOverride ?? state.role;
  if (role === 'standby') return inside('standby', `role is standby: ${reason}`);

  const daemons = [...state.daemons.values()];
  const bad = worst(daemons.filter((daemon) => daemon.life !== 'responsive' && daemon.life !== 'unknown'));
  if (bad !== undefined)
    return inside('down', `${bad.id} ${bad.life === 'appeared' ? 'is starting' : `is ${bad.life}`}: ${bad.reason}`);

  const unknown = daemons.find((daemon) => daemon.life === 'unknown');
  if (unknown !== undefined) {
    if (now >= state.verdictsBy) return inside('down', `${unknown.id} has not answered in time`);
    if (state.phase.kind === 'out') return state.phase;
    // What was pinned or on standby a moment ago is in, and stays so until the verdict.
    if (state.phase.kind === 'in')
      return state.phase.cause === 'pinned' || state.phase.cause === 'standby'
        ? inside('down', `${unknown.id} is not heard of yet`)
        : state.phase;
    return routesAreIn(state) ? inside('down', 'routes were in when the agent started') : state.phase;
  }

  if (state.roleOverride === undefined && state.role.provisional === true) {
    if (state.phase.kind === 'in')
      return state.phase.cause === 'pinned' ? inside('standby', state.role.reason) : state.phase;
    return state.phase.kind === 'starting' && routesAreIn(state)
      ? inside('down', 'routes were in when the agent started')
      : state.phase;
  }

  if (state.phase.kind === 'out') return judgeCovers(state, state.phase, now, inside);

  const youngest = daemons.reduce((a, b) => (b.since > a.since ? b : a));
  const holdUntil = youngest.since + dampedHoldMs(state.damping, state.config.holdMs, now);
  if (now < holdUntil) return inside('hold', `${youngest.id} must stay responsive for the hold-time`, holdUntil);

  return judgeCoverage(state, holdUntil, now, inside);
}

function judgeCoverage(state: State, holdUntil: number, now: number, inside: Inside): Phase {
  const timeout = state.config.convergenceTimeoutMs;
  const from = state.phase.kind === 'in' ? (state.phase.from ?? holdUntil) : holdUntil;
  const until = timeout === 'never' ? 'never' : from + timeout;
  const found = state.snapshot === undefined ? undefined : coverage(state, state.snapshot);
  // The look that reads it is under way.
  if (found?.unread === true && state.phase.kind === 'starting' && now < state.verdictsBy) return state.phase;
  if (found?.uncovered.length === 0 && !found.unread)
    return { kind: 'out', since: now, reason: 'every destination is covered', uncovered: [] };
  if (until !== 'never' && now >= until) {
    const reason = timeout === 0 ? 'daemon is responsive and held' : 'convergence-timeout is over';
    return {
      kind: 'out',
      since: now,
      reason,
      uncovered: found?.uncovered.map(prefixText) ?? everything(state),
    };
  }
  if (found === undefined) return state.phase;
  // Beside a daemon older than ourselves, and with nothing installed: its word on its routes is awaited before we insert ours.
  const unanswered = found.toConfirm.some((question) => !state.confirmed.has(questionKey(question)));
  if (state.phase.kind === 'starting' && unanswered && now < state.verdictsBy && !routesAreIn(state))
    return state.phase;
  return inside('converging', `not covered yet: ${some(found.uncovered)}`, until, from);
}

/** Out: does every destination that had a cover still have one? */
function judgeCovers(state: State, phase: Phase & { kind: 'out' }, now: number, inside: Inside): Phase {
  const timeout = state.config.convergenceTimeoutMs;
  if (timeout === 0 || state.snapshot === undefined) return phase;
  const found = coverage(state, state.snapshot, true);
  const { unread, uncovered } = found;
  if (unread || agreed.get(phase.uncovered) === found) return phase;
  const given = new Set(phase.uncovered);
  const lost = uncovered.filter((prefix) => !given.has(prefixText(prefix)));
  if (lost.length > 0)
    return inside('converging', `no longer covered: ${some(lost)}`, timeout === 'never' ? 'never' : now + timeout, now);
  const texts = uncovered.length === phase.uncovered.length ? phase.uncovered : uncovered.map(prefixText);
  agreed.set(texts, found);
  return texts === phase.uncovered ? phase : { ...phase, uncovered: texts };
}

/** Lists of the uncovered, each with the coverage that it was last found to agree with. */
const agreed = new WeakMap<readonly string[], Coverage>();

function everything(state: State): readonly string[] {
  return allBackupRouters(state.config).flatMap((router) => router.destinations.map(prefixText));
}

/** The daemon to name when several are not well: the one that has been so for longest. */
function worst(daemons: readonly DaemonState[]): DaemonState | undefined {
  const rank = (daemon: DaemonState): number => (daemon.life === 'appeared' ? 1 : 0);
  return [...daemons].sort((a, b) => rank(a) - rank(b) || a.since - b.since)[0];
}

function routesAreIn(state: State): boolean {
  const own = ownership(state.config, state.formerGateways);
  return (
    state.snapshot?.ownRoutes.some((route) => route.nexthops.some((nexthop) => owns(own, route, nexthop))) === true
  );
}

function some(prefixes: readonly Prefix[]): string {
  const shown = prefixes.slice(0, 3).map(prefixText).join(', ');
  return prefixes.length > 3 ? `${shown} and ${prefixes.length - 3} more` : shown;
}
