/**
 * What carries a destination, situation by situation: rules of operators, VPNs and VRFs, routes for some packets only, broken next hops.
 * That a lookup is the kernel's own is held by netns/judge.test.ts; here it is what follows from it.
 */

import t from 'tap';
import { carried, covered } from '../../../src/fib/destination.js';
import { onLink } from '../../../src/fib/on-link.js';
import { ordinary, ordinaryFrom } from '../../../src/fib/packet.js';
import { programOf } from '../../../src/fib/program.js';
import { snapshotExits, tablesFrom, tablesOf, viewOf } from '../../../src/fib/snapshot-view.js';
import { nexthopFault } from '../../../src/fib/usable.js';
import type { View } from '../../../src/fib/view.js';
import type { Link } from '../../../src/model/link.js';
import { type Prefix, parsePrefix } from '../../../src/model/prefix.js';
import type { Nexthop, Route, Rule } from '../../../src/model/route.js';
import type { RuleDetail } from '../../../src/model/rule-detail.js';
import { EMPTY_SNAPSHOT } from '../../../src/model/snapshot.js';
import { ruleOf } from './rule.js';

const MGMT = 2;
const DATA = 3;

function p(text: string): Prefix {
  return parsePrefix(text)!;
}

const DEFAULT = p('0.0.0.0/0');

function link(index: number, change: Partial<Link> = {}): Link {
  return {
    index,
    name: index === MGMT ? 'mgmt0' : 'data0',
    altNames: [],
    mac: undefined,
    up: true,
    carrier: true,
    master: undefined,
    kind: 'veth',
    vrfTable: undefined,
    ...change,
  };
}

function rule(priority: number, table: number, detail?: Partial<RuleDetail>, change: Partial<Rule> = {}): Rule {
  return ruleOf(detail, { priority, table, ...change });
}

function route(destination: Prefix, change: Partial<Route> = {}, hop: Partial<Nexthop> = {}): Route {
  return {
    family: destination.family,
    table: 254,
    destination,
    metric: 0,
    tos: 0,
    protocol: 186,
    type: 'unicast',
    nexthops: [{ gateway: '198.51.100.1', interfaceIndex: DATA, dead: false, ...hop }],
    ...change,
  };
}

const USUAL = [rule(0, 255), rule(32766, 254), rule(32767, 253)];

function view(routes: readonly Route[], change: Partial<View> = {}): View {
  return {
    rules: USUAL,
    routes: [routes],
    nexthopObjects: [],
    links: [link(MGMT), link(DATA)],
    neighbours: [],
    now: 0,
    ...change,
  };
}

/** `covered`, or why not. */
function verdict(some: View, destination = DEFAULT): string {
  const answer = carried(some, destination);
  if (answer.kind === 'carried') return `table ${answer.route.table}`;
  return answer.fault === undefined ? answer.why : `${answer.why}: ${answer.fault}`;
}

t.test('routes', async (t) => {
  const rows: readonly (readonly [string, readonly Route[], string])[] = [
    ['a default route', [route(DEFAULT)], 'table 254'],
    ['none', [], 'no route'],
    ['one for one tos only', [route(DEFAULT, { tos: 0x10 })], 'no route'],
    ['one for half of it', [route(p('128.0.0.0/1'))], 'no route'],
    ['a refusal', [route(DEFAULT, { type: 'unreachable', nexthops: [] })], 'refused'],
    [
      'a refusal of a higher metric',
      [route(DEFAULT), route(DEFAULT, { type: 'blackhole', nexthops: [], metric: 9 })],
      'table 254',
    ],
    ['throw', [route(DEFAULT, { type: 'throw', nexthops: [] }), route(DEFAULT, { table: 253 })], 'table 253'],
    [
      'a dead next hop, and another metric',
      [route(DEFAULT, {}, { dead: true }), route(DEFAULT, { metric: 5 })],
      'table 254',
    ],
    [
      'no carrier, which the kernel minds not',
      [route(DEFAULT, {}, { dead: true, linkDown: true }), route(DEFAULT, { metric: 5 })],
      'broken: no carrier',
    ],
    ['one that has ended', [route(DEFAULT, { expiresAtMs: -1 })], 'no route'],
    ['an object that nobody has read', [route(DEFAULT, { nexthops: [], nexthopId: 7 })], 'no route'],
  ];
  for (const [name, routes, expected] of rows) t.equal(verdict(view(routes)), expected, name);
  const ending = carried(view([route(DEFAULT, { expiresAtMs: 700 })]), DEFAULT);
  t.equal(ending.kind === 'carried' ? ending.route.expiresAtMs : undefined, 700, 'its end is told');
});

t.test('next hops', async (t) => {
  const objects: View['nexthopObjects'] = [
    { id: 1, kind: 'nexthop', nexthop: { gateway: '198.51.100.1', interfaceIndex: DATA, dead: false } },
    { id: 2, kind: 'blackhole' },
    { id: 3, kind: 'group', members: [{ id: 1, weight: 2 }] },
    { id: 4, kind: 'group', members: [{ id: 2, weight: 1 }] },
  ];
  for (const [id, expected] of [
    [1, 'table 254'],
    [2, 'refused'],
    [3, 'table 254'],
    [4, 'refused'],
  ] as const)
    t.equal(
      verdict(view([route(DEFAULT, { nexthops: [], nexthopId: id })], { nexthopObjects: objects })),
      expected,
      `object ${id}`,
    );
  const silent = { interfaceIndex: DATA, address: '198.51.100.1', failed: true, known: false, permanent: false };
  t.equal(verdict(view([route(DEFAULT)], { neighbours: [silent] })), 'broken: neighbour failed');
  const both = route(DEFAULT, {
    nexthops: [
      { gateway: '198.51.100.1', interfaceIndex: DATA, dead: false },
      { gateway: '198.51.100.9', interfaceIndex: DATA, dead: false },
    ],
  });
  t.equal(
    verdict(view([both], { neighbours: [silent] })),
    'broken: neighbour failed',
    'the other gets some flows only',
  );
  const legs = (linkDown: object) =>
    route(DEFAULT, { nexthops: [both.nexthops[0]!, { ...both.nexthops[1]!, dead: true, ...linkDown }] });
  t.equal(verdict(view([legs({})])), 'table 254', 'a dead one is left by the kernel');
  t.equal(verdict(view([legs({ linkDown: true })])), 'broken: no carrier', 'one without carrier is not');
  t.equal(verdict(view([route(DEFAULT)], { links: [link(MGMT), link(DATA, { up: false })] })), 'broken: link down');
  t.equal(nexthopFault(view([]), { gateway: undefined, interfaceIndex: 99, dead: false }), 'no link');
});

t.test('rules in front of main', async (t) => {
  const main = route(DEFAULT);
  const other = route(DEFAULT, { table: 100 });
  const rows: readonly (readonly [string, Rule, string])[] = [
    ['for one source', rule(100, 100, { from: p('10.99.0.2/32') }), 'table 254'],
    ['for a mark', rule(100, 100, { mark: { value: 1, mask: 0xffffffff } }), 'table 254'],
    [
      'for what has no mark',
      rule(100, 100, { inverted: true, mark: { value: 0xca6c, mask: 0xffffffff } }),
      'table 100',
    ],
    ['for a mask that every packet fits', rule(100, 100, { mark: { value: 0, mask: 0xff } }), 'table 100'],
    ['for one user', rule(100, 100, { users: { first: 0, last: 0 } }), 'table 254'],
    ['for one port', rule(100, 100, { ipProtocol: 6, destinationPorts: { first: 22, last: 22 } }), 'table 254'],
    ['for all other ports', rule(100, 100, { inverted: true, destinationPorts: { first: 22, last: 22 } }), 'table 254'],
    ['for packets of a tunnel', rule(100, 100, { tunnel: true }), 'table 254'],
    ['for transit', rule(100, 100, undefined, { inputInterface: 'data0' }), 'table 254'],
    ['for a part of the destination', rule(100, 100, { to: p('10.0.0.0/8') }), 'table 254'],
    ['for all but a part of it', rule(100, 100, { inverted: true, to: p('10.0.0.0/8') }), 'table 100'],
    ['for all', rule(100, 100), 'table 100'],
    ['that refuses', rule(100, 0, { action: 'prohibit' }), 'refused'],
    ['that refuses one user', rule(100, 0, { action: 'prohibit', users: { first: 4711, last: 4711 } }), 'table 254'],
    ['that suppresses the default', rule(100, 100, undefined, { suppressPrefixLength: 0 }), 'table 254'],
    ['with a selector that is not known', rule(100, 100, { unknown: ['attribute 99'] }), 'table 254'],
    ['that jumps over main', rule(100, 0, { action: 'goto', target: 32767 }), 'no route'],
    ['that jumps nowhere', rule(100, 0, { action: 'goto', target: 5000 }), 'table 254'],
  ];
  for (const [name, one, expected] of rows)
    t.equal(verdict(view([main, other], { rules: [...USUAL, one] })), expected, name);
  t.strictSame(tablesOf([...USUAL, rule(9, 100), rule(9, 101, { from: p('10.0.0.0/8') })]), [255, 100, 254, 253]);
  t.ok(tablesOf([...USUAL, rule(100, 100, { users: { first: 0, last: 0 } })]).includes(100), 'of whom the kernel asks');
  t.ok(tablesOf([...USUAL, rule(100, 100, { ipProtocol: 17 })]).includes(100), 'and of what it asks');
  t.notOk(tablesOf([...USUAL, rule(100, 100, { users: { first: 1000, last: 2000 } })]).includes(100), 'of others not');
});

t.test('tables of the packets from one address', async (t) => {
  const from = p('10.0.0.0/8');
  const rows: readonly (readonly [string, Rule, boolean])[] = [
    ['a rule for its network', rule(9, 101, { from }), true],
    ['for another', rule(9, 101, { from: p('10.9.0.0/16') }), false],
    ['for all but another', rule(9, 101, { inverted: true, from: p('10.9.0.0/16') }), true],
    ['to a part of the destinations', rule(9, 101, { from, to: p('192.0.2.0/24') }), true],
    ['with a mark', rule(9, 101, { from, mark: { value: 1, mask: 0xff } }), false],
    ['of packets that come in by a port', rule(9, 101, { from }, { inputInterface: 'data0' }), false],
    ['of packets of this host', rule(9, 101, { from }, { inputInterface: 'lo' }), true],
    ['for one user', rule(9, 101, { from, users: { first: 0, last: 0 } }), false],
    ['with a selector that is not known', rule(9, 101, { from, unknown: ['attribute 99'] }), false],
    ['that looks nothing up', rule(9, 101, { from, action: 'prohibit' }), false],
  ];
  for (const [name, one, read] of rows) {
    const tables = tablesFrom([...USUAL, one], [p('10.255.0.2/32')]);
    t.equal(tables.includes(101), read, name);
    t.ok(
      [255, 254, 253].every((table) => tables.includes(table)),
      `${name}: beside those of all packets`,
    );
  }
  t.strictSame(tablesFrom(USUAL, []), []);
  const none = rule(9, 0, { action: 'unreachable' });
  t.strictSame(tablesFrom([none], [p('10.255.0.2/32')]), [], 'a rule that refuses looks nothing up');
  t.strictSame(tablesOf([none]), []);
});

t.test('of equal priorities the older rule is asked first', async (t) => {
  const routes = [route(DEFAULT, { table: 100 }), route(DEFAULT, { table: 101 })];
  const [a, b] = [rule(32765, 100), rule(32765, 101)];
  t.equal(verdict(view(routes, { rules: [...USUAL, a, b] })), 'table 100');
  t.equal(verdict(view(routes, { rules: [...USUAL, b, a] })), 'table 101');
});

t.test('an IPv6 route for some sources is no answer for all', async (t) => {
  const wide = p('::/0');
  const rules = USUAL.map((one) => ({ ...one, family: 'inet6' as const }));
  const partial = route(wide, { from: p('2001:db8:1::/64') }, { gateway: 'fe80::1' });
  t.equal(verdict(view([partial], { rules }), wide), 'no route');
  t.equal(verdict(view([partial, route(wide, { metric: 9 }, { gateway: 'fe80::2' })], { rules }), wide), 'table 254');
});

t.test('a gateway is on-link by a route, not by an address', async (t) => {
  const use = { gateway: '10.99.0.1', interfaceIndex: MGMT, table: 25500 };
  const connected = route(p('10.99.0.0/24'), { protocol: 2 }, { gateway: undefined, interfaceIndex: MGMT });
  t.match(onLink(view([]), use, []), { kind: 'off-link', why: 'no route' });
  t.match(onLink(view([connected]), use, []), { kind: 'on-link', route: connected });
  t.match(
    onLink(view([route(p('10.99.0.1/32'), {}, { interfaceIndex: MGMT }), connected]), use, []),
    { kind: 'on-link' },
    'a route by a gateway has too much scope',
  );
  t.match(
    onLink(view([route(p('10.99.0.1/32'), { type: 'blackhole', nexthops: [] }), connected]), use, []),
    { kind: 'on-link' },
    'and so has a refusal',
  );
  t.match(onLink(view([connected]), { ...use, interfaceIndex: DATA }, []), { kind: 'off-link', why: 'no route' });
  t.match(onLink(view([connected], { links: [link(MGMT, { up: false })] }), use, []), { why: 'link down' });
});

t.test('ten thousand rules that take no ordinary packet are passed over once', async (t) => {
  const rules = [
    ...USUAL,
    ...Array.from({ length: 10_000 }, (_, i) => rule(1000 + i, 100, { from: p(`10.${i >> 8}.${i & 255}.0/24`) })),
  ];
  const mine = ordinary(DEFAULT);
  t.equal(verdict(view([route(DEFAULT)], { rules })), 'table 254');
  t.strictSame(programOf(rules, mine).rules, USUAL);
  t.equal(programOf(rules, mine), programOf(rules, ordinary(p('10.0.0.0/8'))), 'whatever the destination');
  const fromOne = ordinaryFrom('10.3.7.2', DEFAULT);
  t.strictSame(
    programOf(rules, fromOne).rules.map(({ priority }) => priority),
    [0, 1000 + 3 * 256 + 7, 32766, 32767],
    'of one source those for it are left',
  );
  t.equal(programOf(rules, fromOne), programOf(rules, ordinaryFrom('10.3.7.2', p('10.0.0.0/8'))), 'made once');
  t.not(programOf(rules, fromOne), programOf(rules, ordinaryFrom('10.3.8.2', DEFAULT)), 'for each source');
});

t.test('a snapshot with ours and without', async (t) => {
  const own = rule(31000, 25500, undefined, { inputInterface: 'lo', protocol: 157 });
  const snapshot = {
    ...EMPTY_SNAPSHOT,
    links: [link(MGMT), link(DATA)],
    rules: [...USUAL, own],
    ownRoutes: [route(DEFAULT, { table: 25500, protocol: 157 }, { gateway: '10.99.0.1', interfaceIndex: MGMT })],
    furtherRoutes: [route(DEFAULT, { table: 253 })],
  };
  const isOurs = (one: Rule): boolean => one === own;
  t.equal(verdict(viewOf(snapshot, 0, 'with ours')), 'table 25500', 'ours is in front of main');
  t.equal(verdict(viewOf(snapshot, 0, isOurs)), 'table 253', 'and covered by another table without it');
  t.equal(viewOf(snapshot, 0, isOurs).rules, viewOf(snapshot, 1, isOurs).rules, 'one list of rules for one look');
  const { ownRoutes, furtherRoutes } = snapshot;
  t.strictSame(viewOf(snapshot, 0, 'with ours').rules, [...USUAL, own]);
  t.strictSame(viewOf(snapshot, 0, 'with ours').routes, [[], furtherRoutes, ownRoutes]);
  t.strictSame(viewOf(snapshot, 0, isOurs).rules, USUAL, 'neither our rules');
  t.strictSame(viewOf(snapshot, 0, isOurs).routes, [[], furtherRoutes], 'nor our routes');
  const { rules, routes, nexthopObjects } = viewOf(EMPTY_SNAPSHOT, 0, isOurs);
  t.strictSame([rules, routes, nexthopObjects], [[], [[], []], []], 'of an empty one');
});

t.test('the next hops of a route of a snapshot', async (t) => {
  const nexthop: Nexthop = { gateway: '198.51.100.7', interfaceIndex: DATA, dead: false };
  const byObject = route(DEFAULT, { nexthops: [], nexthopId: 4 });
  const withObject = { ...EMPTY_SNAPSHOT, nexthopObjects: [{ id: 4, kind: 'nexthop', nexthop } as const] };
  t.strictSame(snapshotExits(withObject, byObject), [nexthop]);
  t.strictSame(snapshotExits(EMPTY_SNAPSHOT, byObject), [], 'of an object that was not read');
  t.strictSame(snapshotExits(EMPTY_SNAPSHOT, route(DEFAULT)), route(DEFAULT).nexthops);
});

t.test('a rule that takes the packet which the kernel is asked about, and not every one', async (t) => {
  const main = rule(32766, 254);
  const refused = route(DEFAULT, { table: 100, type: 'blackhole', nexthops: [] });
  const selectors: readonly (readonly [string, Partial<RuleDetail>, string])[] = [
    ['nearly all sources', { inverted: true, from: p('10.9.0.2/32') }, 'not-carried'],
    ['user 0', { users: { first: 0, last: 0 } }, 'not-carried'],
    ['another user', { users: { first: 1000, last: 2000 } }, 'carried'],
    ['one source', { from: p('10.9.0.2/32') }, 'carried'],
  ];
  for (const [name, detail, expected] of selectors) {
    const world = { ...view([route(DEFAULT), refused]), rules: [rule(100, 100, detail), main] };
    t.equal(carried(world, DEFAULT).kind, 'carried', `${name}: passed over`);
    t.equal(covered(world, DEFAULT).kind, expected, name);
  }
});
