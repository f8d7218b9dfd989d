/**
 * Puts back in the same turn what somebody deleted of ours. The notification names it in full, so
 * no look is needed to know what is missing. During a million foreign changes a look takes long,
 * because every dump waits for the lock of those changes. Pure.
 *
 * The machine does this once per episode (interference.ts): when a table is flushed, its first
 * route is put back this way, and the others by the look that follows in any case. Invariant: only
 * what the last snapshot wants is put back, and nothing else is touched.
 */

import type { Rule } from '../model/route.js';
import { wanted } from './desired.js';
import { ruleKey, sameKey } from './keys.js';
import { ownership } from './ownership.js';
import type { KernelHint, Step } from './ports.js';
import { ruleSteps, type WantedRules } from './rule-steps.js';
import { isSeen, type Phase, type SeenWorld, type World } from './state.js';

type Lost = NonNullable<KernelHint['lost']>;

/** The steps that undo the deletion. */
export function repairOf(world: World, phase: Phase, lost: Lost, now: number): readonly Step[] {
  if (!isSeen(world)) return [];
  const want = wanted(world, phase, now);
  if (want === undefined) return [];
  if (lost.kind === 'rule') return rules(world, want, lost.rule);
  // For a route that a foreigner merged into ours (fact K7) only a look tells what is left.
  if (lost.route.nexthops.length !== 1) return [];
  const route = [want.routes, want.replies].flat().find((candidate) => sameKey(candidate, lost.route));
  return route === undefined ? [] : [{ kind: 'add-route', route }];
}

/**
 * Rules that must stand behind the lost one are added again with it, since a rule can only be
 * added behind the others. Nothing is deleted before the look: in a flush the older rules go
 * anyway.
 */
function rules(world: SeenWorld, wanted: WantedRules, lost: Rule): readonly Step[] {
  const key = ruleKey(lost);
  const { rules: known } = world.snapshot;
  const at = known.findIndex((rule) => ruleKey(rule) === key);
  if (at < 0) return [];
  const standing = known.filter((_, i) => i !== at);
  return ruleSteps(ownership(world.config, world.former), wanted, standing).adds;
}
