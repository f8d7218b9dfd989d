/** A policy rule with all its selectors, in the words and the order of `ip rule`. */

import type { PolicyRule } from './policy.js';
import { prefixText } from './prefix.js';
import { TABLE_DEFAULT, TABLE_LOCAL, TABLE_MAIN } from './route.js';

const TABLE_NAMES: ReadonlyMap<number, string> = new Map([
  [TABLE_DEFAULT, 'default'],
  [TABLE_MAIN, 'main'],
  [TABLE_LOCAL, 'local'],
]);

/** `1000: not from 10.0.0.0/8 fwmark 0x1/0xff lookup 100`. */
export function policyText(policy: PolicyRule): string {
  const { rule } = policy;
  const words = [`${rule.priority}:`];
  if (policy.inverted) words.push('not');
  words.push(`from ${policy.from === undefined ? 'all' : prefixText(policy.from)}`);
  if (policy.to !== undefined) words.push(`to ${prefixText(policy.to)}`);
  if (policy.tos !== 0) words.push(`tos 0x${policy.tos.toString(16)}`);
  if (policy.mark !== undefined)
    words.push(
      `fwmark 0x${policy.mark.value.toString(16)}${policy.mark.mask === 0xffffffff ? '' : `/0x${policy.mark.mask.toString(16)}`}`,
    );
  if (rule.inputInterface !== undefined) words.push(`iif ${rule.inputInterface}`);
  if (policy.outputInterface !== undefined) words.push(`oif ${policy.outputInterface}`);
  words.push(actionText(policy));
  if (rule.suppressPrefixLength !== undefined) words.push(`suppress_prefixlength ${rule.suppressPrefixLength}`);
  if (rule.protocol !== 0) words.push(`proto ${rule.protocol}`);
  return words.join(' ');
}

function actionText({ action, l3mdev, rule, target }: PolicyRule): string {
  switch (action) {
    case 'table':
      return l3mdev ? 'lookup [l3mdev-table]' : `lookup ${TABLE_NAMES.get(rule.table) ?? rule.table}`;
    case 'goto':
      return `goto ${target ?? '?'}`;
    case 'other':
      return '(an action that is not known here)';
    default:
      return action;
  }
}
