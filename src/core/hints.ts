/** What an event of the kernel changes: which look is owed, and when; and whether somebody fights over what is ours. Pure. */

import { remembered } from '../fib/remembered.js';
import { familyOf } from '../model/address.js';
import { gatewaysOf } from '../model/config.js';
import type { NeighbourId } from '../model/link.js';
import { containsAddress, prefixText } from '../model/prefix.js';
import { interferenceAfter } from './adopt.js';
import { learnedGateways } from './auto.js';
import { INTERFERENCE_WINDOW_MS, pauseOf } from './interference.js';
import { placeOfKey } from './keys.js';
import { neighboursThatMatter } from './looks.js';
import type { KernelHint } from './ports.js';
import {
  type Agenda,
  HINT_SPACING_MS,
  type Interference,
  isSeen,
  moreUrgent,
  type State,
  type World,
  withAgenda,
} from './state.js';

export function hinted(state: State, hint: KernelHint, now: number): State {
  const { agenda, world } = state;
  if (hint.neighbour !== undefined && !matters(world, hint.neighbour)) return state;
  const interference =
    hint.ownDeleted && hint.sender !== 0 ? interferenceAfterHint(agenda, hint, now) : agenda.interference;
  const foreign = hint.kind === 'route' && !hint.ownDeleted;
  // One that comes and goes all day is looked at as other foreign routes are, at the pace that reading the tables allows.
  const mends =
    foreign &&
    hint.route !== undefined &&
    now >= agenda.mendings.last + pauseOf(agenda.mendings) &&
    mayMend(world, hint.route);
  const mendings = mends && agenda.dirty === undefined ? interferenceAfter(agenda.mendings, now) : agenda.mendings;
  const earliest = Math.max(
    agenda.lastRound + HINT_SPACING_MS,
    interference.last + pauseOf(interference),
    // Two programs that each want to be the last of one priority.
    hint.kind === 'rule' ? agenda.ruleMoves.last + pauseOf(agenda.ruleMoves) : 0,
  );
  const canWait = foreign && !mends;
  return withAgenda(state, {
    interference,
    mendings,
    foreignDue: agenda.foreignDue || concernsForeign(hint),
    foreignWaits: agenda.foreignWaits || canWait,
    dirty: canWait ? agenda.dirty : moreUrgent(agenda.dirty, 'hint'),
    notBefore: Math.max(agenda.notBefore, earliest),
  });
}

/**
 * Whether the change of this route may be what a refused route of ours waits for: it contains a gateway, which it may make a neighbour,
 * or it was in the place of ours. Of a full table next to none does.
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

/** The failure of a stranger on another port, of which a scan of addresses makes thousands, changes nothing. */
function matters(world: World, { interfaceIndex, address }: NeighbourId): boolean {
  return (
    !isSeen(world) ||
    neighboursThatMatter(world).some((one) => one.interfaceIndex === interfaceIndex && one.address === address)
  );
}

/**
 * Links and addresses take routes along without a word (facts K1, K2), next hops too (K12). Rules, neighbours and the deletion of what
 * is ours do not: a route of ours is put back without reading the million that may stand beside it.
 */
function concernsForeign(hint: KernelHint): boolean {
  return !hint.ownDeleted && hint.kind !== 'rule' && hint.kind !== 'neighbour';
}

/** One episode for all deletions between two rounds: flushing a table is one act, however many routes it held. */
function interferenceAfterHint({ interference, completedRounds }: Agenda, hint: KernelHint, now: number): Interference {
  if (interference.count > 0 && interference.round === completedRounds) return interference;
  const fresh = now - interference.last > INTERFERENCE_WINDOW_MS;
  return { count: fresh ? 1 : interference.count + 1, last: now, round: completedRounds, culprit: hint };
}
