/** The walk, case by case: what an originated packet fits, what is only reported, and how a lookup ends. */

import t from 'tap';
import { walk } from '../../../src/core/explain/walk.js';
import { prefix } from '../../../src/model/prefix.js';
import { type Route, type Rule, TABLE_MAIN } from '../../../src/model/route.js';
import type { RuleDetail } from '../../../src/model/rule-detail.js';
import { policy } from './support.js';

const PACKET = { address: '10.99.0.10', vrf: undefined };
const VRF = { name: 'mgmt', index: 9, table: 10 };

function rule(priority: number, table: number, change: Partial<Rule> = {}): Rule {
  return {
    family: 'inet',
    priority,
    table,
    suppressPrefixLength: undefined,
    inputInterface: undefined,
    protocol: 3,
    foreign: false,
    ...change,
  };
}

function route(text: string, table: number, change: Partial<Route> = {}): Route {
  const [address, length] = text.split('/');
  return {
    family: 'inet',
    table,
    destination: prefix(address!, Number(length)),
    metric: 0,
    tos: 0,
    protocol: 4,
    type: 'unicast',
    nexthops: [{ gateway: `10.1.0.${table % 250}`, interfaceIndex: 2, dead: false }],
    ...change,
  };
}

const main = policy(rule(32766, TABLE_MAIN));
const routes = [route('0.0.0.0/0', TABLE_MAIN), route('10.0.0.0/8', 100), route('10.99.0.0/16', 10)];

/** The table that carries the packet, and on what other packets depend. */
function found(
  rules: readonly Rule[],
  some: readonly Route[] = routes,
  packet: Parameters<typeof walk>[2] = PACKET,
): readonly [number | string | undefined, readonly string[]] {
  const way = walk(rules, some, packet);
  return [way.route?.table ?? way.rule?.detail?.action, way.mayDivert.map(({ reason }) => reason)];
}

t.test('selectors', async (t) => {
  const at100 = (change: Partial<RuleDetail>, fields: Partial<Rule> = {}): readonly Rule[] => [
    policy(rule(100, 100, fields), change),
    main,
  ];
  t.strictSame(found(at100({})), [100, []]);
  t.strictSame(found(at100({}, { inputInterface: 'lo' })), [100, []]);
  t.strictSame(
    found(at100({}, { inputInterface: 'eth1' })),
    [TABLE_MAIN, []],
    'of transit packets: no concern of ours',
  );
  t.strictSame(found(at100({ to: prefix('10.99.0.0', 16) })), [100, []]);
  t.strictSame(found(at100({ to: prefix('10.98.0.0', 16) })), [TABLE_MAIN, []]);
  t.strictSame(found(at100({ from: prefix('10.1.0.0', 16) })), [TABLE_MAIN, ['the source address']]);
  t.strictSame(found(at100({ mark: { value: 1, mask: 0xff } })), [TABLE_MAIN, ['the mark']]);
  t.strictSame(
    found(at100({ mark: { value: 0, mask: 0xff } })),
    [100, ['the mark']],
    'unmarked packets fit; marked ones go elsewhere',
  );
  t.strictSame(
    found(at100({ mark: { value: 0xca6c, mask: 0xffffffff }, inverted: true })),
    [100, ['the mark']],
    'as WireGuard does it',
  );
  t.strictSame(found(at100({ outputInterface: 'eth1' })), [TABLE_MAIN, ['the device that the socket is bound to']]);
  t.strictSame(found(at100({ users: { first: 9, last: 9 } })), [TABLE_MAIN, ['the user id (uidrange 9-9)']]);
  t.strictSame(found(at100({ users: { first: 0, last: 9 } })), [100, ['the user id (uidrange 0-9)']], 'root fits');
  t.strictSame(found(at100({ to: prefix('10.98.0.0', 16), inverted: true })), [100, []], 'not to');
});

t.test('actions', async (t) => {
  t.strictSame(
    found([
      policy(rule(50, 0), { action: 'goto', target: 200 }),
      policy(rule(100, 100)),
      policy(rule(200, TABLE_MAIN)),
    ]),
    [TABLE_MAIN, []],
  );
  t.strictSame(
    found([policy(rule(50, 0), { action: 'goto', target: 150 }), policy(rule(100, 100))]),
    [100, []],
    'to a rule that is not there: nothing',
  );
  t.strictSame(found([policy(rule(50, 0), { action: 'nop' }), main]), [TABLE_MAIN, []]);
  t.strictSame(found([policy(rule(50, 0), { action: 'prohibit' }), main]), ['prohibit', []]);
  t.strictSame(found([]), [undefined, []]);
});

t.test('ends of a lookup', async (t) => {
  const suppressed = [policy(rule(50, TABLE_MAIN, { suppressPrefixLength: 15 })), policy(rule(100, 100)), main];
  t.strictSame(found(suppressed), [100, []], 'main has only shorter routes');
  t.strictSame(found(suppressed, [...routes, route('10.99.0.0/16', TABLE_MAIN)]), [TABLE_MAIN, []]);
  for (const type of ['blackhole', 'unreachable', 'prohibit'] as const) {
    const way = walk(suppressed, [route('0.0.0.0/0', TABLE_MAIN, { type, nexthops: [] }), ...routes.slice(1)], PACKET);
    t.match(way, { route: { type }, rule: { priority: 50 } }, `${type} is never suppressed`);
  }
  t.strictSame(
    found(suppressed, [route('10.99.0.0/24', TABLE_MAIN, { type: 'throw', nexthops: [] }), ...routes]),
    [100, []],
    'throw: the next rule',
  );
  const dead = (text: string): Route =>
    route(text, 100, { metric: 1, nexthops: [{ gateway: '10.1.0.9', interfaceIndex: 3, dead: true }] });
  t.match(
    walk([policy(rule(100, 100)), main], [dead('10.99.0.0/16'), ...routes], PACKET).route,
    { destination: { length: 8 } },
    'a dead next hop is passed over',
  );
  t.match(
    walk([main], [route('0.0.0.0/0', TABLE_MAIN, { metric: 9 }), route('0.0.0.0/0', TABLE_MAIN, { metric: 3 })], PACKET)
      .route,
    { metric: 3 },
  );
});

t.test('sockets bound to a VRF', async (t) => {
  const rules = [policy(rule(1000, 0), { l3mdev: true }), main];
  t.strictSame(found(rules), [TABLE_MAIN, []]);
  t.strictSame(found(rules, routes, { ...PACKET, vrf: VRF }), [10, []]);
  t.strictSame(found([policy(rule(1000, 100), { outputInterface: 'mgmt' }), main], routes, { ...PACKET, vrf: VRF }), [
    100,
    [],
  ]);
});

t.test('routes that tell the id of a nexthop object alone', async (t) => {
  const bare = route('10.99.0.0/16', 100, { nexthops: [], nexthopId: 7 });
  const nexthop = { gateway: '10.1.0.9', interfaceIndex: 2, dead: false };
  const host = { links: [], nexthopObjects: [{ id: 7, kind: 'nexthop' as const, nexthop }] };
  t.equal(walk([policy(rule(100, 100)), main], [bare, ...routes], PACKET, host).route, bare);
  const gone = { ...host, nexthopObjects: [] };
  t.match(walk([policy(rule(100, 100)), main], [bare, ...routes], PACKET, gone).route, { destination: { length: 8 } });
});

t.test('a rule that suppresses the group of a device', async (t) => {
  const rules = [policy(rule(100, 100), { suppressGroup: 0 }), main];
  t.equal(walk(rules, routes, PACKET).route?.table, TABLE_MAIN);
  t.equal(walk([policy(rule(100, 100), { suppressGroup: 7 }), main], routes, PACKET).route?.table, 100);
});
