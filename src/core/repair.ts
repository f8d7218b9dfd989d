/**
 * What somebody deleted of ours, put back in the same turn: the notification names it in full, so no look is needed to know what is
 * missing. In the middle of a million foreign changes a look takes its time, since every dump waits for the lock of those changes. Pure.
 *
 * Once an episode (fight.ts) and only while it is answered at once: of a table that is flushed the first route is put back so, the others
 * by the look that follows in any case. Invariant: nothing but what the last snapshot wants is ever put back, and nothing else is touched.
 */

import { type Rule, TABLE_MAIN } from '../model/route.js';
import { wanted } from './desired.js';
import { pauseOf } from './fight.js';
import { ruleKey, sameKey } from './keys.js';
import type { KernelHint, Step } from './ports.js';
import type { State } from './state.js';

/** The step that undoes the deletion which the hint tells of; `before`: the state that has not heard of it. */
export function repairOf(before: State, state: State, { lost }: KernelHint, now: number): readonly Step[] {
  if (
    lost === undefined ||
    state.snapshot === undefined ||
    state.phase.kind !== 'in' ||
    state.round.kind === 'applying'
  )
    return [];
  // The kernel's own deletions (sender 0) are no fight: what took the route along would refuse it now.
  if (state.fight === before.fight || pauseOf(state.fight) > 0) return [];
  const want = wanted(state, state.snapshot, now);
  if (want === undefined) return [];
  if (lost.kind === 'rule') return rules(want.rules, lost.rule).map((rule) => ({ kind: 'add-rule', rule }));
  // Of a route that a foreigner merged into ours (fact K7) the look tells what is left.
  if (lost.route.nexthops.length !== 1) return [];
  const route = want.routes.find((candidate) => sameKey(candidate, lost.route));
  return route === undefined ? [] : [{ kind: 'add-route', route }];
}

/** With the rule that lets more specific routes of main win (placement.ts): without it ours would do harm, and it may have been deleted too. */
function rules(wanted: readonly Rule[], lost: Rule): readonly Rule[] {
  const key = ruleKey(lost);
  const found = wanted.find((rule) => ruleKey(rule) === key);
  if (found === undefined) return [];
  const guard =
    lost.table === TABLE_MAIN
      ? undefined
      : wanted.find((rule) => rule.family === lost.family && rule.priority === lost.priority - 1);
  return guard === undefined ? [found] : [guard, found];
}
