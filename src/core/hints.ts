/** What an event of the kernel changes: which look is owed, and when; and whether somebody fights over what is ours. Pure. */

import { FIGHT_WINDOW_MS, pauseOf } from './fight.js';
import type { KernelHint } from './ports.js';
import { type Agenda, type Fight, HINT_SPACING_MS, moreUrgent, type State, withAgenda } from './state.js';

export function hinted(state: State, hint: KernelHint, now: number): State {
  const { agenda, world } = state;
  const fight = hint.ownDeleted && hint.sender !== 0 ? fought(agenda, hint, now) : agenda.fight;
  const earliest = Math.max(agenda.lastRound + HINT_SPACING_MS, fight.last + pauseOf(fight));
  // Unless a route of ours is refused: the one in its place may have gone.
  const canWait = hint.kind === 'route' && !hint.ownDeleted && world.refused.size === 0;
  return withAgenda(state, {
    fight,
    foreignDue: agenda.foreignDue || concernsForeign(hint),
    foreignWaits: agenda.foreignWaits || canWait,
    dirty: canWait ? agenda.dirty : moreUrgent(agenda.dirty, 'hint'),
    notBefore: Math.max(agenda.notBefore, earliest),
  });
}

/**
 * Links and addresses take routes along without a word (facts K1, K2), next hops too (K12). Rules, neighbours and the deletion of what
 * is ours do not: a route of ours is put back without reading the million that may stand beside it.
 */
function concernsForeign(hint: KernelHint): boolean {
  return !hint.ownDeleted && hint.kind !== 'rule' && hint.kind !== 'neighbour';
}

/** One episode for all deletions between two rounds: flushing a table is one act, however many routes it held. */
function fought({ fight, completedRounds }: Agenda, hint: KernelHint, now: number): Fight {
  if (fight.count > 0 && fight.round === completedRounds) return fight;
  const fresh = now - fight.last > FIGHT_WINDOW_MS;
  return { count: fresh ? 1 : fight.count + 1, last: now, round: completedRounds, culprit: hint };
}
