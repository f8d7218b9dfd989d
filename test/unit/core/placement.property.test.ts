/**
 * Placement `local` against a reference: whatever the destinations, the main table and the ties that are preempted, the
 * walk through rules and tables finds for every address exactly the longest match of main and backup routes
 * together (main wins ties unless preempted; a refusal that is main's longest match wins whatever ours, fact K18), and packets in transit find what they find without us.
 */

import fc from 'fast-check';
import t from 'tap';
import { localRules } from '../../../src/core/local-rules.js';
import { ownership } from '../../../src/core/ownership.js';
import { type Placed, place, type Target } from '../../../src/core/placement.js';
import { rulePlace } from '../../../src/core/rule-place.js';
import type { Address, Family } from '../../../src/model/address.js';
import type { Config } from '../../../src/model/config.js';
import { containsAddress, type Prefix, prefixText, samePrefix } from '../../../src/model/prefix.js';
import { type Route, type Rule, TABLE_MAIN } from '../../../src/model/route.js';
import { addRoute, addRule, type Fib, lookup } from '../../fake/fib.js';
import { runs } from '../runs.js';
import { config, edges, families, GATEWAYS, prefixes, STRANGERS, twoInterfaces } from './fixture.js';

interface Case {
  readonly family: Family;
  /** `refused`: a blackhole. */
  readonly main: readonly { readonly p: Prefix; readonly refused: boolean }[];
  readonly destinations: readonly { readonly destination: Prefix; readonly preempt: boolean }[];
  /** Of an interface in a VRF: of no consequence to any other lookup. */
  readonly inVrf: readonly {
    readonly destination: Prefix;
    readonly preempt: boolean;
    readonly activeRival: boolean;
  }[];
  /** A second interface, less preferred, has the same destinations. */
  readonly also: boolean;
  readonly base: number | 'auto';
}

const VRF_TABLE = 10;

const cases: fc.Arbitrary<Case> = families.chain((family) =>
  fc.record({
    family: fc.constant(family),
    main: fc.uniqueArray(
      fc.record({
        p: prefixes(family),
        refused: fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
      }),
      { maxLength: 8, selector: ({ p }) => prefixText(p) },
    ),
    destinations: fc.uniqueArray(fc.record({ destination: prefixes(family), preempt: fc.boolean() }), {
      minLength: 1,
      maxLength: 6,
      selector: ({ destination }) => prefixText(destination),
    }),
    inVrf: fc.uniqueArray(
      fc.record({ destination: prefixes(family), preempt: fc.boolean(), activeRival: fc.boolean() }),
      { maxLength: 4, selector: ({ destination }) => prefixText(destination) },
    ),
    also: fc.boolean(),
    base: fc.constantFrom('auto' as const, 'auto' as const, 31_000),
  }),
);

/** `main` or `backup` and the prefix, or nothing. */
function reference({ main, destinations }: Case, address: Address): string {
  const refusal = main.filter(({ p }) => containsAddress(p, address)).sort((a, b) => b.p.length - a.p.length)[0];
  if (refusal?.refused === true) return `main ${prefixText(refusal.p)}`;
  const candidates = [
    ...main.map(({ p }) => ({ p, name: `main ${prefixText(p)}`, rank: 1 })),
    ...destinations.map(({ destination, preempt }) => ({
      p: destination,
      name: `backup ${prefixText(destination)}`,
      rank: preempt ? 2 : 0,
    })),
  ].filter(({ p }) => containsAddress(p, address));
  return candidates.sort((a, b) => b.p.length - a.p.length || b.rank - a.rank)[0]?.name ?? 'nothing';
}

function found(fib: Fib, address: Address, originated: boolean): string {
  const result = lookup(fib, address, { originated });
  if (result === undefined) return 'nothing';
  const text = `${result.route.table === TABLE_MAIN ? 'main' : 'backup'} ${prefixText(result.route.destination)}`;
  const second =
    result.route.protocol === 157 && result.route.nexthops[0]!.gateway !== GATEWAYS[result.route.family][0];
  return second ? `${text} by the less preferred interface` : text;
}

t.test('the rule walk is the longest prefix match of both', async (t) => {
  fc.assert(
    fc.property(cases, (c) => {
      const kernel = twoInterfaces();
      const index = kernel.link('mgmt0').index;
      const data = kernel.link('data0').index;
      // Only what the case names is in main; the connected subnets stay out of the way of the comparison.
      const connected = kernel.fib.routes.filter((route) => route.table === TABLE_MAIN);
      const without: Fib = { routes: [...kernel.fib.routes], rules: [...kernel.fib.rules] };
      for (const { p, refused } of c.main) {
        const route: Route = {
          family: c.family,
          table: TABLE_MAIN,
          destination: p,
          metric: 20,
          tos: 0,
          protocol: 186,
          type: refused ? 'blackhole' : 'unicast',
          nexthops: refused ? [] : [{ gateway: STRANGERS[c.family].data0, interfaceIndex: data, dead: false }],
        };
        if (!addRoute(without, kernel, route).ok) throw new Error(`main refuses ${prefixText(p)}`);
      }
      const own: Target[] = c.destinations.map(({ destination, preempt }) => ({
        destination,
        gateway: GATEWAYS[c.family][0],
        interfaceIndex: index,
        vrfTable: undefined,
        rank: 0,
        preempt,
        activeRival: !preempt && c.main.some(({ p }) => samePrefix(p, destination)),
      }));
      const second = c.also
        ? own.map((target) => ({
            ...target,
            gateway: STRANGERS[c.family].data0,
            interfaceIndex: data,
            rank: 4,
          }))
        : [];
      const inVrf = c.inVrf.map(
        (target): Target => ({
          ...target,
          gateway: GATEWAYS[c.family][1],
          interfaceIndex: index,
          vrfTable: VRF_TABLE,
          rank: 0,
        }),
      );
      const placed = place(config(), c.family, [...second, ...inVrf, ...own]);
      const vrfOnly = place(config({ placement: 'vrf' }), c.family, inVrf);
      if (vrfOnly.lengths.size > 0 || vrfOnly.routes.some(({ table }) => table !== VRF_TABLE))
        throw new Error('a VRF needs no rules and no other table');
      if (JSON.stringify(vrfOnly.routes) !== JSON.stringify(placed.routes.filter(({ table }) => table === VRF_TABLE)))
        throw new Error('the routes of a VRF depend on others');
      const rulesOf = (one: Config, { lengths, preempting }: Placed): readonly Rule[] =>
        localRules(one, c.family, rulePlace(one, ownership(one), c.family, without.rules), lengths, preempting);
      const rules = rulesOf(config({ rulePriorityBase: c.base }), placed);
      const fib: Fib = { routes: [...without.routes], rules: [...without.rules] };
      for (const route of placed.routes)
        if (!addRoute(fib, kernel, route).ok) throw new Error(`refused ${prefixText(route.destination)}`);
      for (const rule of rules) if (!addRule(fib, rule).ok) throw new Error(`refused rule ${rule.priority}`);

      for (const address of edges([
        ...c.main.map(({ p }) => p),
        ...c.destinations.map(({ destination }) => destination),
      ])) {
        if (connected.some((route) => containsAddress(route.destination, address))) continue;
        const [is, wanted] = [found(fib, address, true), reference(c, address)];
        if (is !== wanted) throw new Error(`${address}: ${is}, not ${wanted}`);
        const [transit, before] = [found(fib, address, false), found(without, address, false)];
        if (transit !== before) throw new Error(`transit to ${address}: ${transit}, not ${before}`);
      }
    }),
    { numRuns: runs(1500) },
  );
  t.pass('1500 cases');
});

t.test('rules come in pairs, longest destination first, none without a route behind it', async (t) => {
  fc.assert(
    fc.property(cases, (c) => {
      const targets = c.destinations.map(({ destination, preempt }) => ({
        destination,
        gateway: GATEWAYS[c.family][0],
        interfaceIndex: 7,
        vrfTable: undefined,
        rank: 0,
        preempt,
        activeRival: false,
      }));
      const { routes, lengths, preempting } = place(config(), c.family, targets);
      const at = { kind: 'fixed', base: 31_000 } as const;
      const rules = localRules(config(), c.family, at, lengths, preempting);
      const tables = [...new Set(routes.map(({ table }) => table))].sort((a, b) => b - a);
      return (
        JSON.stringify(rules.map(({ table }) => table)) ===
          JSON.stringify(tables.flatMap((table) => [TABLE_MAIN, table])) &&
        rules.every(({ priority }, i) => i === 0 || priority > rules[i - 1]!.priority) &&
        rules.every(
          ({ inputInterface, priority }) => inputInterface === 'lo' && priority >= 31_000 && priority < 32_766,
        )
      );
    }),
  );
  t.pass();
});
