/**
 * Where the rules of placement `local` stand: beside the rule that looks up main, and nowhere
 * else. Pure.
 *
 *   main's rule                                     ours
 *   the first one without a selector or suppressor  one priority before it, behind all others there
 *                                                   (fact K22); what may not win over main stands
 *                                                   behind it, at its own priority
 *   no room in front of it, or own addresses are    behind it (or behind `lookup local`): nothing
 *   looked up behind it                             is overtaken, every route of main wins;
 *                                                   reported
 *   there is none, and no rule reads main           at the end, with a rule of ours that reads
 *                                                   main; reported
 *   there is none, but rules for some packets are   nowhere; reported
 *
 * A number in `rule-priority-base` is used as written, unless own addresses would then be looked
 * up behind our rules.
 */

import type { Family } from '../model/address.js';
import type { Config } from '../model/config.js';
import { type Rule, TABLE_LOCAL, TABLE_MAIN } from '../model/route.js';
import { rulesOf, ruleText, tableText } from '../model/route-text.js';
import type { Wait } from './management.js';
import { type Ownership, ownsRule } from './ownership.js';

/** Why our rules cannot stand where they should. */
interface Trouble extends Wait {
  /** The rule that is in the way. */
  readonly rule: Rule | undefined;
  /** Commands, or lines of the configuration, that fix it. */
  readonly remedy: readonly string[];
}

export type RulePlace =
  | {
      readonly kind: 'beside';
      /** Our rules that stand behind it have its priority. */
      readonly anchor: Rule;
      /** Priority of our rules in front of it; undefined: none can stand there. */
      readonly front: number | undefined;
      readonly trouble?: Trouble;
    }
  /** `priority`: of our rule that reads main. */
  | { readonly kind: 'end'; readonly priority: number; readonly trouble: Trouble }
  | { readonly kind: 'fixed'; readonly base: number }
  | { readonly kind: 'nowhere'; readonly trouble: Trouble };

/** The kernel's own rule for main (fib_default_rules_init). */
const MAIN_PRIORITY = 32_766;
/**
 * A main rule at priority 1 leaves only priority 0 for ours, among rules that ip-rule(8) cannot
 * name.
 */
const FIRST_PRIORITY = 1;

/** The place for a family. `rules`: all rules in the order of a dump. */
export function rulePlace(config: Config, own: Ownership, family: Family, rules: readonly Rule[]): RulePlace {
  const foreign = rules.filter((rule) => rule.family === family && !ownsRule(own, rule));
  const main = foreign.find((rule) => takesAllTo(rule, TABLE_MAIN));
  if (main === undefined) return withoutMain(family, foreign);
  const base = config.rulePriorityBase;
  const ownAddresses = foreign.find((rule) => takesAllTo(rule, TABLE_LOCAL));
  const place = besideMain(family, foreign, main, ownAddresses);
  if (base === 'auto') return place;
  if (ownAddresses === undefined || ownAddresses.priority < base) return { kind: 'fixed', base };
  return { ...place, trouble: place.trouble ?? refusedBase(family, base, ownAddresses) };
}

function besideMain(
  family: Family,
  foreign: readonly Rule[],
  main: Rule,
  ownAddresses: Rule | undefined,
): RulePlace & { readonly kind: 'beside' } {
  const at = foreign.indexOf(main);
  const before = foreign[at - 1];
  if (ownAddresses !== undefined && foreign.indexOf(ownAddresses) > at)
    return { kind: 'beside', anchor: ownAddresses, front: undefined, trouble: localBehindMain(main, ownAddresses) };
  if (before?.priority === main.priority)
    return { kind: 'beside', anchor: main, front: undefined, trouble: samePriority(main, before) };
  if (main.priority <= FIRST_PRIORITY)
    return { kind: 'beside', anchor: main, front: undefined, trouble: nothingBefore(family, main) };
  return { kind: 'beside', anchor: main, front: main.priority - 1 };
}

const BEHIND = 'so backup routes stand behind it, where every route of main wins over them';

function localBehindMain(main: Rule, ownAddresses: Rule): Trouble {
  return {
    subject: rulesOf(main.family),
    reason: `own addresses are looked up ('${ruleText(ownAddresses, tableText)}') behind '${ruleText(main, tableText)}', ${BEHIND}`,
    rule: ownAddresses,
    remedy: [`${ip(main.family)} rule add pref ${Math.max(0, main.priority - 1)} lookup local`],
  };
}

function samePriority(main: Rule, before: Rule): Trouble {
  const words = ruleText(before, tableText).replace(/^\d+: /, '');
  return {
    subject: rulesOf(main.family),
    reason: `'${ruleText(before, tableText)}' has the priority of '${ruleText(main, tableText)}' and is older, ${BEHIND}`,
    rule: before,
    remedy: [
      `${ip(main.family)} rule add pref ${main.priority - 1} ${words}`,
      `${ip(main.family)} rule del pref ${main.priority} ${words}`,
    ],
  };
}

function nothingBefore(family: Family, main: Rule): Trouble {
  return {
    subject: rulesOf(family),
    reason: `there is no priority before '${ruleText(main, tableText)}', ${BEHIND}`,
    rule: main,
    remedy: ['placement: main'],
  };
}

function refusedBase(family: Family, base: number, ownAddresses: Rule): Trouble {
  return {
    subject: rulesOf(family),
    reason: `rule-priority-base ${base} is not in use: packets to this host itself would reach the backup routes before '${ruleText(ownAddresses, tableText)}'`,
    rule: ownAddresses,
    remedy: ['rule-priority-base: auto'],
  };
}

function withoutMain(family: Family, foreign: readonly Rule[]): RulePlace {
  const subject = rulesOf(family);
  const end = Math.max(MAIN_PRIORITY, (foreign.at(-1)?.priority ?? 0) + 1);
  const some = foreign.find((rule) => rule.table === TABLE_MAIN && (rule.detail?.action ?? 'table') === 'table');
  if (some !== undefined) {
    return {
      kind: 'nowhere',
      trouble: {
        subject,
        reason: `no rule looks up main for every packet, only '${ruleText(some, tableText)}': there is nothing that backup routes could extend`,
        rule: some,
        remedy: [
          '# packets that no rule has a route for reach main then, and the backup routes:',
          `${ip(family)} rule add pref ${end} lookup main`,
        ],
      },
    };
  }
  return {
    kind: 'end',
    priority: end,
    trouble: {
      subject,
      reason: 'no rule looks up main except one of the agent, which is for packets of this host only',
      rule: undefined,
      remedy: [`${ip(family)} rule add pref ${MAIN_PRIORITY} lookup main`],
    },
  };
}

function ip(family: Family): string {
  return family === 'inet6' ? 'ip -6' : 'ip';
}

/**
 * Whether the rule looks this table up for every packet that the host sends, without a suppressor.
 */
export function takesAllTo({ table, suppressPrefixLength, inputInterface, detail }: Rule, wanted: number): boolean {
  return (
    table === wanted &&
    suppressPrefixLength === undefined &&
    (inputInterface === undefined || inputInterface === 'lo') &&
    (detail === undefined || (detail.action === 'table' && Object.keys(detail).length === 1))
  );
}

/** Our rule that reads main, if no other rule does: without it this host would reach nothing. */
export function lastOfMain(own: Ownership, rules: readonly Rule[]): readonly Rule[] {
  return rules.filter(
    (rule, i) =>
      ownsRule(own, rule) &&
      takesAllTo(rule, TABLE_MAIN) &&
      !rules.some((other) => other.family === rule.family && !ownsRule(own, other) && takesAllTo(other, TABLE_MAIN)) &&
      !rules
        .slice(i + 1)
        .some((other) => other.family === rule.family && ownsRule(own, other) && takesAllTo(other, TABLE_MAIN)),
  );
}
