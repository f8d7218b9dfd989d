/** The outside world of the contract suite for the fake kernel. */

import { parsePrefix, samePrefix } from '../../src/model/prefix.js';
import { FakeKernel } from '../fake/kernel.js';
import type { World } from './world.js';

export function fakeWorld(): World {
  const kernel = new FakeKernel();
  const alive = new Set<string>();
  return {
    kernel,
    linkAdd: (name) => void kernel.linkAdd(name, { up: true }),
    linkUp: (name) => kernel.linkUp(name),
    linkDown: (name) => kernel.linkDown(name),
    linkDelete: (name) => kernel.linkDelete(name),
    addressAdd: (name, address, options) => kernel.addressAdd(name, address, options),
    addressRemove: (name, address) => kernel.addressRemove(name, address),
    routeAdd({ destination, ...rest }) {
      const result = kernel.foreignRouteAdd({ destination: parsePrefix(destination)!, ...rest });
      if (!result.ok) throw new Error(result.message);
    },
    routeDelete({ destination, dev, metric }) {
      const result = kernel.foreignRouteDelete({ destination: parsePrefix(destination)!, dev, metric });
      if (!result.ok) throw new Error(result.message);
    },
    refusalAdd(destination) {
      const result = kernel.foreignRouteAdd({
        destination: parsePrefix(destination)!,
        metric: 20,
        protocol: 4,
        type: 'blackhole',
      });
      if (!result.ok) throw new Error(result.message);
    },
    leavesBy: (address) => kernel.lookup(address, { originated: true })?.route.nexthops[0]?.gateway,
    routeAppend({ destination, via, dev, table, metric }) {
      const wanted = parsePrefix(destination)!;
      const found = kernel.fib.routes.find(
        (route) => route.table === table && route.metric === metric && samePrefix(route.destination, wanted),
      );
      if (found === undefined) throw new Error(`no route ${destination}`);
      kernel.foreignNexthopAppend(found, {
        gateway: via,
        interfaceIndex: kernel.link(dev).index,
        dead: false,
      });
    },
    neighbourAnswers(_name, address, answers) {
      if (answers) alive.add(address);
      else alive.delete(address);
    },
    async probesDone() {
      for (const { interfaceIndex, address } of kernel.probed.splice(0)) {
        kernel.neighbourSet(kernel.links.get(interfaceIndex)!.name, address, alive.has(address) ? 'known' : 'failed');
      }
    },
    neighbourPermanent: (name, address) => kernel.neighbourSet(name, address, 'permanent'),
    flushTable: (table) => kernel.flushTable(table),
    deleteRules(priority) {
      const spared = kernel.fib.rules.filter((rule) => rule.priority !== priority);
      kernel.flushRules();
      for (const rule of spared) if (!kernel.fib.rules.includes(rule)) kernel.foreignRuleAdd(rule);
    },
    close: () => kernel.close(),
  };
}
