/** The walk through the rules, step by step, and what follows from its answer for a destination. */

import t from 'tap';
import { carried, carriedFrom, covered, inTable } from '../../../src/fib/destination.js';
import { type LookupAnswer, lookup, type Trace } from '../../../src/fib/lookup.js';
import { ordinary, ordinaryFrom, plain } from '../../../src/fib/packet.js';
import { EMPTY_VIEW, type View } from '../../../src/fib/view.js';
import { type Prefix, parsePrefix } from '../../../src/model/prefix.js';
import type { Route, Rule } from '../../../src/model/route.js';
import type { RuleDetail } from '../../../src/model/rule-detail.js';
import { ruleOf } from './rule.js';

const p = (text: string): Prefix => parsePrefix(text)!;
const DEFAULT = p('0.0.0.0/0');
const DEFAULT6 = p('::/0');
const VRF = { table: 77, name: 'red', index: 9 } as never;

function route(table: number, change: Partial<Route> = {}): Route {
  const { family } = change.destination ?? DEFAULT;
  return {
    family,
    table,
    destination: DEFAULT,
    metric: 0,
    tos: 0,
    protocol: 186,
    type: 'unicast',
    nexthops: [{ gateway: family === 'inet' ? '198.51.100.1' : 'fe80::1', interfaceIndex: 3, dead: false }],
    ...change,
  };
}
const rule = (priority: number, table: number, detail?: Partial<RuleDetail>, change: Partial<Rule> = {}): Rule =>
  ruleOf(detail, { priority, table, ...change });
const refusal = (type: Route['type']): Partial<Route> => ({ type, nexthops: [] });

function viewOf(rules: readonly Rule[], routes: readonly Route[], change: Partial<View> = {}): View {
  const link = { index: 3, name: 'data0', altNames: [], mac: undefined, up: true, carrier: true };
  return {
    ...EMPTY_VIEW,
    links: [{ ...link, master: undefined, kind: undefined, vrfTable: undefined }],
    rules,
    routes: [routes],
    nexthopObjects: [{ id: 4, kind: 'nexthop', nexthop: { gateway: 'fe80::1', interfaceIndex: 3, dead: false } }],
    ...change,
  };
}

/** `KIND table`, `?` if doubtful. */
function told(answer: LookupAnswer): string {
  const table = answer.kind === 'none' ? '' : ` ${answer.route?.table ?? `by rule ${answer.rule.priority}`}`;
  return `${answer.kind}${table}${answer.doubtful ? '?' : ''}`;
}

const MAIN = rule(90, 254);
const ROUTES = [route(254), route(100), route(101, refusal('throw')), route(102, refusal('prohibit')), route(77)];

t.test('rule after rule', async (t) => {
  const rows: readonly (readonly [what: string, rules: readonly Rule[], expected: string, visits?: string])[] = [
    ['none', [], 'none', ''],
    ['a table', [MAIN], 'route 254', '90 254 taken'],
    ['an empty one first', [rule(5, 99), MAIN], 'route 254', '5 - nothing,90 254 taken'],
    ['throw', [rule(5, 101), MAIN], 'route 254', '5 101 thrown,90 254 taken'],
    ['a refusal', [rule(5, 102), MAIN], 'refused 102', '5 102 taken'],
    ['a refusal is not suppressed', [rule(5, 102, {}, { suppressPrefixLength: 0 }), MAIN], 'refused 102'],
    ['suppressed', [rule(5, 100, {}, { suppressPrefixLength: 0 }), MAIN], 'route 254', '5 100 suppressed,90 254 taken'],
    ['a rule that refuses', [rule(5, 0, { action: 'unreachable' }), MAIN], 'refused by rule 5', ''],
    ['a rule that does nothing', [rule(5, 100, { action: 'nop' }), MAIN], 'route 254', '90 254 taken'],
    ['nothing, and nothing else', [rule(5, 100, { action: 'nop' })], 'none', ''],
    ['forward', [rule(5, 0, { action: 'goto', target: 90 }), rule(6, 100), MAIN], 'route 254', '90 254 taken'],
    ['to nowhere', [rule(5, 0, { action: 'goto', target: 50 }), rule(6, 100), MAIN], 'route 100'],
    ['to itself', [rule(5, 0, { action: 'goto', target: 5 }), rule(6, 100)], 'route 100'],
    ['a VRF, for packets of none', [rule(5, 100, { l3mdev: true }), MAIN], 'route 254', '90 254 taken'],
  ];
  for (const [what, rules, expected, visits] of rows) {
    const trace: Trace = { visits: [], asked: [] };
    t.equal(told(lookup(viewOf(rules, ROUTES), ordinary(DEFAULT), { trace })), expected, what);
    t.equal(told(lookup(viewOf(rules, ROUTES), ordinary(DEFAULT))), expected, `${what}, without a trace`);
    const seen = trace.visits.map((one) => `${one.rule.priority} ${one.route?.table ?? '-'} ${one.verdict}`);
    if (visits !== undefined) t.equal(seen.join(), visits, what);
  }
  const ofVrf = viewOf([rule(5, 100, { l3mdev: true }), MAIN], ROUTES);
  t.equal(told(lookup(ofVrf, ordinary(DEFAULT, VRF))), 'route 77', 'the table of the VRF');
  const trace: Trace = { visits: [], asked: [] };
  const some = viewOf([rule(5, 100, { from: p('10.0.0.0/8') }), MAIN], ROUTES);
  lookup(some, plain(DEFAULT), { trace });
  t.same(
    trace.asked.map(({ priority }) => priority),
    [5, 90],
    'a trace has the rules that take nothing',
  );
});

t.test('what a suppressor may have ignored is in doubt, and stays so', async (t) => {
  const six = { family: 'inet6', destination: DEFAULT6 } as const;
  const shared = route(100, { ...six, nexthops: [], nexthopId: 4 });
  const rules = [
    rule(5, 100, {}, { family: 'inet6', suppressPrefixLength: 0 }),
    rule(6, 101, {}, { family: 'inet6', suppressPrefixLength: 0 }),
    rule(90, 254, {}, { family: 'inet6' }),
  ];
  const ask = (routes: readonly Route[], options = {}): string =>
    told(lookup(viewOf(rules, routes), ordinary(DEFAULT6), options));
  const main = route(254, six);
  t.equal(ask([route(100, six), main]), 'route 254', 'without an object');
  t.equal(ask([shared, main]), 'route 254?');
  t.equal(ask([shared, route(101, six), main]), 'route 254?', 'whatever comes after it');
  t.equal(ask([shared]), 'none?');
  t.equal(ask([shared, route(254, { ...six, ...refusal('prohibit') })]), 'refused 254?');
  t.equal(ask([shared, main], { unsuppressed: true }), 'route 100', 'a gateway is looked up without suppressors');
  t.match(carried(viewOf(rules, [shared, main]), DEFAULT6), { kind: 'not-carried', why: 'doubtful' });
});

for (const [family, destination, some, from, other] of [
  ['inet', DEFAULT, p('192.0.2.0/24'), '10.0.0.2', p('10.9.0.0/16')],
  ['inet6', DEFAULT6, p('2001:db8::/32'), 'fd00::2', p('fd09::/16')],
] as const) {
  const routes = [254, 100, 102].map((table) => route(table, { destination }));
  const is = { family };
  const main = rule(90, 254, undefined, is);
  const elsewhere = rule(50, 102, { from: other }, is);
  const answers = (...rules: readonly Rule[]): readonly string[] =>
    [ordinary(some), ordinaryFrom(from, some), plain(some), { destination: some, source: from }].map((packet) =>
      told(lookup(viewOf(rules, routes), packet)),
    );

  t.test(`${family}: a goto to a rule that does not take the packet leads on from there`, async (t) => {
    const jump = rule(5, 0, { action: 'goto', target: 50 }, is);
    const over = rule(6, 100, undefined, is);
    t.same(answers(jump, over, elsewhere, main), Array(4).fill('route 254'), 'to the next one');
    t.same(answers(jump, over, elsewhere), Array(4).fill('none'), 'to the end');
    t.same(answers(over, elsewhere, main), Array(4).fill('route 100'), 'without the goto');
  });

  t.test(`${family}: whatever the order of the list, the lowest priority is asked first`, async (t) => {
    t.same(answers(main, rule(5, 100, undefined, is)), Array(4).fill('route 100'));
    t.same(answers(rule(5, 100, undefined, is), main), Array(4).fill('route 100'));
  });

  t.test(`${family}: a rule for a source takes the packets from it alone`, async (t) => {
    const own = rule(5, 100, { from: p(family === 'inet' ? '10.0.0.0/24' : 'fd00::/64') }, is);
    t.same(answers(own, main), ['route 254', 'route 100', 'route 254', 'route 100']);
    t.same(answers(rule(5, 100, { from: other }, is), main), Array(4).fill('route 254'));
  });
}

t.test('what carries a destination, and why nothing does', async (t) => {
  const two = [route(254), route(254, { nexthops: [{ gateway: '198.51.100.2', interfaceIndex: 3, dead: false }] })];
  const silent = (...last: readonly number[]): Partial<View> => ({
    neighbours: last.map((n) => ({
      interfaceIndex: 3,
      address: `198.51.100.${n}`,
      failed: true,
      known: false,
      permanent: false,
    })),
  });
  const down = { links: viewOf([], []).links.map((link) => ({ ...link, up: false })) };
  const rows: readonly (readonly [string, readonly Route[], object, Partial<View>?])[] = [
    ['a route', [route(254)], { kind: /^carried$/, rule: MAIN, route: route(254) }],
    ['none', [], { why: 'no route', route: undefined, rule: undefined, fault: undefined }],
    ['a refusal', [route(254, refusal('prohibit'))], { why: 'refused', rule: MAIN, route: { type: 'prohibit' } }],
    ['the host itself, whatever its link', [route(254, { type: 'local' })], { kind: /^carried$/ }, down],
    ['its link is down', [route(254)], { why: 'broken', fault: 'link down', rule: MAIN, route: { table: 254 } }, down],
    ['multicast', [route(254, { type: 'multicast' })], { why: 'not for packets' }],
    ['broadcast', [route(254, { type: 'broadcast' })], { why: 'not for packets' }],
    ['failed', [route(254)], { why: 'broken', fault: 'neighbour failed' }, silent(1)],
    ['failed, beside a good one', two, { kind: /^carried$/ }, silent(1)],
    ['good, beside a failed one', two, { kind: /^carried$/ }, silent(2)],
    ['both failed', two, { why: 'broken', fault: 'neighbour failed' }, silent(1, 2)],
    [
      'without a link, beside a good one',
      [route(254, { nexthops: [{ gateway: '198.51.100.7', interfaceIndex: 8, dead: false }] }), two[1]!],
      { why: 'broken', fault: 'no link' },
    ],
  ];
  for (const [what, routes, expected, change] of rows)
    t.match(carried(viewOf([MAIN], routes, change), DEFAULT), expected, what);
  const trace: Trace = { visits: [], asked: [] };
  carried(viewOf([MAIN], []), DEFAULT, undefined, trace);
  t.match(trace, { asked: [MAIN], visits: [{ verdict: 'nothing' }] });
  t.match(carried(viewOf([rule(5, 0, { l3mdev: true })], ROUTES), DEFAULT, VRF), { route: { table: 77 } });

  const fromOne = viewOf([rule(5, 100, { from: p('10.0.0.2/32') }), MAIN], ROUTES);
  const asked: Trace = { visits: [], asked: [] };
  t.match(carriedFrom(fromOne, '10.0.0.2', DEFAULT, asked), { route: { table: 100 } });
  t.match(carriedFrom(fromOne, '10.0.0.3', DEFAULT, { visits: [], asked: [] }), { route: { table: 254 } });
  t.equal(asked.asked.length, 1);
  t.same(
    [100, 101, 102, 99].map((table) => inTable(viewOf([], ROUTES), table, DEFAULT)?.table),
    [100, undefined, 102, undefined],
  );
  t.equal(
    inTable(viewOf([], [route(100, { nexthops: [{ ...two[0]!.nexthops[0]!, dead: true }] })]), 100, DEFAULT),
    undefined,
  );
});

t.test('covered: the packet that the kernel is asked about, too', async (t) => {
  const refused = [...ROUTES, route(103, refusal('blackhole'))];
  const rows: readonly (readonly [string, Partial<RuleDetail>, table: number, string])[] = [
    ['of user 0', { users: { first: 0, last: 0 } }, 103, 'refused'],
    ['of user 0, carried', { users: { first: 0, last: 0 } }, 100, '254'],
    ['of its protocol', { ipProtocol: 17 }, 103, 'refused'],
    ['of another protocol', { ipProtocol: 6 }, 103, '254'],
    ['all but one source', { inverted: true, from: p('10.9.0.2/32') }, 103, 'refused'],
    ['one mark', { mark: { value: 1, mask: 255 } }, 103, '254'],
  ];
  for (const [what, detail, table, expected] of rows) {
    const answer = covered(viewOf([rule(5, table, detail), MAIN], refused), DEFAULT);
    t.equal(answer.kind === 'carried' ? String(answer.route.table) : answer.why, expected, what);
  }
  t.match(covered(viewOf([rule(5, 100, { users: { first: 0, last: 0 } })], ROUTES), DEFAULT), { why: 'no route' });
  t.match(covered(viewOf([rule(5, 103, { users: { first: 0, last: 0 } })], refused), DEFAULT), { why: 'no route' });
});

t.test('a packet that is not ordinary meets the rules for its kind', async (t) => {
  const rows: readonly (readonly [string, object, Partial<RuleDetail>, Partial<Rule>?])[] = [
    ['a mark', { mark: 1 }, { mark: { value: 1, mask: 255 } }],
    ['a tos', { tos: 8 }, { tos: 8 }],
    ['a user', { user: 7 }, { users: { first: 7, last: 7 } }],
    ['a protocol', { ipProtocol: 6 }, { ipProtocol: 6 }],
    ['a port of its own', { sourcePort: 7 }, { sourcePorts: { first: 7, last: 7 } }],
    ['another port', { destinationPort: 7 }, { destinationPorts: { first: 7, last: 7 } }],
    ['a source', { source: '10.0.0.2' }, { from: p('10.0.0.0/8') }],
    ['a flow label', { flowLabel: 7 }, { flowLabel: { value: 7, mask: 0xfffff } }],
    ['a device', { outputInterface: { index: 3, name: 'data0' } }, { outputInterface: 'data0' }],
  ];
  for (const [what, packet, detail, change] of rows) {
    const view = viewOf([rule(5, 100, detail, change), MAIN], ROUTES);
    t.equal(told(lookup(view, ordinary(DEFAULT))), 'route 254', `without ${what}`);
    t.equal(told(lookup(view, { ...ordinary(DEFAULT), ...packet })), 'route 100', what);
  }
  const unsorted = viewOf([MAIN, rule(5, 100), rule(7, 102), rule(5, 102)], ROUTES);
  t.equal(told(lookup(unsorted, ordinary(DEFAULT))), 'route 100', 'the lowest priority, and the older of two');
  const six = viewOf([rule(5, 100, {}, { family: 'inet6' }), MAIN], ROUTES);
  t.equal(told(lookup(six, ordinary(DEFAULT))), 'route 254', 'of its family');
  t.equal(told(lookup(six, plain(DEFAULT))), 'route 254', 'of its family');
});

t.test('the routes of a view', async (t) => {
  const without: Partial<View> = { without: (one) => one.protocol === 157 };
  const mine = route(254, { protocol: 157 });
  t.match(carried(viewOf([MAIN], [mine], without), DEFAULT), { why: 'no route' });
  t.match(carried(viewOf([MAIN], [mine, route(254, { metric: 9 })], without), DEFAULT), { route: { metric: 9 } });
  t.match(carried(viewOf([MAIN], [], { routes: [[route(100)], [], [route(254)]] }), DEFAULT), { kind: /^carried$/ });
  const two = [[route(254, { metric: 9 })], [route(254)]];
  for (const routes of [two, two.toReversed()])
    t.match(carried(viewOf([MAIN], [], { routes }), DEFAULT), { route: { metric: 0 } }, 'of two lists the best');
  const elsewhere = { interfaceIndex: 2, address: '198.51.100.1', failed: true, known: false, permanent: false };
  t.match(carried(viewOf([MAIN], [route(254)], { neighbours: [elsewhere] }), DEFAULT), { kind: /^carried$/ });
  const known = { ...elsewhere, interfaceIndex: 3, failed: false };
  t.match(carried(viewOf([MAIN], [route(254)], { neighbours: [known] }), DEFAULT), { kind: /^carried$/ });
  const objects: View['nexthopObjects'] = [
    { id: 1, kind: 'nexthop', nexthop: { gateway: '198.51.100.1', interfaceIndex: 3, dead: false } },
    {
      id: 2,
      kind: 'group',
      members: [
        { id: 1, weight: 1 },
        { id: 1, weight: 3 },
      ],
    },
    { id: 3, kind: 'blackhole' },
    { id: 4, kind: 'group', members: [{ id: 3, weight: 1 }] },
  ];
  const through = (nexthopId: number, change: Partial<Route> = {}): LookupAnswer =>
    lookup(
      viewOf([MAIN], [route(254, { nexthops: [], nexthopId, ...change })], { nexthopObjects: objects }),
      ordinary(DEFAULT),
    );
  t.strictSame(
    [through(1), through(2)].map((answer) => answer.kind === 'route' && answer.nexthops.map(({ weight }) => weight)),
    [[undefined], [undefined, 3]],
  );
  t.equal(told(through(4)), 'refused 254');
  const said = [{ gateway: '198.51.100.9', interfaceIndex: 3, dead: false }];
  t.match(through(1, { nexthops: said }), { kind: 'route', nexthops: said }, 'what the route says itself');
});
