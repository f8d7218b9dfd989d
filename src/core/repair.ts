/**
 * What somebody deleted of ours, put back in the same turn: the notification names it in full, so no look is needed to know what is
 * missing. In the middle of a million foreign changes a look takes its time, since every dump waits for the lock of those changes. Pure.
 *
 * The machine does it once an episode (interference.ts): of a table that is flushed the first route is put back so, the others by the look
 * that follows in any case. Invariant: nothing but what the last snapshot wants is ever put back, and nothing else is touched.
 */

import { type Rule, TABLE_MAIN } from '../model/route.js';
import { wanted } from './desired.js';
import { ruleKey, sameKey } from './keys.js';
import type { KernelHint, Step } from './ports.js';
import { isSeen, type Phase, type World } from './state.js';

type Lost = NonNullable<KernelHint['lost']>;

/** The steps that undo the deletion. */
export function repairOf(world: World, phase: Phase, lost: Lost, now: number): readonly Step[] {
  const want = isSeen(world) && phase.kind === 'in' ? wanted(world, phase, now) : undefined;
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
