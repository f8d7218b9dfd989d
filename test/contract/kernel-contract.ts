/**
 * The contract of every implementation of the Kernel port: facts K1-K6, K9, K10 and the promises
 * of src/core/ports.ts. Each case starts with a fresh world and reads the state with observe().
 */

import type { Test } from 'tap';
import { routeKey, sameKey } from '../../src/core/keys.js';
import type { KernelHint, ObserveRequest, Step, StepResult } from '../../src/core/ports.js';
import { addressBits } from '../../src/model/address.js';
import { defaultPrefix, type Prefix, parsePrefix, prefixFromBits } from '../../src/model/prefix.js';
import type { Route, Rule } from '../../src/model/route.js';
import { routeText } from '../../src/model/route-text.js';
import { settle, type World } from './world.js';

export const OWN = 157;
const TABLE = 25500;
export const LINK = 'mgmt0';
const EVERYTHING: ObserveRequest = { protocol: OWN, maxLength: { inet: 16, inet6: 40 }, neighbours: [] };

export interface Scene {
  readonly world: World;
  readonly index: number;
  readonly hints: KernelHint[];
  readonly own: () => Promise<readonly string[]>;
  readonly apply: (kind: Step['kind'], ...items: readonly (Route | Rule)[]) => Promise<readonly string[]>;
}

function verdict(result: StepResult): string {
  return result.ok ? 'ok' : result.code;
}

async function makeScene(make: () => World): Promise<Scene> {
  const world = make();
  world.linkAdd(LINK);
  world.addressAdd(LINK, '198.51.100.2/24');
  world.addressAdd(LINK, '2001:db8:1::2/64');
  const hints: KernelHint[] = [];
  const links = (await world.kernel.observe(EVERYTHING)).links;
  world.kernel.subscribe(EVERYTHING, (hint) => hints.push(hint));
  return {
    world,
    index: links.find((link) => link.name === LINK)!.index,
    hints,
    own: async () =>
      (await world.kernel.observe({ protocol: OWN, maxLength: {} })).ownRoutes.map((route) =>
        routeText(route, () => LINK),
      ),
    async apply(kind, ...items) {
      const steps = items.map((item) => ('destination' in item ? { kind, route: item } : { kind, rule: item }) as Step);
      return (await world.kernel.apply(steps)).map(verdict);
    },
  };
}

export function route(
  interfaceIndex: number,
  change: Partial<Route> & { readonly gateway?: string | null } = {},
): Route {
  const { gateway = '198.51.100.1', ...rest } = change;
  return {
    family: 'inet',
    table: TABLE,
    destination: defaultPrefix('inet'),
    metric: 1,
    tos: 0,
    protocol: OWN,
    type: 'unicast',
    nexthops: [{ gateway: gateway ?? undefined, interfaceIndex, dead: false }],
    ...rest,
  };
}

export function route6(interfaceIndex: number, change: Parameters<typeof route>[1] = {}): Route {
  return route(interfaceIndex, {
    family: 'inet6',
    destination: defaultPrefix('inet6'),
    gateway: '2001:db8:1::1',
    ...change,
  });
}

function rule(change: Partial<Rule> = {}): Rule {
  return {
    family: 'inet',
    priority: 31000,
    table: TABLE,
    suppressPrefixLength: undefined,
    inputInterface: 'lo',
    protocol: OWN,
    foreign: false,
    ...change,
  };
}

const p = (text: string): Prefix => parsePrefix(text)!;

/** Declares cases, each with a world of its own. */
export function scenes(
  t: Test,
  make: () => World,
): (name: string, run: (t: Test, scene: Scene) => Promise<void>) => void {
  return (name, run) =>
    void t.test(name, async (t) => {
      const made = await makeScene(make);
      try {
        await run(t, made);
      } finally {
        made.world.close();
      }
    });
}

/** Routes, rules, links, events. */
export function kernelContract(t: Test, make: () => World): void {
  const scene = scenes(t, make);

  scene('a route is read back as it was written', async (t, { world, index, apply }) => {
    const wanted = [
      route(index),
      route(index, { destination: p('10.0.0.0/8'), table: 200, tos: 16, metric: 77 }),
      route(index, { destination: p('203.0.113.0/24'), gateway: null }),
      route6(index),
      route6(index, { destination: p('2001:db8:100::/40'), gateway: 'fe80::1' }),
    ];
    t.same(await apply('add-route', ...wanted), ['ok', 'ok', 'ok', 'ok', 'ok']);
    const { ownRoutes } = await world.kernel.observe(EVERYTHING);
    const sorted = (routes: readonly Route[]): readonly string[] =>
      routes
        .map((r) => JSON.stringify(r, Object.keys({ ...r, ...r.nexthops[0], address: 0, length: 0 }).sort()))
        .sort();
    t.same(sorted(ownRoutes), sorted(wanted));
  });

  scene('multipath, on-link and blackhole routes are read back and deleted', async (t, { index, apply, own }) => {
    const two = ['198.51.100.1', '198.51.100.9'].map((gateway) => ({
      gateway,
      interfaceIndex: index,
      dead: false,
    }));
    const two6 = ['2001:db8:1::1', '2001:db8:1::9'].map((gateway) => ({
      gateway,
      interfaceIndex: index,
      dead: false,
    }));
    const routes = [
      route(index, { nexthops: two }),
      route6(index, { nexthops: two6 }),
      route(index, { destination: p('10.0.0.0/8'), type: 'blackhole', nexthops: [] }),
      route6(index, { destination: p('2001:db8:100::/40'), type: 'unreachable', nexthops: [] }),
      route(index, { destination: p('203.0.113.0/24'), gateway: null }),
    ];
    t.same(await apply('add-route', ...routes), ['ok', 'ok', 'ok', 'ok', 'ok']);
    t.same((await own()).length, 5);
    t.ok(
      (await own()).some((line) =>
        line.endsWith('nexthop via 198.51.100.1 dev mgmt0 nexthop via 198.51.100.9 dev mgmt0'),
      ),
    );
    t.ok(
      (await own()).some((line) =>
        line.endsWith('nexthop via 2001:db8:1::1 dev mgmt0 nexthop via 2001:db8:1::9 dev mgmt0'),
      ),
    );
    t.same(await apply('delete-route', ...routes), ['ok', 'ok', 'ok', 'ok', 'ok']);
    t.same(await own(), []);
  });

  scene('onlink, source and metrics are kept as they are, and name what is deleted', async (t, s) => {
    const { world, index, apply, own } = s;
    // mtu 1400, advmss 1360, initcwnd 20, in the order and encoding of the kernel.
    const metrics = '080002007805000008000800500500000800 0b0014000000'.replace(' ', '');
    for (const [destination, make, source, gateway] of [
      ['0.0.0.0/0', route, '198.51.100.2', '10.255.9.1'],
      ['::/0', route6, '2001:db8:1::2', '2001:db8:9::1'],
    ] as const) {
      const nexthops = [{ gateway, interfaceIndex: index, dead: false, onlink: true as const }];
      const full = make(index, { destination: p(destination), nexthops, source, metrics });
      const off = make(index, { destination: p(destination), gateway });
      t.not((await apply('add-route', off))[0], 'ok', 'the gateway is no neighbour');
      const strange = full.family === 'inet' ? '192.168.77.1' : '2001:db8:77::1';
      t.same(await apply('add-route', { ...full, source: strange }), ['EINVAL'], 'a source that is not ours');
      t.same(await apply('add-route', full), ['ok']);
      const [read] = (await world.kernel.observe(EVERYTHING)).ownRoutes;
      t.ok(sameKey(read!, full), routeKey(read!));
      t.equal(routeKey(read!), routeKey(full));
      t.match(await own(), [/ src \S+ metric 1 onlink mtu 1400 advmss 1360 initcwnd 20$/]);
      if (full.family === 'inet') {
        t.same(await apply('delete-route', { ...full, source: '198.51.100.9' }), ['ESRCH'], 'another one');
        t.same(await apply('delete-route', { ...full, metrics: '0800020079050000' }), ['ESRCH'], 'another one');
      }
      t.same(await apply('delete-route', full), ['ok']);
      t.same(await own(), []);
    }
  });

  scene('K18: suppress_prefixlength suppresses what carries, and no refusal', async (t, { world, index, apply }) => {
    const [short, long, short6, long6] = [
      '10.0.0.0/8',
      '10.99.0.0/16',
      '2001:db8:f000::/36',
      '2001:db8:ff00::/40',
    ] as const;
    world.routeAdd({ destination: short, via: '198.51.100.7', dev: LINK, metric: 30 });
    world.routeAdd({ destination: short6, via: '2001:db8:1::7', dev: LINK, metric: 30 });
    t.same(await apply('add-route', route(index, { destination: p(long) }), route6(index, { destination: p(long6) })), [
      'ok',
      'ok',
    ]);
    const pair = (family: 'inet' | 'inet6', length: number): readonly Rule[] => [
      rule({ family, table: 254, suppressPrefixLength: length }),
      rule({ family, priority: 31001 }),
    ];
    t.same(await apply('add-rule', ...pair('inet', 15), ...pair('inet6', 39)), ['ok', 'ok', 'ok', 'ok']);
    t.equal(world.leavesBy('10.99.0.1'), '198.51.100.1', 'a shorter route that carries is suppressed');
    t.equal(world.leavesBy('2001:db8:ff00::1'), '2001:db8:1::1');
    world.refusalAdd(short);
    world.refusalAdd(short6);
    t.equal(world.leavesBy('10.99.0.1'), undefined, 'a shorter one that refuses ends the lookup');
    t.equal(world.leavesBy('2001:db8:ff00::1'), undefined);
  });

  scene(
    'K3, K4: an equal identity answers EEXIST whoever owns it; another metric coexists',
    async (t, { world, index, apply, own }) => {
      world.routeAdd({ destination: '10.0.0.0/8', via: '198.51.100.7', dev: LINK, table: TABLE, metric: 1 });
      const mine = route(index, { destination: p('10.0.0.0/8') });
      t.same(await apply('add-route', mine, { ...mine, metric: 2 }, { ...mine, metric: 2 }), [
        'EEXIST',
        'ok',
        'EEXIST',
      ]);
      t.same(await own(), ['10.0.0.0/8 via 198.51.100.1 dev mgmt0 table 25500 proto 157 metric 2']);
    },
  );

  scene('K5: a route is deleted by its full tuple only', async (t, { index, apply, own }) => {
    const mine = route(index);
    t.same(await apply('add-route', mine, route6(index)), ['ok', 'ok']);
    const wrong = [
      { ...mine, protocol: 4 },
      { ...mine, metric: 2 },
      { ...mine, table: TABLE + 1 },
      route(index, { gateway: '198.51.100.8' }),
    ];
    t.same(await apply('delete-route', ...wrong), ['ESRCH', 'ESRCH', 'ESRCH', 'ESRCH']);
    t.same(await apply('delete-route', route6(index, { gateway: '2001:db8:1::8' })), ['ESRCH']);
    t.equal((await own()).length, 2);
    t.same(await apply('delete-route', mine, mine, route6(index)), ['ok', 'ESRCH', 'ok']);
    t.same(await own(), []);
  });

  scene('K6: a gateway must be on-link', async (t, { index, apply, own }) => {
    t.same(
      await apply('add-route', route(index, { gateway: '203.0.113.1' }), route6(index, { gateway: '2001:db8:77::1' })),
      ['ENETUNREACH', 'EHOSTUNREACH'],
    );
    t.same(await apply('add-route', route(9999), route(9999, { gateway: null }), route6(9999)), [
      'ENETUNREACH',
      'ENODEV',
      'ENODEV',
    ]);
    t.same(await own(), []);
  });

  scene('K10: IPv4 host bits are refused, IPv6 host bits are masked', async (t, { index, apply, own }) => {
    const bits: Prefix = prefixFromBits(addressBits('10.0.0.1'), 8);
    const bits6: Prefix = prefixFromBits(addressBits('2001:db8:100::1'), 40);
    t.same(await apply('add-route', route(index, { destination: bits }), route6(index, { destination: bits6 })), [
      'EINVAL',
      'ok',
    ]);
    t.same(await own(), ['2001:db8:100::/40 via 2001:db8:1::1 dev mgmt0 table 25500 proto 157 metric 1']);
  });

  scene('a route without next hop, or a next hop without interface, never leaves', async (t, { apply, own }) => {
    t.same(await apply('add-route', route(0), route(1, { nexthops: [] }), route(0, { gateway: null })), [
      'EINVAL',
      'EINVAL',
      'EINVAL',
    ]);
    t.same(await own(), []);
  });

  scene('results come in order, and a refused step stops nothing', async (t, { index, apply, own }) => {
    const many = Array.from({ length: 400 }, (_, i) => route(index, { destination: p(`10.${i % 200}.0.0/16`) }));
    const results = await apply('add-route', ...many);
    t.same(
      results,
      many.map((_, i) => (i < 200 ? 'ok' : 'EEXIST')),
    );
    t.equal((await own()).length, 200);
  });

  scene(
    'K1: a link going down takes IPv4 routes without a word, and coming up restores none',
    async (t, { world, index, apply, own, hints }) => {
      await apply('add-route', route(index), route6(index));
      world.linkDown(LINK);
      await settle();
      t.same(await own(), []);
      t.ok(
        hints.some((hint) => hint.kind === 'link'),
        'the link is hinted',
      );
      t.same(
        hints.filter((hint) => hint.ownDeleted).map((hint) => [hint.text.includes('::1'), hint.sender]),
        [[true, 0]],
        'only the IPv6 route is',
      );
      world.linkUp(LINK);
      await settle();
      t.same(await own(), []);
      t.same(await apply('add-route', route(index)), ['ok'], 'the IPv4 subnet is back');
    },
  );

  scene(
    'K2: the last IPv4 address takes every IPv4 route of the link without a word',
    async (t, { world, index, apply, own, hints }) => {
      world.addressAdd(LINK, '203.0.113.2/24');
      await apply('add-route', route(index), route(index, { destination: p('10.0.0.0/8'), gateway: '203.0.113.1' }));
      world.addressRemove(LINK, '203.0.113.2/24');
      t.ok(
        (await own()).includes('default via 198.51.100.1 dev mgmt0 table 25500 proto 157 metric 1'),
        'not the last yet',
      );
      world.addressRemove(LINK, '198.51.100.2/24');
      await settle();
      t.same(await own(), []);
      t.ok(hints.some((hint) => hint.kind === 'address'));
      t.notOk(hints.some((hint) => hint.ownDeleted));
    },
  );

  scene('K9: a recreated link has another index', async (t, { world, index }) => {
    world.linkDelete(LINK);
    world.linkAdd(LINK);
    const { links } = await world.kernel.observe(EVERYTHING);
    t.not(links.find((link) => link.name === LINK)!.index, index);
  });

  scene('links and addresses are read', async (t, { world, index }) => {
    const { links, addresses } = await world.kernel.observe(EVERYTHING);
    t.match(
      links.find((link) => link.index === index),
      { name: LINK, up: true, carrier: true, altNames: [] },
    );
    t.match(
      addresses.find((address) => address.address === '198.51.100.2'),
      { interfaceIndex: index, family: 'inet', length: 24, peer: undefined, tentative: false },
    );
    t.match(
      addresses.find((address) => address.address === '2001:db8:1::2'),
      { interfaceIndex: index, family: 'inet6', length: 64, tentative: false },
    );
  });

  scene('rules are written, read back, refused twice and deleted in full', async (t, { world, apply }) => {
    const rules = [
      rule(),
      rule({ family: 'inet6' }),
      rule({ priority: 31001, table: 254, inputInterface: undefined, suppressPrefixLength: 7 }),
      rule({ priority: 31002, table: 254, inputInterface: undefined }),
    ];
    const own = async (): Promise<readonly Rule[]> =>
      (await world.kernel.observe(EVERYTHING)).rules.filter((r) => r.protocol === OWN);
    t.same(await apply('add-rule', ...rules, rules[0]!), ['ok', 'ok', 'ok', 'ok', 'EEXIST']);
    const key = (r: Rule): string => `${r.family} ${r.priority}`;
    t.same(
      [...(await own())].sort((a, b) => key(a).localeCompare(key(b))),
      [...rules].sort((a, b) => key(a).localeCompare(key(b))),
    );
    t.same(
      await apply(
        'delete-rule',
        { ...rules[2]!, suppressPrefixLength: 6 },
        { ...rules[0]!, protocol: 4 },
        { ...rules[0]!, table: TABLE + 1 },
      ),
      ['ENOENT', 'ENOENT', 'ENOENT'],
    );
    t.same(await apply('delete-rule', ...rules), ['ok', 'ok', 'ok', 'ok']);
    t.same(await own(), []);
  });

  scene('a rule for one source is read back as ours, and deleted by its source', async (t, { world, apply }) => {
    const from = (text: string): Rule => {
      const source = p(text);
      return rule({ family: source.family, detail: { action: 'table', from: source } });
    };
    const own = async (): Promise<readonly Rule[]> =>
      (await world.kernel.observe(EVERYTHING)).rules.filter((r) => r.protocol === OWN);
    const [one, other, six] = [from('198.51.100.2/32'), from('198.51.100.3/32'), from('2001:db8:1::2/128')];
    t.same(await apply('add-rule', one, other, six, one), ['ok', 'ok', 'ok', 'EEXIST']);
    t.same(await own(), [one, other, six]);
    t.same(await apply('delete-rule', from('198.51.100.4/32')), ['ENOENT']);
    t.same(await apply('delete-rule', other), ['ok']);
    t.same(await own(), [one, six]);
    t.same(await apply('delete-rule', one, six), ['ok', 'ok']);
    t.same(await own(), []);
  });

  scene(
    'deleting a rule, a selector that is not named matches anything, and the oldest goes',
    async (t, { world, apply }) => {
      const plain = rule({ table: 254, inputInterface: undefined });
      const suppressing = { ...plain, suppressPrefixLength: 0 };
      const left = async (): Promise<readonly (number | undefined)[]> =>
        (await world.kernel.observe(EVERYTHING)).rules
          .filter((r) => r.protocol === OWN)
          .map((r) => r.suppressPrefixLength);
      t.same(await apply('add-rule', suppressing, plain), ['ok', 'ok'], 'both fit in one priority');
      t.same(await apply('delete-rule', plain), ['ok']);
      t.same(await left(), [undefined], 'the wrong one went');
      t.same(await apply('add-rule', suppressing), ['ok']);
      t.same(await apply('delete-rule', plain), ['ok']);
      t.same(await left(), [0], 'add before delete always hits the right one');
    },
  );

  scene(
    'K22: of one priority the newer stands behind, twice if one likes; the first goes',
    async (t, { world, apply }) => {
      for (const family of ['inet', 'inet6'] as const) {
        const [guard, lookup] = [rule({ family, table: 254, suppressPrefixLength: 0 }), rule({ family })];
        const own = async (): Promise<readonly (number | string)[]> =>
          (await world.kernel.observe(EVERYTHING)).rules
            .filter((r) => r.family === family && r.priority === 31_000)
            .map((r) => (r.protocol === OWN ? r.table : 'newcomer'));
        t.same(await apply('add-rule', guard, lookup), ['ok', 'ok']);
        const [newcomer] = await world.kernel.apply([
          { kind: 'add-rule', rule: rule({ family, table: 99, protocol: 4 }) },
        ]);
        t.match(newcomer, { ok: true });
        t.same(await own(), [254, TABLE, 'newcomer']);
        t.same(await apply('add-rule', guard), ['EEXIST'], 'with NLM_F_EXCL');
        const again = [guard, lookup].map((one): Step => ({ kind: 'add-rule', rule: one, again: true }));
        t.same((await world.kernel.apply(again)).map(verdict), ['ok', 'ok']);
        t.same(await own(), [254, TABLE, 'newcomer', 254, TABLE]);
        t.same(await apply('delete-rule', lookup, guard), ['ok', 'ok']);
        t.same(await own(), ['newcomer', 254, TABLE], 'moved behind, without a gap');
      }
    },
  );

  scene(
    'foreignRoutes has foreign routes of the main table, no longer than asked',
    async (t, { world, index, apply }) => {
      world.routeAdd({
        destination: '10.0.0.0/8',
        via: '198.51.100.7',
        dev: LINK,
        metric: 20,
        protocol: 186,
      });
      world.routeAdd({ destination: '10.1.1.0/24', via: '198.51.100.7', dev: LINK, metric: 20 });
      world.routeAdd({ destination: '2001:db8:100::/40', via: '2001:db8:1::7', dev: LINK, metric: 20 });
      world.routeAdd({
        destination: '172.16.0.0/12',
        via: '198.51.100.7',
        dev: LINK,
        table: 300,
        metric: 20,
      });
      await apply('add-route', route(index, { table: 254, metric: 9999 }));
      const seen = async (request: ObserveRequest): Promise<readonly string[]> =>
        (await world.kernel.observe(request)).foreignRoutes.map((r) => routeText(r, () => LINK)).sort();
      const inet = '10.0.0.0/8 via 198.51.100.7 dev mgmt0 proto 186 metric 20';
      const inet6 = '2001:db8:100::/40 via 2001:db8:1::7 dev mgmt0 proto 4 metric 20';
      t.same(await seen(EVERYTHING), [inet, inet6]);
      t.same(await seen({ protocol: OWN, maxLength: { inet6: 40 } }), [inet6]);
      t.same(await seen({ protocol: OWN, maxLength: { inet: 7 } }), []);
      t.same(await seen({ protocol: OWN, maxLength: {} }), []);
      const part = '10.1.1.0/24 via 198.51.100.7 dev mgmt0 proto 4 metric 20';
      const parts = (...texts: readonly string[]): ObserveRequest => ({
        protocol: OWN,
        maxLength: { inet: 7, inet6: 7 },
        parts: texts.map(p),
      });
      t.same(await seen(parts('10.1.0.0/16', '2001:db8::/32')), [part, inet6], 'parts of a destination');
      t.same(await seen(parts('10.0.0.0/15')), [], 'too long for one');
      t.same(await seen(parts('10.2.0.0/16', '10.1.1.0/24', '2001:db9::/32')), [], 'none of its parts');
    },
  );

  scene(
    'our own changes are not hinted; what others do to ours is, and who',
    async (t, { world, index, apply, hints }) => {
      await settle();
      hints.length = 0;
      await apply('add-route', route(index), route6(index));
      await apply('add-rule', rule(), rule({ family: 'inet6' }));
      await settle();
      t.same(hints, []);
      world.flushTable(TABLE);
      world.deleteRules(31000);
      await settle();
      t.same(
        hints
          .filter((hint) => hint.ownDeleted)
          .map((hint) => hint.kind)
          .sort(),
        ['route', 'route', 'rule', 'rule'],
      );
      t.ok(hints.filter((hint) => hint.ownDeleted).every((hint) => hint.sender !== 0));
    },
  );

  scene('foreign routes are hinted only where they could cover a destination', async (t, { world, hints }) => {
    await settle();
    hints.length = 0;
    world.routeAdd({ destination: '10.1.1.0/24', via: '198.51.100.7', dev: LINK, metric: 20 });
    world.routeAdd({ destination: '10.0.0.0/8', via: '198.51.100.7', dev: LINK, table: 100, metric: 20 });
    await settle();
    t.same(hints, []);
    world.routeAdd({ destination: '10.0.0.0/8', via: '198.51.100.7', dev: LINK, metric: 20 });
    await settle();
    t.match(hints, [
      { kind: 'route', ownDeleted: false, text: /10\.0\.0\.0\/8/, route: { table: 254, destination: { length: 8 } } },
    ]);
  });

  scene(
    'foreignRoutes has those of the tables of VRFs too, whatever their number, and of no other',
    async (t, { world, index, apply }) => {
      for (const table of [100, 300, 70_000, 301]) {
        world.routeAdd({
          destination: '10.0.0.0/8',
          via: '198.51.100.7',
          dev: LINK,
          table,
          metric: 20,
          protocol: 186,
        });
        world.routeAdd({
          destination: '10.1.1.0/24',
          via: '198.51.100.7',
          dev: LINK,
          table,
          metric: 20,
          protocol: 186,
        });
        world.routeAdd({
          destination: '2001:db8:100::/40',
          via: '2001:db8:1::7',
          dev: LINK,
          table,
          metric: 20,
        });
      }
      await apply('add-route', route(index, { table: 300, destination: p('172.16.0.0/12') }));
      const tables = async (
        vrfTables: readonly number[],
        maxLength: ObserveRequest['maxLength'],
      ): Promise<readonly string[]> =>
        (await world.kernel.observe({ protocol: OWN, vrfTables, maxLength })).foreignRoutes
          .map((r) => `${r.table} ${r.family} /${r.destination.length}`)
          .sort();
      t.same(await tables([100], { inet: 16, inet6: 40 }), ['100 inet /8', '100 inet6 /40']);
      t.same(await tables([300, 70_000], { inet: 16 }), ['300 inet /8', '70000 inet /8'], 'never ours');
      t.same(await tables([100, 300, 70_000], { inet6: 40 }), ['100 inet6 /40', '300 inet6 /40', '70000 inet6 /40']);
      t.same(await tables([4711], { inet: 16 }), [], 'a table that has no route yet');
      t.same(await tables([100], {}), []);
    },
  );

  scene('foreign routes of the tables of VRFs are hinted, and those too long are not', async (t, { world, hints }) => {
    for (const table of [100, 300]) {
      world.kernel.subscribe({ ...EVERYTHING, vrfTables: [table] }, (hint) => hints.push(hint));
      await settle();
      hints.length = 0;
      world.routeAdd({ destination: '10.1.1.0/24', via: '198.51.100.7', dev: LINK, table, metric: 20 });
      await settle();
      // The link of the scene may still come up.
      const ofRoutes = (): readonly KernelHint[] => hints.filter(({ kind }) => kind === 'route');
      t.same(ofRoutes(), [], `too long, table ${table}`);
      world.routeAdd({ destination: '10.0.0.0/8', via: '198.51.100.7', dev: LINK, table, metric: 20 });
      world.routeAdd({
        destination: '2001:db8:100::/40',
        via: '2001:db8:1::7',
        dev: LINK,
        table,
        metric: 20,
      });
      await settle();
      t.match(
        ofRoutes().map(({ kind, ownDeleted }) => ({ kind, ownDeleted })),
        [
          { kind: 'route', ownDeleted: false },
          { kind: 'route', ownDeleted: false },
        ],
        `table ${table}`,
      );
      hints.length = 0;
      world.flushTable(table);
      await settle();
      t.equal(ofRoutes().length, 2, `and their end, table ${table}`);
    }
  });

  scene(
    'K7: a next hop that a foreigner appended stays when ours goes, under his own protocol',
    async (t, { world, index, apply, own }) => {
      t.same(await apply('add-route', route6(index, { table: 254 })), ['ok']);
      world.routeAppend({ destination: '::/0', via: '2001:db8:1::9', dev: LINK, table: 254, metric: 1 });
      t.same(
        await own(),
        ['default proto 157 metric 1 nexthop via 2001:db8:1::1 dev mgmt0 nexthop via 2001:db8:1::9 dev mgmt0'],
        'one route, under our protocol',
      );
      t.same(
        await apply('delete-route', route6(index, { table: 254, gateway: '2001:db8:1::9' })),
        ['ESRCH'],
        'his is not deleted under our protocol',
      );
      t.same(await apply('delete-route', route6(index, { table: 254 })), ['ok']);
      t.same(await own(), []);
      const { foreignRoutes } = await world.kernel.observe(EVERYTHING);
      t.same(
        foreignRoutes
          .filter((r) => r.family === 'inet6' && r.destination.length === 0)
          .map((r) => routeText(r, () => LINK)),
        ['default via 2001:db8:1::9 dev mgmt0 proto 4 metric 1'],
      );
    },
  );
}
