/** What is told and why: the sentences, the notes, VRFs, and when the walk counts as agreeing with the kernel. */

import t from 'tap';
import { type Explanation, explain } from '../../../src/core/explain/explain.js';
import { prefix } from '../../../src/model/prefix.js';
import { TABLE_MAIN } from '../../../src/model/route.js';
import { config, management, router, STRANGERS, twoInterfaces } from '../core/fixture.js';
import { DAEMON, factsOf, policy, waysOf } from './support.js';

const DEFAULT = {
  destination: prefix('0.0.0.0', 0),
  via: STRANGERS.inet.data0,
  dev: 'data0',
  metric: 20,
  protocol: DAEMON,
};

const table = ({ states }: Explanation): readonly (readonly string[])[] =>
  states.map(({ state, carrier, why }) => [state, carrier, why]);

t.test('a tie', async (t) => {
  const kernel = twoInterfaces();
  kernel.foreignRouteAdd(DEFAULT);
  const told = explain(
    await factsOf(kernel, config({ preemptAfterMs: 10_000 })),
    waysOf(kernel, '203.0.113.1'),
    undefined,
  );
  t.strictSame(table(told), [
    ['booting', 'backup', 'the routing daemon has no routes yet; nothing else has a route to it'],
    ['converged', 'daemon', "backup routes are out; the routing daemon's default"],
    ['clean-stop', 'backup', 'the routing daemon removed its routes when it stopped; nothing else has a route to it'],
    [
      'crash',
      'daemon',
      "the dead daemon's routes stay, stale; the routing daemon's default wins the tie with the backup route",
    ],
    ['preempted', 'backup', 'dead for 10s (preempt-after); takes the tie from the stale default'],
    [
      'hang',
      'daemon',
      "noticed after 10s (probe-timeout), from then on as after a crash; the routing daemon's default wins the tie with the backup route",
    ],
    [
      'standby',
      'daemon',
      "backup routes are wanted, and lose their ties; the routing daemon's default wins the tie with the backup route",
    ],
  ]);
  t.strictSame(told.notes, []);
  const never = explain(
    await factsOf(kernel, config({ preemptAfterMs: 'never' })),
    waysOf(kernel, '203.0.113.1'),
    undefined,
  );
  t.match(never.states[4], {
    state: 'preempted',
    carrier: 'daemon',
    why: /^preempt-after is never: as after the crash;/,
  });
});

t.test('a table before main', async (t) => {
  const kernel = twoInterfaces();
  for (const destination of [prefix('0.0.0.0', 0), prefix('203.0.113.0', 24)])
    kernel.foreignRouteAdd({ ...DEFAULT, destination, table: 100, protocol: 4 });
  kernel.foreignRuleAdd({
    family: 'inet',
    priority: 100,
    table: 100,
    suppressPrefixLength: undefined,
    inputInterface: undefined,
    protocol: 3,
    foreign: false,
  });
  for (const [address, route] of [
    ['198.18.0.1', 'default'],
    ['203.0.113.1', '203.0.113.0/24'],
  ] as const) {
    const told = explain(await factsOf(kernel, config({})), waysOf(kernel, address), undefined);
    t.match(told.states[3], {
      state: 'crash',
      carrier: 'other',
      why: `the dead daemon left no route to it; ${route} of protocol 4; rule 100 comes before the backup route default`,
    });
  }
});

t.test('a route that the living daemon says it does not hold is stale', async (t) => {
  for (const stale of [['0.0.0.0/0'], ['mgmt 0.0.0.0/0'], []]) {
    const kernel = twoInterfaces();
    kernel.foreignRouteAdd(DEFAULT);
    const facts = { ...(await factsOf(kernel, config({ preemptAfterMs: 10_000 }))), stale };
    const told = explain(facts, waysOf(kernel, '203.0.113.1'), undefined);
    if (stale[0] !== '0.0.0.0/0') {
      t.match([told.now, told.states[1]], [{ carrier: 'daemon' }, { carrier: 'daemon' }], 'of another VRF, or of none');
      t.same(told.notes, []);
      continue;
    }
    const text = 'the stale default (the routing daemon does not have it)';
    t.match(told.now, { carrier: 'stale', why: text });
    t.match(told.notes, [/^The routing daemon has no route to it in the FIB now/]);
    t.same(
      told.states.map(({ carrier }) => carrier),
      ['backup', 'stale', 'stale', 'stale', 'backup', 'stale', 'stale'],
      'a daemon that stops takes no route with it that it does not hold',
    );
    t.equal(told.states[1]!.why, `backup routes are out; ${text}`);
    t.match(told.states[2]!.why, `${text} wins the tie with the backup route`);
  }
  const kernel = twoInterfaces();
  kernel.foreignRouteAdd({ ...DEFAULT, protocol: 4 });
  const other = { ...(await factsOf(kernel, config())), stale: ['0.0.0.0/0'] };
  t.match(explain(other, waysOf(kernel, '203.0.113.1'), undefined).now, { carrier: 'other' }, "not the daemon's");
});

t.test('what is missing is told', async (t) => {
  const kernel = twoInterfaces();
  kernel.linkDown('mgmt0');
  const told = explain(await factsOf(kernel, config()), waysOf(kernel, '203.0.113.1'), undefined);
  t.match(told.states[0], {
    carrier: 'none',
    why: 'the routing daemon has no routes yet; no route; waiting for mgmt0: interface is down',
  });
  t.match(told.notes, [/has no route to it in the FIB now/]);
  const other = twoInterfaces();
  other.addressRemove('mgmt0', '10.255.0.2/24');
  const off = explain(await factsOf(other, config()), waysOf(other, '203.0.113.1'), undefined);
  t.match(
    off.states[0],
    { carrier: 'none', why: /waiting for 10\.255\.0\.1: mgmt0 has no inet address yet/ },
    'the kernel would refuse the route',
  );
});

t.test('a management interface in a VRF', async (t) => {
  const kernel = twoInterfaces();
  kernel.linkAdd('mgmt', { up: true, kind: 'vrf', vrfTable: 10 });
  kernel.linkMaster('mgmt0', 'mgmt');
  const facts = await factsOf(kernel, config());
  const ways = waysOf(kernel, '203.0.113.1');
  const l3mdev = policy(
    {
      family: 'inet',
      priority: 1000,
      table: 0,
      suppressPrefixLength: undefined,
      inputInterface: undefined,
      protocol: 3,
      foreign: true,
    },
    { l3mdev: true },
  );
  const rules = [...ways.rules, l3mdev].sort((a, b) => a.priority - b.priority);
  const bound = explain(facts, { ...ways, rules }, { name: 'mgmt', index: kernel.link('mgmt').index, table: 10 });
  t.match(bound.states[0], {
    state: 'booting',
    carrier: 'backup',
    route: { table: 10 },
    rule: { priority: 1000 },
  });
  t.match(
    explain(facts, { ...ways, rules }, undefined).states[0],
    { carrier: 'none' },
    'other sockets never look there',
  );
});

t.test('agreement with the kernel', async (t) => {
  const kernel = twoInterfaces();
  kernel.foreignRouteAdd(DEFAULT);
  const facts = await factsOf(kernel, config());
  const ways = waysOf(kernel, '203.0.113.1');
  const [matched] = ways.routes;
  const answer = {
    kind: 'route' as const,
    matched,
    type: 'unicast' as const,
    gateway: DEFAULT.via,
    interfaceIndex: kernel.link('data0').index,
    source: undefined,
    table: TABLE_MAIN,
  };
  const agrees = (change: object): boolean =>
    explain(facts, { ...ways, answer: { ...answer, ...change } }, undefined).agrees;
  t.ok(agrees({}));
  t.ok(agrees({ matched: undefined }), 'an old kernel says only the way');
  t.notOk(agrees({ gateway: '198.51.100.9' }));
  t.notOk(agrees({ interfaceIndex: 1 }));
  t.notOk(agrees({ type: 'unreachable' }));
  t.notOk(
    agrees({ matched: { ...matched!, destination: prefix('203.0.113.0', 24) } }),
    'the same way by another entry',
  );
  t.notOk(explain(facts, ways, undefined).agrees, 'a refusal where there is a route');
});

t.test('an IPv6 route with a nexthop object that the kernel does not name', async (t) => {
  const kernel = twoInterfaces();
  kernel.foreignRouteAdd({ ...DEFAULT, destination: prefix('::', 0), via: STRANGERS.inet6.data0 });
  const facts = await factsOf(kernel, config());
  const ways = waysOf(kernel, '2001:db8:99::1');
  t.notOk(explain(facts, ways, undefined).agrees, 'one without an object it would name');
  const routes = ways.routes.map((route) => ({ ...route, nexthopId: 7 }));
  const told = explain(facts, { ...ways, routes, nexthopObjects: true }, undefined);
  t.ok(told.agrees);
  t.match(told.notes.join(' '), / The kernel names no route to it/);
  const refused = { kind: 'refused' as const, code: 'EACCES' as const };
  t.notOk(explain(facts, { ...ways, routes, answer: refused }, undefined).agrees, 'a rule that refuses');
});

t.test('notes', async (t) => {
  const kernel = twoInterfaces();
  const facts = await factsOf(kernel, config({ placement: 'main' }));
  t.match(
    explain(facts, waysOf(kernel, '203.0.113.1'), undefined).notes.join(' '),
    /Placement main: while in, backup routes carry transit packets too/,
  );
  t.notMatch(
    explain(facts, waysOf(kernel, '198.51.100.7'), undefined).notes.join(' '),
    /Placement main/,
    'not where no backup route ever carries',
  );
  t.match(
    explain(
      { ...facts, watched: [{ id: 'unit/x', protocols: [] }] },
      waysOf(kernel, '203.0.113.1'),
      undefined,
    ).notes.join(' '),
    /^`route-protocols` is not configured/,
  );
  const six = config({ managementInterfaces: [management('mgmt0', router('inet6', [prefix('::', 0)]))] });
  const shared = explain(
    await factsOf(kernel, six),
    { ...waysOf(kernel, '2001:db8::1'), nexthopObjects: true },
    undefined,
  );
  t.match(shared.notes.join(' '), /nexthop objects/);
  t.match(explain(facts, waysOf(kernel, 'fe80::1'), undefined).notes.join(' '), /link-local/);
});
