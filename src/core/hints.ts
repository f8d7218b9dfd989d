/**
 * What an event of the kernel changes: which look is owed, when, and whether somebody keeps
 * undoing our changes. Pure.
 */

import { remembered } from '../fib/remembered.js';
import { familyOf } from '../model/address.js';
import { gatewaysOf } from '../model/config.js';
import type { NeighbourId } from '../model/link.js';
import { containsAddress, prefixText } from '../model/prefix.js';
import { interferenceAfter } from './adopt.js';
import { learnedGateways } from './auto.js';
import { INTERFERENCE_WINDOW_MS, type Interference, pauseOf } from './interference.js';
import { placeOfKey } from './keys.js';
import { neighboursThatMatter } from './looks.js';
import type { KernelHint } from './ports.js';
import { type Agenda, HINT_SPACING_MS, isSeen, moreUrgent, type State, type World, withAgenda } from './state.js';

export function hinted(state: State, hint: KernelHint, now: number): State {
  const { agenda, world } = state;
  if (hint.neighbour !== undefined && !matters(world, hint.neighbour)) return state;
  const interference =
    hint.ownDeleted && hint.sender !== 0 ? interferenceAfterHint(agenda, hint, now) : agenda.interference;
  const foreign = hint.kind === 'route' && !hint.ownDeleted;
  // A route that comes and goes all day is handled like other foreign routes, at the pace that
  // reading the tables allows.
  const mends =
    foreign &&
    hint.route !== undefined &&
    now >= agenda.mendings.last + pauseOf(agenda.mendings) &&
    mayMend(world, hint.route);
  const mendings = mends && agenda.dirty === undefined ? interferenceAfter(agenda.mendings, now) : agenda.mendings;
  const earliest = Math.max(
    agenda.lastRound + HINT_SPACING_MS,
    interference.last + pauseOf(interference),
    // Two programs that each want to be the last of one priority would move their rules for ever;
    // so a move waits.
    hint.kind === 'rule' ? agenda.ruleMoves.last + pauseOf(agenda.ruleMoves) : 0,
  );
  const canWait = foreign && !mends;
  // Programs may change thousands of rules all day, and each look reads them all.
  const foreignRule = hint.kind === 'rule' && !hint.ownDeleted;
  return withAgenda(state, {
    acknowledged: hint.ownDeleted ? [] : agenda.acknowledged,
    interference,
    mendings,
    foreignDue: agenda.foreignDue || concernsForeign(hint),
    foreignWaits: agenda.foreignWaits || canWait,
    rulesWait: agenda.rulesWait || foreignRule,
    dirty: canWait || foreignRule ? agenda.dirty : moreUrgent(agenda.dirty, 'hint'),
    notBefore: Math.max(agenda.notBefore, earliest),
  });
}

/**
 * Whether this change may help a refused route of ours: the changed route contains a gateway and
 * may make it a neighbour, or it had the place of ours. Almost no route of a full table does.
 */
function mayMend(
  { config, learned, refused }: World,
  { table, destination }: NonNullable<KernelHint['route']>,
): boolean {
  if (refused.size === 0) return false;
  if (places(refused).has(`${destination.family} ${table} ${prefixText(destination)}`)) return true;
  return [...gatewaysOf(config), ...learnedGateways(learned)].some(
    (gateway) => familyOf(gateway) === destination.family && containsAddress(destination, gateway),
  );
}

const places = remembered(
  (refused: World['refused']): ReadonlySet<string> => new Set([...refused.keys()].map(placeOfKey)),
);

/**
 * Whether the neighbour is one that decisions use. A scan of addresses on another port makes
 * thousands of failed neighbours, which change nothing.
 */
function matters(world: World, { interfaceIndex, address }: NeighbourId): boolean {
  return (
    !isSeen(world) ||
    neighboursThatMatter(world).some((one) => one.interfaceIndex === interfaceIndex && one.address === address)
  );
}

/**
 * Whether the tables must be read. When links, addresses or next hops go, the kernel removes
 * routes without an event for each (facts K1, K2, K12). Rules, neighbours and the deletion of our
 * own routes need no such read: a route of ours is put back without reading the million that may
 * stand beside it.
 */
function concernsForeign(hint: KernelHint): boolean {
  return !hint.ownDeleted && hint.kind !== 'rule' && hint.kind !== 'neighbour';
}

/**
 * All deletions between two rounds are one episode: flushing a table is one act, however many
 * routes it held.
 */
function interferenceAfterHint({ interference, completedRounds }: Agenda, hint: KernelHint, now: number): Interference {
  if (interference.count > 0 && interference.round === completedRounds) return interference;
  const fresh = now - interference.last > INTERFERENCE_WINDOW_MS;
  return { count: fresh ? 1 : interference.count + 1, last: now, round: completedRounds, culprit: hint };
}
