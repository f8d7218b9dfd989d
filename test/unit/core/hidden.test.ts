/**
 * What is told to be hidden is what the kernel hides: against the walk of the strict fake kernel, whose rules are held to the real one's by the
 * contract suite (fact K18) and by test/netns/placement-kernel.test.ts.
 */

import fc from 'fast-check';
import t from 'tap';
import { type Wanted, wanted } from '../../../src/core/desired.js';
import { imagine, phaseIn } from '../../../src/core/explain/scenes.js';
import { gatewaysIn } from '../../../src/core/gateways.js';
import { hiddenAmong, mayHide } from '../../../src/core/hidden.js';
import { hiddenWaits, refusalText } from '../../../src/core/hidden-text.js';
import type { SeenWorld } from '../../../src/core/state.js';
import type { Family } from '../../../src/model/address.js';
import type { Config } from '../../../src/model/config.js';
import { containsPrefix, type Prefix, parsePrefix, prefixText } from '../../../src/model/prefix.js';
import { type Route, type RouteType, type Rule, refuses, TABLE_LOCAL, TABLE_MAIN } from '../../../src/model/route.js';
import { EMPTY_SNAPSHOT, type Snapshot } from '../../../src/model/snapshot.js';
import { addRule, lookup } from '../../fake/fib.js';
import { config, families, management, prefixes, router, twoInterfaces } from './fixture.js';
import { ruleOf } from './rule-worlds.js';

function route(destination: Prefix, type: RouteType, table = TABLE_MAIN, metric = 20): Route {
  return {
    family: destination.family,
    table,
    destination,
    metric,
    tos: 0,
    protocol: 186,
    type,
    nexthops: type === 'unicast' ? [{ gateway: undefined, interfaceIndex: 1, dead: false }] : [],
  };
}

/** The router with its daemon dead for that long, in milliseconds, and what it wants then. */
function wants(
  change: Parameters<typeof config>[0],
  snapshot: Snapshot,
  forMs: number,
): { readonly world: SeenWorld; readonly want: Wanted } {
  const facts = {
    config: config(change),
    watched: [{ id: 'frr/zebra', protocols: [186] }],
    former: undefined,
    adopted: [],
    snapshot,
  };
  const { world } = imagine(facts, snapshot, 'down', phaseIn('down'));
  return { world, want: wanted(world, phaseIn('down'), forMs)! };
}

function rule(family: Family, priority: number, table: number, more: Partial<Rule> = {}): Rule {
  return ruleOf(family, priority, table, { protocol: 3, foreign: more.detail !== undefined, ...more });
}

const OTHER = 100;

t.test('hidden is what a packet to the destination is refused for, or finds no route for', async (t) => {
  const types = fc.constantFrom<RouteType>('unicast', 'unicast', 'blackhole', 'unreachable', 'prohibit', 'throw');
  const seen = { hidden: 0, elsewhere: 0, main: 0, all: 0 };
  fc.assert(
    fc.property(
      families.chain((family) =>
        fc.record({
          destination: prefixes(family),
          routes: fc.uniqueArray(
            fc.record({ p: prefixes(family), type: types, table: fc.constantFrom(TABLE_MAIN, TABLE_MAIN, OTHER) }),
            { maxLength: 7, selector: ({ p, table }) => `${table} ${prefixText(p)}` },
          ),
          before: fc.option(
            fc.record({
              suppressPrefixLength: fc.constantFrom(undefined, 0, 8, 40),
              inputInterface: fc.constantFrom(undefined, 'lo'),
            }),
          ),
          placement: fc.constantFrom('local' as const, 'local' as const, 'main' as const),
          stale: fc.boolean(),
        }),
      ),
      ({ destination, routes, before, placement, stale }) => {
        const { family } = destination;
        const kernel = twoInterfaces();
        const foreign = routes
          .filter(({ p }) => containsPrefix(p, destination))
          .map(({ p, type, table }) => route(p, type, table));
        if (before !== null) addRule(kernel.fib, rule(family, 100, OTHER, before));
        const rules = [...kernel.fib.rules];
        const snapshot: Snapshot = {
          ...EMPTY_SNAPSHOT,
          links: [...kernel.links.values()],
          addresses: kernel.addresses,
          rules,
          foreignRoutes: foreign.filter(({ table }) => table === TABLE_MAIN),
          furtherRoutes: before === null ? [] : foreign.filter(({ table }) => table === OTHER),
        };
        const change = { placement, managementInterfaces: [management('mgmt0', router(family, [destination]))] };
        const { world, want } = wants(change, snapshot, stale ? (config().preemptAfterMs as number) : 0);
        const fib = { routes: [...foreign, ...want.routes], rules };
        for (const own of want.rules) addRule(fib, own);
        const found = lookup(fib, destination.address, { originated: true })?.route;
        const left = stale && found !== undefined && !want.routes.includes(found);
        const lost = want.routes.length > 0 && (found === undefined || refuses(found) || left);
        const told = hiddenAmong(world, want, stale ? (config().preemptAfterMs as number) : 0);
        seen.all++;
        if (lost) seen.hidden++;
        if (lost && placement === 'main') seen.main++;
        const [[, one] = []] = told;
        if (one?.route?.table === OTHER) seen.elsewhere++;
        if (one !== undefined && !mayHide(world)) return false;
        return lost
          ? told.size === want.routes.length && (found === undefined || one?.route === found)
          : told.size === 0;
      },
    ),
    { numRuns: 4000 },
  );
  t.comment(JSON.stringify(seen));
  t.ok(seen.hidden > 200 && seen.elsewhere > 30 && seen.main > 30, 'each kind was there');
});

t.test('what is in the way, in words', async (t) => {
  const kernel = twoInterfaces();
  const default4 = parsePrefix('0.0.0.0/0')!;
  const base: Snapshot = {
    ...EMPTY_SNAPSHOT,
    links: [...kernel.links.values()],
    addresses: kernel.addresses,
    rules: kernel.fib.rules,
  };
  const detail = (more: object): Partial<Rule> => ({ detail: { action: 'table', ...more } });
  const dead = {
    ...route(default4, 'unicast'),
    nexthops: [{ gateway: undefined, interfaceIndex: 99, dead: false }],
    metric: 0,
  };
  const said = (snapshot: Partial<Snapshot>, placement: 'local' | 'main' = 'local'): readonly string[] => {
    const rules = [...(snapshot.rules ?? []), ...base.rules].sort((a, b) => a.priority - b.priority);
    const { want } = wants({ placement }, { ...base, ...snapshot, rules }, 0);
    return hiddenWaits([...want.hidden.values()], placement).map(({ reason }) => reason);
  };
  const prohibit = rule('inet', 100, 0, detail({ action: 'prohibit' }));
  const nexthop = { ...route(default4, 'unicast'), nexthops: [], nexthopId: 7 };
  t.same(said({}), [], 'nothing');
  t.same(said({ rules: [prohibit] }), ['hidden by rule 100: from all prohibit proto 3']);
  t.same(
    said({ rules: [prohibit] }, 'main'),
    ['hidden by rule 100: from all prohibit proto 3'],
    'whatever the placement',
  );
  t.same(said({ rules: [rule('inet', 100, 0, detail({ action: 'prohibit', mark: { value: 1, mask: 255 } }))] }), []);
  t.same(said({ rules: [rule('inet6', 100, 0, detail({ action: 'prohibit' }))] }), [], 'of the other family');
  t.same(said({ rules: [rule('inet', 100, 0, detail({ action: 'goto', target: 32_767 }))] }), [
    'hidden by the rules, which lead past it',
  ]);
  t.same(said({ rules: [rule('inet', 100, OTHER)], furtherRoutes: [route(default4, 'unreachable', OTHER)] }), [
    'hidden by unreachable default (proto 186) of table 100',
  ]);
  t.same(said({ rules: [rule('inet', 100, OTHER)], furtherRoutes: [{ ...dead, table: OTHER }] }), [
    'hidden by default (proto 186) of table 100, which leads nowhere (no link)',
  ]);
  t.same(
    said({ rules: [rule('inet', 100, OTHER)], furtherRoutes: [route(default4, 'unicast', OTHER)] }),
    [],
    'carried',
  );
  t.same(said({ furtherRoutes: [route(parsePrefix('0.0.0.0/1')!, 'blackhole', TABLE_LOCAL)] }), [], 'a part of it');
  t.same(said({ furtherRoutes: [route(default4, 'blackhole', TABLE_LOCAL)] }), [
    'hidden by blackhole default (proto 186) of table local',
  ]);
  t.same(
    said({ foreignRoutes: [nexthop], nexthopObjects: [{ id: 7, kind: 'blackhole' }] }),
    ['hidden by default (proto 186) of the main table; remove it, or use placement: main, which has no such limit'],
    'a nexthop object that drops',
  );
  for (const one of [dead, { ...route(default4, 'throw'), metric: 0 }]) {
    t.same(said({ foreignRoutes: [one] }), [], `${one.type}: placement local takes the tie`);
    t.match(said({ foreignRoutes: [one] }, 'main'), [
      /^hidden by .*default \(proto 186\).* of the main table(, which leads nowhere \(no link\))?; remove it, or use placement: local/,
    ]);
  }
});

/** Eight parts of all addresses that packets to hosts have. */
function partsOfDefault(family: Family): readonly string[] {
  return [...Array(8).keys()].map((i) =>
    family === 'inet' ? `${i * 32}.0.0.0/3` : `${(0x2000 + i * 0x400).toString(16)}::/6`,
  );
}

t.test('what a dead daemon has left, and what longer prefixes take, for both families', async (t) => {
  const kernel = twoInterfaces();
  const { preemptAfterMs } = config();
  const long = preemptAfterMs as number;
  const pool = {
    inet: { default: '0.0.0.0/0', halves: ['0.0.0.0/1', '128.0.0.0/1'], third: '192.0.0.0/3', deep: '11.0.0.0/8' },
    inet6: { default: '::/0', halves: ['2000::/4', '3000::/4'], third: '3800::/5', deep: '2001::/16' },
  } as const;
  for (const family of ['inet', 'inet6'] as const) {
    const texts = pool[family];
    const said = (snapshot: Partial<Snapshot>, forMs = long): readonly string[] => {
      const rules = [...(snapshot.rules ?? []), ...kernel.fib.rules].sort((a, b) => a.priority - b.priority);
      const base = { ...EMPTY_SNAPSHOT, links: [...kernel.links.values()], addresses: kernel.addresses };
      const change = { managementInterfaces: [management('mgmt0', router(family, [parsePrefix(texts.default)!]))] };
      const { world, want } = wants(change, { ...base, ...snapshot, rules }, forMs);
      t.ok(want.hidden.size === 0 || mayHide(world), 'asked for before they are needed, too');
      return hiddenWaits([...want.hidden.values()], 'local').map(({ reason }) => reason);
    };
    const stale = (text: string, more: Partial<Route> = {}): Route => ({
      ...route(parsePrefix(text)!, 'unicast'),
      ...more,
    });
    const static4 = (text: string, more: Partial<Route> = {}): Route => stale(text, { protocol: 4, ...more });
    const nowhere = { nexthops: [{ gateway: undefined, interfaceIndex: 99, dead: false }] };
    const [one, other] = texts.halves;
    const jump = rule(family, 200, 0, { detail: { action: 'goto', target: 32_766 } });
    const past = [
      'hidden by rule 200: from all goto 32766 proto 3, which leads past it to default (proto 186) of the main table, which its dead routing daemon has left; remove that rule',
    ];
    t.same(said({ foreignRoutes: [stale(texts.default)], rules: [jump] }), past);
    t.same(said({ foreignRoutes: [stale(texts.default)], rules: [jump] }, 0), [], 'left to work for a while');
    t.same(said({ foreignRoutes: [stale(texts.default)] }), [], 'the tie is taken');
    t.same(said({ foreignRoutes: [static4(texts.default)], rules: [jump] }), [], 'another route carries');
    t.match(said({ foreignRoutes: [static4(texts.default, nowhere)], rules: [jump] }), [
      /^hidden by rule 200: .* default \(proto 4\) of the main table, which leads nowhere \(no link\); remove that rule$/,
    ]);
    const all = /: longer prefixes take all of it, and are never beaten; remove those that do not carry it$/;
    t.match(said({ foreignRoutes: [stale(one), stale(other)] }), [all]);
    t.same(said({ foreignRoutes: [stale(one), stale(other)] }, 0), []);
    t.match(said({ foreignRoutes: [static4(one, nowhere), static4(other)] }), [all], 'one of them carries');
    t.match(said({ foreignRoutes: [static4(one), route(parsePrefix(other)!, 'unreachable')] }), [all], 'one refuses');
    t.same(said({ foreignRoutes: [static4(one), static4(other)] }), [], 'both carry');
    t.same(said({ foreignRoutes: [static4(one, nowhere)] }), [], 'the other half is ours');
    t.same(said({ foreignRoutes: [static4(one, nowhere), static4(texts.third, nowhere)] }), [], 'a part is ours');
    t.same(
      said({ foreignRoutes: [static4(one), static4(other), static4(texts.deep, nowhere)] }),
      [],
      'a part of what others carry',
    );
    t.same(
      said({ foreignRoutes: [static4(one), static4(other), route(parsePrefix(texts.default)!, 'unreachable')] }),
      [],
      'no packet meets the refusal behind them',
    );
    const eighths = partsOfDefault(family).map((text) => static4(text, nowhere));
    t.match(
      said({ foreignRoutes: eighths }),
      [
        new RegExp(
          `^hidden by .*nowhere \\(no link\\), and .*, and .*, and ${family === 'inet' ? 4 : 5} more: longer prefixes take`,
        ),
      ],
      'three are named; 224.0.0.0/3 has no hosts',
    );
    const to = (text: string, priority: number): Rule =>
      rule(family, priority, OTHER, { detail: { action: 'table', to: parsePrefix(text)! } });
    t.match(
      said({
        rules: [to(one, 100), to(other, 101)],
        furtherRoutes: [route(parsePrefix(texts.default)!, 'unreachable', OTHER)],
      }),
      [/^hidden by unreachable default \(proto 186\) of table 100/],
      'rules for parts',
    );
    t.same(
      said({ rules: [to(one, 100)], furtherRoutes: [route(parsePrefix(texts.default)!, 'unreachable', OTHER)] }),
      [],
      'for one of them',
    );
  }
});

t.test(
  'a rule that keeps the gateway from being found: it is named, and the backup router is not said to be dead',
  async (t) => {
    const kernel = twoInterfaces();
    kernel.addressAdd('mgmt0', 'fe80::2/64');
    for (const family of ['inet', 'inet6'] as const) {
      const all = parsePrefix(family === 'inet' ? '0.0.0.0/0' : '::/0')!;
      const near = { ...router(family, [all]), gateways: [family === 'inet' ? '10.255.0.1' : '2001:db8:255::1'] };
      const standing = (
        first: readonly Rule[],
        further: readonly Route[] = [],
        placement: Config['placement'] = 'local',
      ): unknown => {
        const snapshot: Snapshot = {
          ...EMPTY_SNAPSHOT,
          links: [...kernel.links.values()],
          addresses: kernel.addresses,
          rules: [...kernel.fib.rules, ...first].sort((a, b) => a.priority - b.priority),
          foreignRoutes: kernel.fib.routes.filter(({ table }) => table === TABLE_MAIN),
          furtherRoutes: further,
        };
        const { world } = wants({ placement, managementInterfaces: [management('mgmt0', near)] }, snapshot, 0);
        return gatewaysIn(world)[0]?.standing;
      };
      const found = (odd: RegExp): object => ({ kind: 'neighbour', odd });
      t.same(standing([]), { kind: 'neighbour' }, family);
      const refusing = rule(family, 100, 0, { detail: { action: 'prohibit' } });
      t.match(
        standing([refusing]),
        found(/^rule 100: from all prohibit.* refuses it, so the kernel refuses each new route by it$/),
      );
      const shared = standing([refusing], [], 'main');
      // Of an IPv6 gateway the kernel asks the table of the route first.
      if (family === 'inet6') t.same(shared, { kind: 'neighbour' }, 'placement main');
      else t.match(shared, found(/refuses it/), 'placement main');
      const goto = rule(family, 100, 0, { detail: { action: 'goto', target: 32_767 } });
      // Of IPv6 the kernel has no rule of that number.
      const target = family === 'inet6' ? [rule(family, 32_767, 253)] : [];
      t.match(standing([goto, ...target]), found(/^the rules lead past the main table, so/));
      const table = standing([rule(family, 100, OTHER)], [route(all, 'unreachable', OTHER)]);
      t.same(table, { kind: 'neighbour' }, 'the kernel asks for routes of the scope of a link');
    }
  },
);

t.test('a hundred thousand hidden destinations are told in a few lines', async (t) => {
  const by = route(parsePrefix('10.0.0.0/8')!, 'blackhole');
  const many = Array.from({ length: 100_000 }, (_, i) => ({
    destination: parsePrefix(`10.${i >> 16}.${(i >> 8) & 255}.${i & 255}/32`)!,
    why: 'refused' as const,
    route: by,
    rule: undefined,
    fault: undefined,
  }));
  const waits = hiddenWaits(many, 'local');
  const six = { ...many[0]!, destination: parsePrefix('::/0')!, route: route(parsePrefix('::/0')!, 'prohibit') };
  t.equal(
    hiddenWaits([{ ...many[0]!, destination: parsePrefix('0.0.0.0/0')! }, six], 'local').length,
    2,
    'a default each',
  );
  t.equal(waits.length, 21);
  t.match(waits.at(-1), { subject: '99980 more destinations' });
  t.equal(refusalText(by), 'blackhole 10.0.0.0/8 (proto 186)');
});
