/** The contract suite's outside world on the fake kernel. */

import { parsePrefix } from '../../src/model/prefix.js';
import { FakeKernel } from '../fake/kernel.js';
import type { World } from './world.js';

export function fakeWorld(): World {
  const kernel = new FakeKernel();
  return {
    kernel,
    linkAdd: (name) => void kernel.linkAdd(name, { up: true }),
    linkUp: (name) => kernel.linkUp(name),
    linkDown: (name) => kernel.linkDown(name),
    linkDelete: (name) => kernel.linkDelete(name),
    addressAdd: (name, address) => kernel.addressAdd(name, address),
    addressRemove: (name, address) => kernel.addressRemove(name, address),
    routeAdd({ destination, ...rest }) {
      const result = kernel.foreignRouteAdd({ destination: parsePrefix(destination)!, ...rest });
      if (!result.ok) throw new Error(result.message);
    },
    flushTable: (table) => kernel.flushTable(table),
    deleteRules(priority) {
      const spared = kernel.fib.rules.filter((rule) => rule.priority !== priority);
      kernel.flushRules();
      for (const rule of spared) if (!kernel.fib.rules.includes(rule)) kernel.foreignRuleAdd(rule);
    },
    close: () => kernel.close(),
  };
}
