/** What an event of the kernel changes: which look is owed, and when; and whether somebody fights over what is ours. Pure. */

import type { NeighbourId } from '../model/link.js';
import { INTERFERENCE_WINDOW_MS, pauseOf } from './interference.js';
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
  const earliest = Math.max(
    agenda.lastRound + HINT_SPACING_MS,
    interference.last + pauseOf(interference),
    // Two programs that each want to be the last of one priority.
    hint.kind === 'rule' ? agenda.ruleMoves.last + pauseOf(agenda.ruleMoves) : 0,
  );
  // Unless a route of ours is refused: the one in its place may have gone.
  const canWait = hint.kind === 'route' && !hint.ownDeleted && world.refused.size === 0;
  return withAgenda(state, {
    interference,
    foreignDue: agenda.foreignDue || concernsForeign(hint),
    foreignWaits: agenda.foreignWaits || canWait,
    dirty: canWait ? agenda.dirty : moreUrgent(agenda.dirty, 'hint'),
    notBefore: Math.max(agenda.notBefore, earliest),
  });
}

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
