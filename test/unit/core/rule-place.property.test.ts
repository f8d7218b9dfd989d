/**
 * The backup tables extend main, and stand nowhere else: for random rules of others with selectors, before ours and after, and random
 * packets, a packet that never reached main's rule has the answer that it had without us, and one that did has the longest match of main and
 * backup routes; but from the address of symmetric replies it has the longest match of their table, if it has one. Ours are put in by the agent's own steps; wherever these are cut off, nothing is lost that was reached before and will be after.
 */

import fc from 'fast-check';
import t from 'tap';
import { ruleSteps } from '../../../src/core/rule-steps.js';
import { lookup } from '../../../src/fib/lookup.js';
import type { Packet } from '../../../src/fib/packet.js';
import { EMPTY_VIEW, type View } from '../../../src/fib/view.js';
import { defaultPrefix } from '../../../src/model/prefix.js';
import { type Route, type Rule, TABLE_DEFAULT, TABLE_MAIN } from '../../../src/model/route.js';
import { addRule, deleteRule, type Fib } from '../../fake/fib.js';
import { runs } from '../runs.js';
import { families, STRANGERS } from './fixture.js';
import {
  expectedWords,
  OTHER_TABLE,
  OWN,
  packetsOf,
  type RuleWorld,
  ruleWorlds,
  wantedOf,
  words,
} from './rule-worlds.js';

function routesOf({ family, main, other }: RuleWorld): readonly Route[] {
  const hop = { gateway: STRANGERS[family].data0, interfaceIndex: 3, dead: false };
  const route = (table: number, destination: Route['destination'], refused = false): Route => ({
    family,
    table,
    destination,
    metric: 20,
    tos: 0,
    protocol: 186,
    type: refused ? 'blackhole' : 'unicast',
    nexthops: refused ? [] : [hop],
  });
  return [
    ...main.map(({ p, refused }) => route(TABLE_MAIN, p, refused)),
    ...other.map((p) => route(OTHER_TABLE, p)),
    ...(main.length % 2 === 0 ? [route(TABLE_DEFAULT, defaultPrefix(family))] : []),
  ];
}

function put(fib: Fib, rules: readonly Rule[]): void {
  for (const rule of rules) addRule(fib, rule);
}

/** The steps to what is wanted beside the rules that stand; throws when one is refused. */
function settle(world: RuleWorld, fib: Fib, cut: (rules: readonly Rule[]) => void): number {
  const { rules, anchors } = wantedOf(world, fib.rules, 7);
  const { adds, deletes } = ruleSteps(OWN, { rules, anchors }, fib.rules);
  for (const step of [...adds, ...deletes]) {
    if (step.kind !== 'add-rule' && step.kind !== 'delete-rule') throw new TypeError(step.kind);
    const result = step.kind === 'add-rule' ? addRule(fib, step.rule, step.again === true) : deleteRule(fib, step.rule);
    if (!result.ok) throw new Error(`${JSON.stringify(step)}: ${result.code}`);
    cut([...fib.rules]);
  }
  return adds.length + deletes.length;
}

t.test('whatever rules others have, and whenever they come', async (t) => {
  let [moved, ours, replies] = [0, 0, 0];
  fc.assert(
    fc.property(families.chain(ruleWorlds), (world) => {
      const foreign = routesOf(world);
      const routes = [foreign, wantedOf(world, [], 7).routes];
      const packets = packetsOf(world);
      // The judge remembers what it made of a list: each is a list of its own.
      const view = (rules: readonly Rule[]): View => ({ ...EMPTY_VIEW, rules: [...rules], routes });
      const answers = (rules: readonly Rule[]): readonly string[] => {
        const now = view(rules);
        return packets.map((packet) => words(lookup(now, packet)));
      };
      const fib: Fib = { routes: [], rules: [] };
      const stands = (when: string): void => {
        const without: View = {
          ...EMPTY_VIEW,
          rules: fib.rules.filter((rule) => !OWN.protocols.has(rule.protocol)),
          routes: [foreign],
        };
        const standing = view(fib.rules);
        packets.forEach((packet: Packet) => {
          const [is, wanted] = [words(lookup(standing, packet)), expectedWords(world, without, packet)];
          if (is.startsWith('ours')) ours++;
          if (is.startsWith('replies')) replies++;
          if (!wanted.includes(is))
            throw new Error(
              `${when}: ${JSON.stringify(packet)}: ${is}, not ${wanted.join(' or ')}\n${fib.rules.map((rule) => JSON.stringify(rule)).join('\n')}`,
            );
        });
      };
      const go = (when: string): void => {
        const before = answers(fib.rules);
        const cuts: (readonly string[])[] = [];
        const steps = settle(world, fib, (rules) => cuts.push(answers(rules)));
        if (when !== 'at first' && steps > 0) moved++;
        stands(when);
        const after = answers(fib.rules);
        before.forEach((answer, i) => {
          if (answer === 'nothing' || after[i] === 'nothing') return;
          const lost = cuts.findIndex((cut) => cut[i] === 'nothing');
          if (lost >= 0)
            throw new Error(`${when}: ${JSON.stringify(packets[i])} is lost after ${lost + 1} of ${steps} steps`);
        });
        if (settle(world, fib, () => undefined) !== 0) throw new Error(`${when}: not at rest`);
      };
      put(fib, world.rules);
      go('at first');
      put(fib, world.newcomers);
      go('beside newcomers');
    }),
    { numRuns: runs(3000) },
  );
  t.ok(moved > 50, `moved behind newcomers ${moved} times`);
  t.ok(ours > 3000, `${ours} packets were carried by backup routes`);
  t.ok(replies > 300, `${replies} by symmetric replies`);
});
