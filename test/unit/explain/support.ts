/** What the tests of `explain` share: the fake kernel as rules, routes and facts about one address. */

import type { Facts } from '../../../src/core/explain/scenes.js';
import { type Address, familyOf } from '../../../src/model/address.js';
import type { Config } from '../../../src/model/config.js';
import { containsAddress } from '../../../src/model/prefix.js';
import type { Rule } from '../../../src/model/route.js';
import type { RuleDetail } from '../../../src/model/rule-detail.js';
import type { Ways } from '../../../src/model/ways.js';
import type { FakeKernel } from '../../fake/kernel.js';

export const DAEMON = 186;

/** A rule that has nothing beyond what the agent's own have, with changes. */
export function policy(rule: Rule, change: Partial<RuleDetail> = {}): Rule {
  if (Object.keys(change).length === 0) return rule;
  return { ...rule, foreign: true, detail: { action: 'table', ...change } };
}

export async function factsOf(kernel: FakeKernel, config: Config): Promise<Facts> {
  const snapshot = await kernel.observe({
    protocol: config.routeProtocol,
    vrfTables: [10],
    maxLength: { inet: 32, inet6: 128 },
    neighbours: [],
  });
  return {
    config,
    watched: [{ id: 'frr/zebra', protocols: [DAEMON] }],
    former: undefined,
    adopted: [],
    snapshot,
  };
}

/** The kernel's own answer is not the fake's to give: these tests do not look at it. */
export function waysOf(kernel: FakeKernel, address: Address): Ways {
  const family = familyOf(address);
  return {
    address,
    rules: kernel.fib.rules.filter((rule) => rule.family === family),
    routes: kernel.fib.routes.filter((route) => containsAddress(route.destination, address)),
    nexthopObjects: false,
    answer: { kind: 'refused', code: 'ENETUNREACH' },
  };
}
