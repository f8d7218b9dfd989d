/**
 * The rules of placement `local`: whether they can stand beside the rule that looks up main
 * (rule-place.ts), which packets never reach that rule, and which rules a number in
 * `rule-priority-base` overtakes. No remedy here puts a backup route in front of a foreign rule.
 */

import { ownership } from '../../core/ownership.js';
import { rulePlace, takesAllTo } from '../../core/rule-place.js';
import { FAMILIES, type Family } from '../../model/address.js';
import { allBackupRouters } from '../../model/config.js';
import { type Rule, TABLE_DEFAULT, TABLE_LOCAL, TABLE_MAIN } from '../../model/route.js';
import { ruleText, tableText } from '../../model/route-text.js';
import { type Check, finding, found, look, type Outcome, unknown } from '../finding.js';
import type { Host } from '../host.js';

/**
 * A check of the rules. Only placement local uses rules. `foreign`: the foreign rules of the
 * families in use.
 */
function withRules(host: Host, judge: (foreign: readonly Rule[]) => Outcome): Outcome {
  if (host.config.placement !== 'local') return 'not-applicable';
  const families = new Set<Family>(allBackupRouters(host.config).map(({ family }) => family));
  return look(host.rules, (rules) =>
    rules.length === 0
      ? unknown('there are no policy rules')
      : judge(rules.filter((rule) => families.has(rule.family) && isForeign(host, rule))),
  );
}

export function isForeign({ config }: Host, { foreign, protocol }: Rule): boolean {
  return foreign || protocol !== config.routeProtocol;
}

/** Whether the rule is one of the kernel's own three (local, main, default), at any priority. */
function isKernels(rule: Rule): boolean {
  return [TABLE_LOCAL, TABLE_MAIN, TABLE_DEFAULT].some((table) => takesAllTo(rule, table));
}

/**
 * Whether a packet that this host sends can meet the rule. Rules for incoming packets and the rule
 * of VRFs (l3mdev) do not count.
 */
function meetsOwnPackets({ inputInterface, detail }: Rule): boolean {
  return (inputInterface === undefined || inputInterface === 'lo') && detail?.l3mdev !== true;
}

/** Whether the rule takes every packet that this host sends. */
function takesAll({ detail, suppressPrefixLength }: Rule): boolean {
  return (
    suppressPrefixLength === undefined &&
    Object.keys(detail ?? {}).every((key) => key === 'action' || key === 'target' || key === 'suppressGroup')
  );
}

export function shownRule(rule: Rule): string {
  return `${rule.family === 'inet6' ? '-6 ' : ''}${ruleText(rule, tableText)}`;
}

function readsMain(rule: Rule): boolean {
  return rule.table === TABLE_MAIN && (rule.detail?.action ?? 'table') === 'table';
}

/**
 * Whether placement main helps where rules look up main for some packets. It does not where such a
 * rule suppresses short prefixes, as wg-quick's does: longer backup routes would then take packets
 * that belong to the VPN.
 */
function placementMainServes(before: readonly Rule[]): boolean {
  const reading = before.filter(readsMain);
  return reading.length > 0 && reading.every(({ suppressPrefixLength }) => suppressPrefixLength === undefined);
}

export const rulePlaceTroubled: Check = {
  code: 'rule-place',
  title: 'the backup routes can stand beside the rule that looks up main',
  facts: 'K11, K22',
  run: (host) =>
    withRules(host, (foreign) =>
      FAMILIES.filter((family) => allBackupRouters(host.config).some((router) => router.family === family)).flatMap(
        (family) => {
          const place = rulePlace(host.config, ownership(host.config), family, foreign);
          const trouble = 'trouble' in place ? place.trouble : undefined;
          if (trouble === undefined) return [];
          const inFile = trouble.remedy.every((line) => /^[a-z-]+: /.test(line));
          return [
            finding(
              place.kind === 'nowhere' ? 'error' : 'warning',
              `${trouble.subject}: ${trouble.reason}.`,
              trouble.rule === undefined ? [] : [shownRule(trouble.rule)],
              [...(inFile ? [`# in ${host.configuration.file}:`] : []), ...trouble.remedy],
            ),
          ];
        },
      ),
    ),
};

export const ruleBeforeOurs: Check = {
  code: 'rule-before-ours',
  title: 'every packet of the router itself reaches the rule that looks up main',
  facts: 'K11, K23',
  run: (host) =>
    withRules(host, (rules) => {
      const base = host.config.rulePriorityBase;
      const foreign = rules.filter(
        (one) =>
          (base === 'auto' || one.priority < base) &&
          isBeforeMain(rules, one) &&
          !isKernels(one) &&
          meetsOwnPackets(one),
      );
      const wide = foreign.some(takesAll);
      return found(
        wide ? 'warning' : 'note',
        `Packets that these rules ${wide ? '' : 'select and '}carry or refuse never reach the backup routes, which extend the
          main table. Without the backup routes they would not reach the main table either.`,
        foreign.map(shownRule),
        placementMainServes(foreign)
          ? [
              `# with this, rules that look up main carry the backup routes, too; in ${host.configuration.file}:`,
              'placement: main',
            ]
          : undefined,
      );
    }),
};

/** Whether the rule stands in front of the rule that looks up main for every packet. */
function isBeforeMain(rules: readonly Rule[], rule: Rule): boolean {
  const family = rules.filter((other) => other.family === rule.family);
  const main = family.findIndex((other) => takesAllTo(other, TABLE_MAIN));
  return main < 0 || family.indexOf(rule) < main;
}

export const ruleOvertaken: Check = {
  code: 'rule-overtaken',
  title: 'the backup routes overtake no rule of an operator',
  facts: 'K11',
  run: (host) =>
    withRules(host, (rules) => {
      const base = host.config.rulePriorityBase;
      if (base === 'auto') return 'not-applicable';
      const own = ownership(host.config);
      const foreign = rules.filter(
        (one) =>
          one.priority >= base &&
          isBeforeMain(rules, one) &&
          !isKernels(one) &&
          meetsOwnPackets(one) &&
          rulePlace(host.config, own, one.family, rules).kind === 'fixed',
      );
      return found(
        'warning',
        `rule-priority-base is ${base}: while the backup routes are in, the router's own packets meet them, and
          the main table, before these rules. Packets in transit meet these rules as ever.`,
        foreign.map(shownRule),
        [`# in ${host.configuration.file}: behind every rule but that of main`, 'rule-priority-base: auto'],
      );
    }),
};

export const kernelPolicyRules: Check = {
  code: 'kernel-policy-rules',
  title: 'the kernel has policy rules',
  facts: 'K11',
  run: (host) =>
    host.config.placement !== 'local'
      ? 'not-applicable'
      : look(host.rules, (rules) =>
          rules.length > 0
            ? []
            : found(
                'error',
                `This kernel has no policy rules (CONFIG_IP_MULTIPLE_TABLES), which placement
                  local needs.`,
                ['ip rule show: nothing'],
                `# in ${host.configuration.file}:\nplacement: main`,
              ),
        ),
};
