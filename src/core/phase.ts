/**
 * Are the backup routes in or out? One total function of what is known. Pure.
 *
 *   daemons                                                     primary        standby, pinned
 *   one down, dead, hung, or silent past the deadline           in (down)      in
 *   one without a verdict yet                                   as before      in
 *   all answer, the role source has not answered yet            as before      -
 *   all answer, at our start, the age of one is not known, and  as found       in
 *     all is covered: until the hold-time is over
 *   all answer, hold-time not over                              in (hold)      in
 *   all answer, held, one not covered that was once             in (converging) in
 *   all answer, held, one not covered, time left                in (converging) in
 *   all answer, held, one covered that the kernel denies        in (disagreement) in
 *   all answer, held, timed out, and what is not covered        out, uncovered in
 *     never was
 *   all answer, held, and all covered (or the timeout is 0)     out            in
 *
 * The hold-time counts from the first answer of the youngest daemon (beside a daemon that is older
 * than the agent: from the daemon's start). The convergence-timeout counts from the end of the
 * hold-time. It applies to destinations that were never covered here. For those that were
 * (expected.ts), the routes stay in without a limit. Once out, the wait for coverage begins again
 * when a destination loses its cover: a daemon in orderly shutdown empties the FIB up to two
 * seconds before its sockets close (fact F8), and whichever comes first must count.
 *
 * Invariant: only a healthy verdict of every daemon leads to `out`.
 */

import { prefixText } from '../model/prefix.js';
import { firstOf } from '../model/text.js';
import { coverage, questionKey } from './coverage.js';
import type { DaemonState } from './daemon-state.js';
import { dampedHoldMs } from './damping.js';
import { expected } from './expected.js';
import { isReplyTable, ownership, owns } from './ownership.js';
import { type InCause, isSeen, type Orders, type Phase, type State, type World } from './state.js';
import { underWay } from './takeover.js';

/**
 * The phase that follows from world, orders and the phase before; the same object if only the
 * clock has changed.
 */
export function nextPhase({ world, orders, phase: current }: Omit<State, 'agenda'>, now: number): Phase {
  const next = judge(world, orders, current, now);
  if (next.kind !== current.kind) return next;
  // Out and uncovered is a state of its own.
  if (phaseCause(next) !== phaseCause(current) && next.kind === 'out') return { ...next, since: now };
  const same = { ...next, since: current.since };
  return samePhase(same, current) ? current : same;
}

/** Why the routes are in, or `uncovered` if they are out with destinations uncovered. */
export function phaseCause(phase: Phase): InCause | 'uncovered' | undefined {
  if (phase.kind === 'in') return phase.cause;
  return phase.kind === 'out' && phase.uncovered.length > 0 ? 'uncovered' : undefined;
}

/**
 * Compares two phases of one kind. The uncovered destinations are compared by the reason, which
 * names them.
 */
function samePhase(a: Phase, b: Phase): boolean {
  return Object.entries(a).every(([key, value]) => key === 'uncovered' || value === Reflect.get(b, key));
}

const UNDER_WAY = {
  taking: "a foreign default route is being taken over, and the routing daemon's own is awaited",
  'giving-back':
    "a foreign default route that was taken over is being given back: the routing daemon's own has not come",
} as const;

type Inside = (cause: InCause, reason: string, until?: number | 'never', from?: number) => Phase;

function judge(world: World, orders: Orders, current: Phase, now: number): Phase {
  const inside: Inside = (cause, reason, until, from) => ({
    kind: 'in',
    cause,
    since: now,
    reason,
    until,
    from,
  });
  const { pin } = orders;
  if (pin !== undefined && (pin.until === 'never' || now < pin.until)) return inside('pinned', pin.reason, pin.until);
  const { role, reason } = orders.role ?? world.role;
  if (role === 'standby') return inside('standby', `role is standby: ${reason}`);

  const daemons = [...world.daemons.values()];
  const bad = worst(daemons.filter((daemon) => daemon.life !== 'responsive' && daemon.life !== 'unknown'));
  if (bad !== undefined)
    return inside('down', `${bad.id} ${bad.life === 'appeared' ? 'is starting' : `is ${bad.life}`}: ${bad.reason}`);

  const unknown = daemons.find((daemon) => daemon.life === 'unknown');
  if (unknown !== undefined) {
    if (now >= world.verdictsBy) return inside('down', `${unknown.id} has not answered in time`);
    if (current.kind === 'out') return current;
    // Routes that were in because of a pin or the standby role stay in until the verdict.
    if (current.kind === 'in')
      return current.cause === 'pinned' || current.cause === 'standby'
        ? inside('down', `${unknown.id} has not been heard from yet`)
        : current;
    return routesAreIn(world) ? inside('down', 'routes were in when the agent started') : current;
  }

  if (orders.role === undefined && world.role.provisional === true) {
    if (current.kind === 'in') return current.cause === 'pinned' ? inside('standby', world.role.reason) : current;
    return current.kind === 'starting' && routesAreIn(world)
      ? inside('down', 'routes were in when the agent started')
      : current;
  }

  // Foreign default routes are taken over only while ours are in.
  const taking = underWay(world);
  const awaited =
    taking === undefined
      ? undefined
      : inside(
          'converging',
          UNDER_WAY[taking.kind],
          taking.until ?? 'never',
          current.kind === 'in' ? current.from : undefined,
        );
  if (awaited !== undefined && (current.kind !== 'in' || current.cause === 'converging')) return awaited;
  if (current.kind === 'out') return judgeCovers(world, current, now, inside);

  const youngest = daemons.reduce((a, b) => (b.since > a.since ? b : a));
  const holdMs = dampedHoldMs(world.damping, world.config.holdMs, now);
  const holdUntil = youngest.since + holdMs;
  if (now < holdUntil) {
    const perhapsOld = daemons.every(({ since, ageUnknown }) => now >= since + holdMs || ageUnknown === true);
    if (current.kind === 'starting' && perhapsOld && isServed(world, now))
      return {
        ...current,
        reason: `it is not known how long ${youngest.id} has run, and nothing is uncovered`,
        until: holdUntil,
      };
    return inside('hold', `${youngest.id} must stay responsive for the hold-time`, holdUntil);
  }

  return awaited ?? judgeCoverage(world, current, holdUntil, now, inside);
}

/**
 * Whether every destination is covered without our routes, as far as is known by now, and none of
 * our routes is in the kernel.
 */
function isServed(world: World, now: number): boolean {
  const patient = now < world.verdictsBy;
  if (!isSeen(world)) return patient;
  const { unread, bare, toConfirm } = coverage(world);
  if (bare.length > 0 || routesAreIn(world)) return false;
  return patient || (!unread && toConfirm.length === 0);
}

function judgeCoverage(world: World, current: Phase, holdUntil: number, now: number, inside: Inside): Phase {
  const timeout = world.config.convergenceTimeoutMs;
  const from = current.kind === 'in' ? (current.from ?? holdUntil) : holdUntil;
  const until = timeout === 'never' ? 'never' : from + timeout;
  if (timeout === 0) return { kind: 'out', since: now, reason: 'daemon is responsive and held', uncovered: [] };
  // Nothing can be said before the first look.
  if (!isSeen(world)) return current;
  const found = coverage(world);
  // The look that reads it is under way.
  if (found.unread && current.kind === 'starting' && now < world.verdictsBy) return current;
  if (found.disagreed.length > 0) return inside('disagreement', disagreement(found.disagreed), 'never', from);
  if (found.uncovered.length === 0 && !found.unread) return out(now, []);
  const over = until !== 'never' && now >= until;
  // Beside a daemon that is older than the agent, with nothing of ours installed, the daemon's
  // answer about its routes is awaited before ours go in.
  const unanswered = found.toConfirm.some((question) => !world.confirmed.has(questionKey(question)));
  const silent = current.kind === 'starting' && unanswered && now < world.verdictsBy && !routesAreIn(world);
  // After the timeout, what the daemon does not deny counts as a cover: it may be a daemon that
  // cannot be asked.
  const open = over ? found.bare : found.uncovered.map(prefixText);
  const awaited = expected(world);
  const again = open.filter((text) => awaited.has(text));
  if (silent && (again.length > 0 || !over)) return current;
  if (again.length > 0) {
    const all = again.length === open.length;
    return inside('converging', lacking(found, open, `not covered ${all ? 'again ' : ''}yet`), 'never', from);
  }
  return over ? out(now, open) : inside('converging', lacking(found, open, 'not covered yet'), until, from);
}

/** While out: whether every destination that had a cover still has one. */
function judgeCovers(world: World, phase: Phase & { kind: 'out' }, now: number, inside: Inside): Phase {
  const timeout = world.config.convergenceTimeoutMs;
  if (timeout === 0 || !isSeen(world)) return phase;
  const found = coverage(world);
  const { unread, bare, disagreed } = found;
  if (disagreed.length > 0) return inside('disagreement', disagreement(disagreed), 'never', now);
  if (unread || bare === phase.uncovered) return phase;
  const given = new Set(phase.uncovered);
  const awaited = expected(world);
  const lost = bare.filter((text) => !given.has(text) || awaited.has(text));
  if (lost.length === 0) return out(phase.since, bare);
  const again = lost.some((text) => awaited.has(text));
  const until = timeout === 'never' || again ? 'never' : now + timeout;
  return inside('converging', lacking(found, lost, 'no longer covered'), until, now);
}

/** The kernel may carry what is doubtful; in doubt the routes are in. */
function lacking({ doubtful }: ReturnType<typeof coverage>, open: readonly string[], words: string): string {
  const isDoubt = open.every((text) => doubtful.has(text));
  return `${isDoubt ? 'not certain to be covered, because a rule suppresses IPv6 routes (`doctor` says more)' : words}: ${some(open)}`;
}

function disagreement(keys: readonly string[]): string {
  return `the kernel does not carry what counts as covered: ${some(keys)}`;
}

/** The reason states what is so now, not how it came about. */
function out(since: number, uncovered: readonly string[]): Phase {
  const reason =
    uncovered.length === 0
      ? 'every destination is covered'
      : `nothing covers ${some(uncovered)}, nothing here ever has, and the convergence-timeout is over`;
  return { kind: 'out', since, reason, uncovered };
}

/** The daemon to name when several are not well: the one that has been so for longest. */
function worst(daemons: readonly DaemonState[]): DaemonState | undefined {
  const rank = (daemon: DaemonState): number => (daemon.life === 'appeared' ? 1 : 0);
  return [...daemons].sort((a, b) => rank(a) - rank(b) || a.since - b.since)[0];
}

function routesAreIn({ config, former, snapshot }: World): boolean {
  const own = ownership(config, former);
  return (
    snapshot?.ownRoutes.some(
      (route) => !isReplyTable(own, route.table) && route.nexthops.some((nexthop) => owns(own, route, nexthop)),
    ) === true
  );
}

function some(prefixes: readonly string[]): string {
  return firstOf(prefixes, 3);
}
