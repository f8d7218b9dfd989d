/**
 * Rules as they are against rules as they are wanted: what is added and what is deleted. Pure.
 *
 * Among equal priorities the kernel puts a newer rule behind the older ones, accepts the same rule
 * a second time, and deletes the first rule that matches (facts K14, K22). So the rules of one
 * priority are a sequence that can only grow at its end. A rule that is missing, or stands in
 * front of a foreign rule that it must stand behind, is added again at the end, together with all
 * that must follow it. Then the surplus is deleted, the last first. A packet meets the old
 * sequence until the new one is complete. Of two equal rules the older one is deleted.
 *
 * Invariant: wherever the steps are cut off, a packet is carried at least as well as before. The
 * next round does the rest.
 */

import type { Rule } from '../model/route.js';
import { ruleKey } from './keys.js';
import { type Ownership, ownsRule } from './ownership.js';
import type { Step } from './ports.js';

export interface WantedRules {
  /** In the order in which a packet is to meet them. */
  readonly rules: readonly Rule[];
  /**
   * Foreign rules, as observed, that our rules of the same priority must stand behind. Where there
   * is none, ours stand behind all foreign rules of the priority.
   */
  readonly anchors: readonly Rule[];
}

interface RuleSteps {
  readonly adds: readonly Step[];
  readonly deletes: readonly Step[];
}

/** `observed`: all rules, in the order of a dump. */
export function ruleSteps(own: Ownership, wanted: WantedRules, observed: readonly Rule[]): RuleSteps {
  const groups = new Map<string, Group>();
  const groupOf = (rule: Rule): Group => {
    const key = `${rule.family} ${rule.priority}`;
    let group = groups.get(key);
    if (group === undefined) groups.set(key, (group = { priority: rule.priority, wanted: [], standing: [] }));
    return group;
  };
  for (const rule of wanted.rules) groupOf(rule).wanted.push(rule);
  for (const rule of observed) if (ownsRule(own, rule)) groupOf(rule);
  if (groups.size === 0) return { adds: [], deletes: [] };
  // A host may have ten thousand rules, so the others are skipped early.
  const priorities = new Set([...groups.values()].map(({ priority }) => priority));
  for (const rule of observed)
    if (priorities.has(rule.priority)) groups.get(`${rule.family} ${rule.priority}`)?.standing.push(rule);
  const ascending = [...groups.values()].sort((a, b) => a.priority - b.priority);
  const done = ascending.map((group) => groupSteps(own, group, wanted.anchors));
  return { adds: done.flatMap(({ adds }) => adds), deletes: done.reverse().flatMap(({ deletes }) => deletes) };
}

/** The rules of one family and one priority. */
interface Group {
  readonly priority: number;
  readonly wanted: Rule[];
  readonly standing: Rule[];
}

function groupSteps(own: Ownership, { wanted, standing }: Group, anchors: readonly Rule[]): RuleSteps {
  const ours = standing.filter((rule) => ownsRule(own, rule));
  const kept = keep(own, wanted, standing, anchors);
  const changed = deletions(ours, wanted, kept);
  // A deletion that names fewer selectors may match another rule of ours first. Then nothing is
  // kept.
  const { adds, deletes } = changed.left === 0 ? changed : deletions(ours, wanted, []);
  return {
    adds: adds.map((rule) => ({ kind: 'add-rule', rule, ...(standsTwice(ours, rule) ? { again: true } : {}) })),
    deletes: deletes.map((rule) => ({ kind: 'delete-rule', rule })),
  };
}

function standsTwice(ours: readonly Rule[], added: Rule): boolean {
  return ours.some((rule) => ruleKey(rule) === ruleKey(added));
}

/**
 * The existing rules that can stay: the beginning of what is wanted, in its order, behind the
 * rules that it must be behind.
 */
function keep(
  own: Ownership,
  wanted: readonly Rule[],
  standing: readonly Rule[],
  anchors: readonly Rule[],
): readonly Rule[] {
  const anchored = standing.findIndex((rule) => anchors.includes(rule));
  let at = anchored >= 0 ? anchored : standing.findLastIndex((rule) => !ownsRule(own, rule));
  const kept: Rule[] = [];
  for (const rule of wanted) {
    const key = ruleKey(rule);
    // The newest of equal rules: a deletion matches the oldest.
    const found = standing.findLastIndex((other) => ownsRule(own, other) && ruleKey(other) === key);
    if (found <= at) break;
    at = found;
    kept.push(standing[found]!);
  }
  return kept;
}

interface Change {
  readonly adds: readonly Rule[];
  readonly deletes: readonly Rule[];
  /** Surplus rules that no deletion reaches, because a rule before them would match first. */
  readonly left: number;
}

function deletions(ours: readonly Rule[], wanted: readonly Rule[], kept: readonly Rule[]): Change {
  const adds = wanted.slice(kept.length);
  const surplus = new Set(ours.filter((rule) => !kept.includes(rule)));
  const standing = [...ours, ...adds];
  const deletes: Rule[] = [];
  for (let found = true; found; ) {
    found = false;
    for (let i = standing.length - 1; i >= 0 && !found; i--) {
      const named = standing[i]!;
      if (!surplus.has(named)) continue;
      const taken = standing.findIndex((rule) => fits(named, rule));
      if (ruleKey(standing[taken]!) !== ruleKey(named) || !surplus.has(standing[taken]!)) continue;
      deletes.push(named);
      surplus.delete(standing[taken]!);
      standing.splice(taken, 1);
      found = true;
    }
  }
  return { adds, deletes, left: surplus.size };
}

/**
 * Whether the deletion of `named` matches the rule: a selector that it does not name matches
 * anything (fact K14).
 */
function fits(named: Rule, rule: Rule): boolean {
  return (
    named.table === rule.table &&
    named.protocol === rule.protocol &&
    (named.suppressPrefixLength === undefined || named.suppressPrefixLength === rule.suppressPrefixLength) &&
    (named.inputInterface === undefined || named.inputInterface === rule.inputInterface) &&
    (named.detail?.from === undefined || named.detail.from.address === rule.detail?.from?.address)
  );
}
