/**
 * What one table answers, and whether a rule ignores the answer, branch by branch. That this is the kernel's own answer is held by
 * netns/judge.test.ts.
 */

import t from 'tap';
import { onLink } from '../../../src/fib/on-link.js';
import { ANY, ordinary, type Packet } from '../../../src/fib/packet.js';
import type { TableAnswer } from '../../../src/fib/query.js';
import { suppression } from '../../../src/fib/suppress.js';
import { tableLookup } from '../../../src/fib/table.js';
import { nexthopsFault, routeFault } from '../../../src/fib/usable.js';
import { EMPTY_VIEW, type View } from '../../../src/fib/view.js';
import { type Prefix, parsePrefix } from '../../../src/model/prefix.js';
import type { Nexthop, NexthopObject, Route } from '../../../src/model/route.js';
import { ruleOf } from './rule.js';

const MGMT = 2;
const DATA = 3;

const p = (text: string): Prefix => parsePrefix(text)!;
const LINKS = [MGMT, DATA].map((index) => ({
  index,
  name: `eth${index}`,
  altNames: [],
  mac: undefined,
  up: true,
  carrier: true,
  master: undefined,
  kind: undefined,
  vrfTable: undefined,
}));

/** A route in main by gateway `.N` of data0, N being its metric too unless said otherwise. */
function route(destination: string, n: number, change: Partial<Route> = {}, hop: Partial<Nexthop> = {}): Route {
  const { family } = p(destination);
  const gateway = family === 'inet' ? `198.51.100.${n}` : `2001:db8:9::${n}`;
  return {
    family,
    table: 254,
    destination: p(destination),
    metric: n,
    tos: 0,
    protocol: 186,
    type: 'unicast',
    nexthops: [{ gateway, interfaceIndex: DATA, dead: false, ...hop }],
    ...change,
  };
}

const several = (...hops: readonly Partial<Nexthop>[]): Partial<Route> => ({
  nexthops: hops.map((hop) => ({ gateway: undefined, interfaceIndex: DATA, dead: false, ...hop })),
});
const refusal = (type: Route['type']): Partial<Route> => ({ type, nexthops: [] });
const object = (nexthopId: number): Partial<Route> => ({ nexthops: [], nexthopId });
const OBJECTS: readonly NexthopObject[] = [
  { id: 1, kind: 'nexthop', nexthop: { gateway: undefined, interfaceIndex: DATA, dead: true } },
  { id: 2, kind: 'blackhole' },
  {
    id: 3,
    kind: 'group',
    members: [
      { id: 1, weight: 1 },
      { id: 4, weight: 1 },
    ],
  },
  { id: 4, kind: 'nexthop', nexthop: { gateway: undefined, interfaceIndex: MGMT, dead: false } },
  { id: 5, kind: 'nexthop', nexthop: { gateway: undefined, interfaceIndex: DATA, dead: false } },
  {
    id: 6,
    kind: 'group',
    members: [
      { id: 5, weight: 1 },
      { id: 4, weight: 1 },
    ],
  },
];
const viewOf = (routes: readonly Route[], change: Partial<View> = {}): View => ({
  ...EMPTY_VIEW,
  links: LINKS,
  nexthopObjects: OBJECTS,
  routes: [routes],
  ...change,
});
const failedAt = (address: string): Partial<View> => ({
  neighbours: [{ interfaceIndex: DATA, address, failed: true, known: false, permanent: false }],
});

interface Asked {
  readonly packet?: Partial<Packet>;
  readonly scope?: number;
  readonly ignoreLinkState?: boolean;
  readonly view?: Partial<View>;
}

function ask(routes: readonly Route[], to: string, asked: Asked = {}): TableAnswer | undefined {
  const { packet, scope = 0, ignoreLinkState = false, view } = asked;
  return tableLookup(viewOf(routes, view), 254, {
    packet: { ...ordinary(p(to)), ...packet } as Packet,
    scope,
    ignoreLinkState,
  });
}

/** `METRIC`, with `-N` next hops if not one, `!` for a dropped packet, `/` and the metrics of alternatives. */
function told(answer: TableAnswer | undefined): string {
  if (answer === undefined) return '-';
  const { route: found, nexthops, blackhole, alternatives } = answer;
  return [
    String(found.metric),
    nexthops.length === 1 ? '' : `-${nexthops.length}`,
    blackhole ? '!' : '',
    alternatives.length === 0 ? '' : `/${alternatives.map(({ metric, tos }) => `${metric}.${tos}`).join()}`,
  ].join('');
}

type Row = readonly [what: string, routes: readonly Route[], expected: string, asked?: Asked];

const BOUND: Asked = { packet: { outputInterface: { index: MGMT, name: 'eth2' } } };
const ON_MGMT: Partial<Nexthop> = { interfaceIndex: MGMT };
const DEAD: Partial<Nexthop> = { dead: true };
const NO_CARRIER: Partial<Nexthop> = { dead: true, linkDown: true };

const NO_SOURCE: Partial<Packet> = { source: undefined } as never;
const BOUND_NO_SOURCE: Asked = { packet: { ...BOUND.packet, ...NO_SOURCE } };

t.test('IPv4: order, fitness, next hops', async (t) => {
  const rows: readonly Row[] = [
    ['nothing', [], '-'],
    ['the longest prefix', [route('10.0.0.0/8', 1), route('10.1.0.0/16', 9), route('10.1.0.0/20', 5)], '5'],
    ['the lowest metric', [route('10.0.0.0/8', 7), route('10.0.0.0/8', 3), route('10.0.0.0/8', 9)], '3'],
    ['the oldest', [route('10.0.0.0/8', 4), route('10.0.0.0/8', 4, several({}, {}))], '4'],
    ['another tos', [route('10.0.0.0/8', 1, { tos: 8 }), route('10.0.0.0/8', 3)], '3'],
    ['its tos', [route('10.0.0.0/8', 3), route('10.0.0.0/8', 9, { tos: 8 })], '9', { packet: { tos: 8 } }],
    ['bits that are no tos', [route('10.0.0.0/8', 3, { tos: 8 })], '3', { packet: { tos: 0xe8 } }],
    ['any tos', [route('10.0.0.0/8', 1, { tos: 8 }), route('10.0.0.0/8', 3)], '3', { packet: { tos: ANY } }],
    ['a scope too wide', [route('10.0.0.0/8', 1), route('10.0.0.0/8', 3, { scope: 253 })], '3', { scope: 253 }],
    ['a scope by default', [route('10.0.0.0/8', 1, {}, { gateway: undefined })], '1', { scope: 253 }],
    ['a refusal', [route('10.0.0.0/8', 1, refusal('unreachable')), route('10.0.0.0/8', 3)], '1-0'],
    ['throw', [route('10.0.0.0/8', 1, refusal('throw')), route('0.0.0.0/0', 3)], '1-0'],
    ['a dead one', [route('10.0.0.0/8', 1, {}, DEAD), route('10.0.0.0/8', 3)], '3'],
    ['no carrier', [route('10.0.0.0/8', 1, {}, NO_CARRIER), route('10.0.0.0/8', 3)], '1'],
    ['a dead one, links ignored', [route('10.0.0.0/8', 1, {}, DEAD)], '1', { ignoreLinkState: true }],
    ['bound elsewhere', [route('10.0.0.0/8', 1)], '-', BOUND],
    ['bound to it', [route('10.0.0.0/8', 1), route('0.0.0.0/0', 3, {}, ON_MGMT)], '3', BOUND],
    ['some of several', [route('10.0.0.0/8', 1, several({}, DEAD, {}))], '1-2'],
    ['an object that drops', [route('10.0.0.0/8', 1, object(2))], '1-0!'],
    ['a group, one of it dead', [route('10.0.0.0/8', 1, object(3))], '1'],
    [
      'a dead object ends its network address',
      [route('10.0.0.0/12', 1, object(1)), route('10.0.0.0/8', 3), route('0.0.0.0/0', 7)],
      '7',
    ],
    ['a dead route does not', [route('10.0.0.0/12', 1, {}, DEAD), route('10.0.0.0/8', 3)], '3'],
    ['one that has ended', [route('10.0.0.0/8', 1, { expiresAtMs: 0 }), route('10.0.0.0/8', 3)], '3'],
  ];
  for (const [what, routes, expected, asked] of rows) {
    t.equal(told(ask(routes, '10.1.0.0/24', asked)), expected, what);
    const longer = routes.some((one) => one.destination.length > 16);
    if (!longer) t.equal(told(ask(routes, '10.1.0.0/16', asked)), expected, `${what}, for a shorter prefix`);
  }
  t.strictSame(ask([route('10.0.0.0/8', 1, refusal('blackhole'))], '10.0.0.0/8'), {
    route: route('10.0.0.0/8', 1, refusal('blackhole')),
    nexthops: [],
    blackhole: false,
    alternatives: [],
  });
});

t.test('IPv4: among default routes the kernel may take another', async (t) => {
  const to = '0.0.0.0/0';
  const a = route(to, 5);
  const rows: readonly Row[] = [
    ['two of one metric', [a, route(to, 5)], '5/5.0'],
    ['another metric', [a, route(to, 6)], '5'],
    ['the next one, then another metric', [a, route(to, 5), route(to, 6), route(to, 6)], '5/5.0'],
    ['one by the link alone', [a, route(to, 5, {}, { gateway: undefined }), route(to, 5)], '5/5.0'],
    ['the first by the link alone', [route(to, 5, {}, { gateway: undefined }), a], '5'],
    ['a refusal', [a, route(to, 5, refusal('blackhole')), route(to, 5)], '5/5.0'],
    ['the first of several next hops', [route(to, 5, several({ gateway: '198.51.100.7' }, {})), a], '5-2'],
    ['the first without one', [route(to, 5, object(4)), a], '5'],
    ['bound', [route(to, 5, {}, ON_MGMT), route(to, 5, {}, ON_MGMT)], '5', BOUND],
    ['a tos that does not fit', [a, route(to, 5, { tos: 16 }), route(to, 5)], '5/5.0'],
    [
      'another tos between its own and the plain one',
      [route(to, 5, { tos: 8 }), route(to, 5, { tos: 4 }), route(to, 7)],
      '5/7.0',
      { packet: { tos: 8 } },
    ],
    ['an object beside it', [a, route(to, 5, object(4)), route(to, 5)], '5/5.0'],
    ['the plain one behind its tos', [route(to, 5, { tos: 8 }), route(to, 9)], '5/9.0', { packet: { tos: 8 } }],
    [
      'of its tos another metric is passed over',
      [route(to, 5, { tos: 8 }), route(to, 6, { tos: 8 }), route(to, 7), route(to, 8)],
      '5/7.0',
      { packet: { tos: 8 } },
    ],
    ['no default route', [route('10.0.0.0/8', 5), route('10.0.0.0/8', 5)], '5'],
  ];
  for (const [what, routes, expected, asked] of rows)
    t.equal(told(ask(routes, what === 'no default route' ? '10.0.0.0/8' : to, asked)), expected, what);
});

t.test('IPv6: prefixes, sources, scores', async (t) => {
  const [wide, long, longer] = ['::/0', '2001:db8::/32', '2001:db8:1::/48'] as const;
  const from = (text: string): Partial<Route> => ({ from: p(text) });
  const source = (text: string): Asked => ({ packet: { source: text } });
  const host: Asked = { view: { inet6Host: true, ...failedAt('2001:db8:9::1') } };
  const rows: readonly Row[] = [
    ['nothing', [], '-'],
    ['the longest prefix', [route(wide, 1), route(longer, 9), route(long, 5)], '9'],
    ['the lowest metric', [route(long, 7), route(long, 3), route(long, 9)], '3'],
    ['the first of one metric', [route(long, 3), route(long, 3, several({}, {}))], '3'],
    [
      'the preferred of one metric',
      [route(long, 3), route(long, 3, { preference: 'high', ...several({}, {}) })],
      '3-2',
    ],
    ['medium by default', [route(long, 3, { preference: 'low' }), route(long, 3, several({}, {}))], '3-2'],
    ['the metric first', [route(long, 3, { preference: 'low' }), route(long, 4, { preference: 'high' })], '3'],
    [
      'of all higher metrics the best score',
      [route(long, 3, {}, DEAD), route(long, 4, { preference: 'low' }), route(long, 5, { preference: 'high' })],
      '5',
    ],
    ['dead ones, then a shorter prefix', [route(long, 3, {}, DEAD), route(wide, 7)], '7'],
    ['no carrier', [route(long, 3, {}, NO_CARRIER), route(wide, 7)], '3'],
    ['a dead one, links ignored', [route(long, 3, {}, DEAD)], '3', { ignoreLinkState: true }],
    ['some of several', [route(long, 3, several({}, DEAD, {}))], '3-2'],
    ['a refusal', [route(long, 3, refusal('unreachable')), route(wide, 7)], '3-0'],
    ['throw', [route(long, 3, refusal('throw')), route(wide, 7)], '3-0'],
    ['a blackhole is a refusal like others', [route(long, 3, refusal('blackhole'))], '3-0'],
    [
      'a blackhole of one metric, less preferred',
      [route(long, 3, { preference: 'high' }), route(long, 3, refusal('blackhole'))],
      '3',
    ],
    ['an object that drops, behind another', [route(long, 3), route(long, 3, object(2))], '3-0!'],
    ['a blackhole with an object', [route(long, 3, { type: 'blackhole', ...object(4) })], '3-0!'],
    ['a group, one of it dead', [route(long, 3, object(3))], '3-2'],
    ['a dead object', [route(long, 3, object(1)), route(wide, 7)], '7'],
    ['an object that nobody has read', [route(long, 3, object(9)), route(wide, 7)], '7'],
    ['a refusal by the link of loopback', [route(long, 3, refusal('prohibit'))], '-', BOUND_NO_SOURCE],
    ['bound elsewhere, without a source', [route(long, 3)], '-', BOUND_NO_SOURCE],
    ['bound elsewhere, with one', [route(long, 3)], '3', BOUND],
    ['bound to one of two', [route(long, 3), route(long, 3, several(ON_MGMT, ON_MGMT))], '3-2', BOUND],
    [
      'of several next hops the best counts',
      [route(long, 3, several({}, ON_MGMT)), route(long, 3, several(ON_MGMT, ON_MGMT, ON_MGMT))],
      '3-2',
      BOUND,
    ],
    [
      'of a group the first that is better than what was found',
      [route(long, 3, object(6)), route(long, 3, several(ON_MGMT, ON_MGMT, ON_MGMT))],
      '3-3',
      BOUND,
    ],
    [
      'of a group one that is only as good is passed over',
      [route(long, 3, several({}, {}, {})), route(long, 3, object(6))],
      '3-2',
      BOUND,
    ],
    ['failed, on a host', [route(long, 1), route(long, 3)], '3', host],
    ['failed, with nothing else', [route(long, 1)], '1', host],
    ['failed, and the only other is shorter', [route(long, 1), route(wide, 7)], '7', host],
    ['failed, on a router', [route(long, 1), route(long, 3)], '1', { view: failedAt('2001:db8:9::1') }],
    ['the link alone cannot have failed', [route(long, 2, {}, { gateway: undefined })], '2', host],
    ['for a source, of all', [route(long, 1, from('2001:db8:1::/64')), route(long, 5)], '-'],
    ['for a source, of all, with a wider one', [route(long, 1, from('2001:db8:1::/64')), route(wide, 7)], '7'],
    ['for every source', [route(long, 1, from('::/0')), route(wide, 7)], '1'],
    ['for its source', [route(long, 5), route(long, 7, from('2001:db8:1::/64'))], '7', source('2001:db8:1::7')],
    [
      'for its source, the longest',
      [route(long, 1, from('2001:db8::/32')), route(long, 7, from('2001:db8:1::/64'))],
      '7',
      source('2001:db8:1::7'),
    ],
    [
      'for its source, the lowest metric',
      [route(long, 8, from('2001:db8::/32')), route(long, 7, from('2001:db8::/32'))],
      '7',
      source('2001:db8:1::7'),
    ],
    [
      'for its source, dead, then for all',
      [route(long, 1, from('2001:db8::/32'), DEAD), route(long, 5)],
      '5',
      source('2001:db8:1::7'),
    ],
    [
      'for another source only, and a shorter prefix',
      [route(longer, 1, from('2001:db8:7::/64')), route(longer, 3), route(long, 5)],
      '5',
      source('2001:db8:1::7'),
    ],
    [
      'for another source only, behind a longer prefix',
      [route(longer, 1, {}, DEAD), route(long, 3, from('2001:db8:7::/64')), route(long, 5)],
      '5',
      source('2001:db8:1::7'),
    ],
    ['for another source, the default', [route(wide, 1, from('2001:db8:7::/64')), route(wide, 5)], '5'],
    ['without a source', [route(wide, 1, from('2001:db8:7::/64')), route(wide, 5)], '5', { packet: NO_SOURCE }],
  ];
  for (const [what, routes, expected, asked] of rows)
    t.equal(told(ask(routes, '2001:db8:1::/64', asked)), expected, what);
});

t.test('suppressors', async (t) => {
  const view = viewOf([], { links: [{ ...LINKS[0]!, group: 7 }, LINKS[1]!] as View['links'] });
  const answer = (one: Route, nexthops = one.nexthops): TableAnswer => ({
    route: one,
    nexthops,
    blackhole: false,
    alternatives: [],
  });
  const both = several(ON_MGMT, {});
  const inet = (change?: Partial<Route>, hop?: Partial<Nexthop>): TableAnswer =>
    answer(route('10.0.0.0/8', 1, change, hop));
  const inet6 = (change?: Partial<Route>, hop?: Partial<Nexthop>): TableAnswer =>
    answer(route('2001:db8::/32', 1, change, hop));
  const viaObject = ({ route: one }: TableAnswer): TableAnswer => answer(one, several(ON_MGMT).nexthops);
  const rows: readonly (readonly [string, number | undefined, number | undefined, TableAnswer, string])[] = [
    ['none', undefined, undefined, inet(), 'no'],
    ['none, an object', undefined, undefined, inet6(object(4)), 'no'],
    ['shorter', 7, undefined, inet(), 'no'],
    ['equal', 8, undefined, inet(), 'yes'],
    ['longer', 9, undefined, inet(), 'yes'],
    ['an IPv4 object', 8, undefined, inet(object(4)), 'yes'],
    ['an IPv6 route', 32, undefined, inet6(), 'yes'],
    ['an IPv6 object', 32, undefined, viaObject(inet6(object(4))), 'yes?'],
    ['an IPv6 object, shorter', 31, undefined, viaObject(inet6(object(4))), 'no?'],
    ['an IPv6 object, by group only', undefined, 7, viaObject(inet6(object(4))), 'yes'],
    ['its group', undefined, 7, inet({}, ON_MGMT), 'yes'],
    ['another group', undefined, 7, inet(), 'no'],
    ['the group 0 of a link without', undefined, 0, inet(), 'yes'],
    ['a link that is not there', undefined, 7, inet({}, { interfaceIndex: 99 }), 'no'],
    ['no link at all', undefined, 0, inet(refusal('unreachable')), 'no'],
    ['a blackhole', undefined, 0, inet(object(2)), 'no'],
    ['IPv4: the first of two counts', undefined, 7, inet(both), 'yes'],
    ['IPv4: the first of an object', undefined, 7, inet(object(4)), 'yes'],
    ['IPv6: one of two', undefined, 7, inet6(both), 'no?'],
    ['IPv6: both', undefined, 7, inet6(several(ON_MGMT, ON_MGMT)), 'yes'],
    ['IPv6: none of two', undefined, 7, inet6(several({}, {})), 'no'],
    ['IPv6: none left', undefined, 0, answer(route('2001:db8::/32', 1), []), 'no'],
    ['by length, not by group', 8, 7, inet(), 'yes'],
    ['by group, not by length', 0, 7, inet({}, ON_MGMT), 'yes'],
    ['by neither', 0, 7, inet(), 'no'],
  ];
  for (const [what, suppressPrefixLength, suppressGroup, found, expected] of rows) {
    const rule = ruleOf(suppressGroup === undefined ? undefined : { suppressGroup }, { suppressPrefixLength });
    const { suppressed, certain } = suppression(view, rule, found);
    t.equal(`${suppressed ? 'yes' : 'no'}${certain ? '' : '?'}`, expected, what);
  }
});

t.test('the fault of a route', async (t) => {
  const rows: readonly (readonly [string, Partial<Route>, string | undefined, Partial<View>?])[] = [
    ['none', {}, undefined],
    ['a refusal', refusal('prohibit'), undefined],
    ['throw', refusal('throw'), undefined],
    ['no next hop', { nexthops: [] }, 'dead'],
    ['an object that drops', object(2), undefined],
    ['dead', several(DEAD), 'dead'],
    ['one of two dead', several(DEAD, {}), undefined],
    ['one of two without carrier', several({}, NO_CARRIER), 'no carrier'],
    ['dead without carrier', several(NO_CARRIER), 'no carrier'],
    ['no link', several({ interfaceIndex: 99 }), 'no link'],
    ['down', {}, 'link down', { links: LINKS.map((link) => ({ ...link, up: false })) }],
    ['no carrier', {}, 'no carrier', { links: LINKS.map((link) => ({ ...link, carrier: false })) }],
    ['failed', {}, 'neighbour failed', failedAt('198.51.100.1')],
    ['another failed', {}, undefined, failedAt('198.51.100.2')],
    ['by the link', several({}), undefined, failedAt('198.51.100.1')],
    ['not trusted', {}, 'not trusted yet', { distrusted: () => true }],
    ['trusted', {}, undefined, { distrusted: () => false }],
  ];
  for (const [what, change, expected, view] of rows)
    t.equal(routeFault(viewOf([], view), route('10.0.0.0/8', 1, change)), expected, what);
  t.equal(nexthopsFault(viewOf([]), []), 'dead');
  t.equal(nexthopsFault(viewOf([]), several(DEAD).nexthops!), 'dead', 'in an answer, it counts');
});

t.test('gateways on a link', async (t) => {
  const inet = { gateway: '198.51.100.1', interfaceIndex: DATA };
  const inet6 = { gateway: '2001:db8:9::1', interfaceIndex: DATA };
  const connected = route('198.51.100.0/24', 1, {}, { gateway: undefined });
  const connected6 = route('2001:db8:9::/64', 1, {}, { gateway: undefined });
  const behind6 = route('2001:db8:9::/64', 2);
  const inTable = (one: Route): Route => ({ ...one, table: 25_500 });
  const main = (['inet', 'inet6'] as const).map((family) =>
    ruleOf(undefined, { family, table: 254, priority: 32_766 }),
  );
  const deny = ruleOf({ action: 'prohibit' }, { priority: 5 });
  const suppressing = ruleOf(undefined, { family: 'inet6', table: 254, priority: 9, suppressPrefixLength: 64 });
  const own = (interfaceIndex: number, address: string) =>
    ({ interfaceIndex, family: 'inet6', address, length: 64, tentative: false }) as never;
  const rows: readonly (readonly [
    what: string,
    use: { gateway: string; interfaceIndex: number; table?: number },
    routes: readonly Route[],
    expected: string,
    more?: { rules?: View['rules']; own?: readonly never[]; links?: View['links'] },
  ])[] = [
    ['a subnet', inet, [connected], 'on-link'],
    ['another link', { ...inet, interfaceIndex: 99 }, [connected], 'no link'],
    ['down', inet, [connected], 'link down', { links: LINKS.map((link) => ({ ...link, up: false })) }],
    ['a route to the host itself', inet, [route('198.51.100.1/32', 1, { type: 'local', scope: 254 })], 'on-link'],
    ['a broadcast', inet, [route('198.51.100.1/32', 1, { type: 'broadcast' })], 'not a neighbour'],
    [
      'no carrier, which counts not',
      inet,
      [route('198.51.100.0/24', 1, {}, { gateway: undefined, ...DEAD })],
      'on-link',
    ],
    ['a refusal in the way', inet, [route('198.51.100.0/24', 1, { ...refusal('prohibit'), scope: 254 })], 'no route'],
    ['a rule that refuses', inet, [connected], 'no route by rule 5', { rules: [deny, ...main] }],
    ['its own table first', { ...inet, table: 25_500 }, [inTable(connected)], 'on-link'],
    ['its own table is main', { ...inet, table: 254 }, [connected], 'no route', { rules: [] }],
    ['no table', { ...inet, table: undefined as never }, [inTable(connected)], 'no route'],
    [
      'a throw in its own table',
      { ...inet, table: 25_500 },
      [inTable(route('198.51.100.0/25', 1, { ...refusal('throw'), scope: 254 })), connected],
      'on-link',
    ],
    [
      'a refusal in its own table',
      { ...inet, table: 25_500 },
      [inTable(route('198.51.100.0/25', 1, { ...refusal('blackhole'), scope: 254 })), connected],
      'on-link',
    ],
    ['IPv6: a subnet', inet6, [connected6], 'on-link'],
    ['IPv6: nothing', inet6, [], 'no route'],
    ['IPv6: link-local', { ...inet6, gateway: 'fe80::1' }, [], 'on-link'],
    ['IPv6: its own link-local', { ...inet6, gateway: 'fe80::1' }, [], 'own address', { own: [own(DATA, 'fe80::1')] }],
    ['IPv6: that of another link', { ...inet6, gateway: 'fe80::1' }, [], 'on-link', { own: [own(MGMT, 'fe80::1')] }],
    ['IPv6: an own address', inet6, [connected6], 'own address', { own: [own(MGMT, inet6.gateway)] }],
    ['IPv6: others are', inet6, [connected6], 'on-link', { own: [own(DATA, '2001:db8:9::2'), own(DATA, 'fe80::2')] }],
    ['IPv6: behind a gateway', inet6, [behind6], 'behind a gateway'],
    ['IPv6: a refusal', inet6, [route('2001:db8:9::/64', 1, refusal('prohibit'))], 'no route'],
    ['IPv6: its own table first', { ...inet6, table: 25_500 }, [inTable(connected6), behind6], 'on-link'],
    ['IPv6: not in its own table', { ...inet6, table: 25_500 }, [inTable(behind6), connected6], 'on-link'],
    ['IPv6: in its own table only', { ...inet6, table: undefined as never }, [inTable(connected6)], 'no route'],
    ['IPv6: suppressors do not count', inet6, [connected6], 'on-link', { rules: [suppressing] }],
    ['IPv6: a dead link', inet6, [route('2001:db8:9::/64', 1, {}, { gateway: undefined, ...DEAD })], 'no route'],
    [
      'IPv6: a dead link in its own table',
      { ...inet6, table: 25_500 },
      [inTable(route('2001:db8:9::/64', 1, {}, { gateway: undefined, ...DEAD }))],
      'on-link',
    ],
    [
      'IPv6: a rule for what comes from this host',
      inet6,
      [connected6],
      'no route',
      { rules: [ruleOf(undefined, { family: 'inet6', table: 254, inputInterface: 'lo' })] },
    ],
  ];
  for (const [what, use, routes, expected, more = {}] of rows) {
    const view = viewOf(routes, { rules: more.rules ?? main, links: more.links ?? LINKS });
    const answer = onLink(view, { table: undefined, ...use }, more.own ?? []);
    const by = 'refusedBy' in answer ? ` by rule ${answer.refusedBy?.priority}` : '';
    t.equal(answer.kind === 'on-link' ? 'on-link' : `${answer.why}${by}`, expected, what);
  }
  const refusing = route('198.51.100.0/24', 1, { ...refusal('prohibit'), scope: 254 });
  const none = (routes: readonly Route[]): unknown =>
    onLink(viewOf(routes, { rules: main }), { table: undefined, ...inet }, []);
  t.strictSame(none([refusing]), { kind: 'off-link', why: 'no route', route: refusing }, 'the route that refuses');
  t.strictSame(none([]), { kind: 'off-link', why: 'no route', route: undefined });
});
