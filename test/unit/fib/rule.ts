/** Rules for the tests of the judge. */

import type { Rule } from '../../../src/model/route.js';
import type { RuleDetail } from '../../../src/model/rule-detail.js';

/** A rule with these selectors; without any, one that takes every packet. */
export function ruleOf(detail: Partial<RuleDetail> | undefined, change: Partial<Rule> = {}): Rule {
  return {
    family: 'inet',
    priority: 100,
    table: 99,
    suppressPrefixLength: undefined,
    inputInterface: undefined,
    protocol: 0,
    foreign: detail !== undefined,
    ...(detail === undefined ? {} : { detail: { action: 'table', ...detail } }),
    ...change,
  };
}
