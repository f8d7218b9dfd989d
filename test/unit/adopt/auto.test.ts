/** `address: auto`: where the gateway comes from, and how a change of it looks. */

import t from 'tap';
import { headline } from '../../../src/cli/status-text.js';
import { type Ownership, owns } from '../../../src/core/ownership.js';
import { MAIN_METRIC, MAIN_METRIC_PREEMPTING } from '../../../src/core/placement.js';
import { defaultPrefix } from '../../../src/model/prefix.js';
import type { Route } from '../../../src/model/route.js';
import { Host, router } from './fixture.js';

const plain = {
  managementInterfaces: [{ selector: { kind: 'name', name: 'mgmt0' } as const, backupRouters: [router(false)] }],
};

t.test('follows the default route, adding before it deletes', async (t) => {
  const host = new Host();
  host.start(plain);
  host.down();
  await host.at(1);
  t.match(host.status().waiting, [
    { subject: 'mgmt0', reason: 'no inet default route on mgmt0 to take the gateway from yet' },
  ]);
  host.runtimeDefault('10.255.0.1', 100, 16);
  await host.at(2);
  t.strictSame(host.ours, ['default via 10.255.0.1 dev mgmt0 table 25500 proto 157']);
  t.strictSame(host.main, ['default via 10.255.0.1 dev mgmt0 proto 16 metric 100'], 'which is left alone');

  for (const [i, gateway] of ['10.255.0.7', '10.255.0.8', '10.255.0.9', '10.255.0.10'].entries()) {
    host.kernel.foreignRouteDelete({
      destination: defaultPrefix('inet'),
      via: `10.255.0.${[1, 7, 8, 9][i]}`,
      dev: 'mgmt0',
      metric: 100,
      protocol: 16,
    });
    host.runtimeDefault(gateway, 100, 16);
    await host.at(3 + i);
    t.equal(host.ours.length, 1);
    t.ok(host.ours[0]!.startsWith(`default via ${gateway} `));
    t.strictSame(host.kernel.batches.at(-1), ['add-route', 'delete-route']);
  }
});

t.test('no gateway found: a backup router that cannot be used, told while the routes are out, too', async (t) => {
  const host = new Host();
  host.frrDefault();
  host.start(plain);
  t.same(host.status().gateways, [], 'not before there is a verdict');
  host.healthy(3_600_000);
  await host.at(10);
  const none = { address: 'auto', state: 'off-link', chosen: false };
  const silent = { ...none, family: 'inet', interface: 'mgmt0', reason: /^no inet default route on mgmt0/ };
  t.match(host.status().gateways, [silent]);
  t.equal(headline(host.status()), 'OUT, BACKUP ROUTER DEAD');
  host.runtimeDefault('10.255.0.1', 100, 16);
  await host.at(11);
  t.match(host.status().gateways, [{ address: '10.255.0.1', state: 'unknown' }]);
  t.equal(headline(host.status()), 'OUT');
  host.kernel.linkDelete('mgmt0');
  await host.at(12);
  t.match(host.status().gateways, [{ ...none, interface: 'mgmt0', reason: 'no such interface' }]);

  const both = new Host();
  const inet6 = { ...router(false), family: 'inet6' as const, destinations: [defaultPrefix('inet6')] };
  both.start({
    managementInterfaces: [{ ...plain.managementInterfaces[0]!, backupRouters: [router(false), inet6] }],
  });
  both.down();
  await both.at(1);
  t.match(both.status().gateways, [silent, { ...none, family: 'inet6', reason: /^no inet6 default route on mgmt0/ }]);
  t.equal(headline(both.status()), 'WANTED, NOT IN, BACKUP ROUTER DEAD');
});

t.test('a link that goes down and up takes DHCP with it for a while', async (t) => {
  const host = new Host();
  host.runtimeDefault('10.255.0.1', 100, 16);
  host.start(plain);
  host.down();
  await host.at(1);
  host.kernel.linkDown('mgmt0');
  await host.at(2);
  t.match(host.status().waiting, [{ reason: 'interface is down' }]);
  host.kernel.linkUp('mgmt0');
  await host.at(3);
  t.equal(host.ours.length, 1, 'reachability first: the last known gateway');
  t.match(
    host.status().waiting,
    [{ subject: 'mgmt0', reason: /is gone; 10\.255\.0\.1, the last gateway known from it/ }],
    'and a word of it',
  );
  host.runtimeDefault('10.255.0.5', 100, 16);
  await host.at(4);
  t.match(host.ours, ['default via 10.255.0.5 dev mgmt0']);
  t.strictSame(host.status().waiting, []);
});

t.test('a new life keeps what it finds, and knows it as its own in a shared table', async (t) => {
  const host = new Host();
  host.runtimeDefault('10.255.0.6', 100, 16);
  host.start({ ...plain, placement: 'main' });
  host.down();
  await host.at(1);
  host.kill();
  host.kernel.foreignRouteDelete({
    destination: defaultPrefix('inet'),
    via: '10.255.0.6',
    dev: 'mgmt0',
    metric: 100,
    protocol: 16,
  });
  host.start({ ...plain, placement: 'main' });
  host.down();
  await host.at(2);
  t.strictSame(host.main, [`default via 10.255.0.6 dev mgmt0 proto 157 metric ${MAIN_METRIC}`]);
  host.runtimeDefault('10.255.0.1', 100, 16);
  await host.at(3);
  t.strictSame(
    host.main.filter((line) => line.includes('proto 157')),
    [`default via 10.255.0.1 dev mgmt0 proto 157 metric ${MAIN_METRIC + 1}`],
  );
});

t.test('a new life that finds neither the default route nor a route of ours remembers the gateway', async (t) => {
  const host = new Host();
  host.runtimeDefault('10.255.0.6', 100, 16);
  host.start(plain);
  host.healthy(3_600_000);
  host.frrDefault();
  await host.at(10);
  t.strictSame(host.ours, [], 'the routes are out');
  t.strictSame([...host.learned.values()], [{ gateway: '10.255.0.6' }], 'written down');
  host.kill();
  const theirs = { destination: defaultPrefix('inet'), via: '10.255.0.6', dev: 'mgmt0', metric: 100, protocol: 16 };
  host.kernel.foreignRouteDelete(theirs);
  host.start(plain);
  host.down();
  await host.at(20);
  t.strictSame(host.ours, ['default via 10.255.0.6 dev mgmt0 table 25500 proto 157']);
  const reason = /default route is gone; 10\.255\.0\.6, remembered from an earlier run, is used until/;
  t.match(host.status().waiting, [{ subject: 'mgmt0', reason }], 'and it is said');
  t.match(host.status().gateways, [{ address: '10.255.0.6', chosen: true }]);
  t.strictSame([...host.learned.values()], [{ gateway: '10.255.0.6' }], 'nothing new is written');

  host.runtimeDefault('10.255.0.7', 100, 16);
  await host.at(21);
  t.match(host.ours, ['default via 10.255.0.7 dev mgmt0 table 25500 proto 157'], 'a default route corrects it');
  t.strictSame(host.status().waiting, []);
  t.strictSame([...host.learned.values()], [{ gateway: '10.255.0.7' }]);
  host.kernel.foreignRouteDelete({ ...theirs, via: '10.255.0.7' });
  await host.at(22);
  t.match(host.status().waiting, [{ reason: /10\.255\.0\.7, the last gateway known from it/ }]);

  host.kill();
  host.learned = new Map([['inet mgmt0', { gateway: '10.255.0.9' }]]);
  host.start(plain);
  host.down();
  await host.at(30);
  t.match(host.ours, ['default via 10.255.0.7 '], 'a route of ours that is in the kernel comes before the record');
  host.kill();
  host.learned = new Map([
    ['inet mgmt0', { gateway: '10.255.0.9' }],
    ['inet6 mgmt0', { gateway: 'fe80::9' }],
  ]);
  host.kernel.flushTable(25_500);
  host.start({
    ...plain,
    managementInterfaces: [
      {
        ...plain.managementInterfaces[0]!,
        backupRouters: [{ ...router(false), family: 'inet6', destinations: [defaultPrefix('inet6')] }],
      },
    ],
  });
  host.down();
  await host.at(40);
  t.match(host.status().gateways, [{ address: 'fe80::9', family: 'inet6' }], 'of either family');
});

t.test('a new life beside a healthy daemon has the gateway from its symmetric replies', async (t) => {
  const replying = {
    managementInterfaces: [
      {
        selector: { kind: 'name', name: 'mgmt0' } as const,
        backupRouters: [{ ...router(false), symmetricReplies: true as const }],
      },
    ],
  };
  const host = new Host();
  host.runtimeDefault('10.255.0.6', 0, 3);
  host.start(replying);
  host.healthy(3_600_000);
  await host.at(10);
  const replies = 'default via 10.255.0.6 dev mgmt0 table 25629 proto 157';
  const theirs = (): readonly string[] => host.kernel.routeLines(25_629).filter((line) => line.startsWith('default'));
  t.strictSame(theirs(), [replies]);
  t.strictSame(host.ours, [], 'the routes are out');
  // As a laboratory does that wants the default route of its daemon.
  host.kernel.foreignRouteDelete({
    destination: defaultPrefix('inet'),
    via: '10.255.0.6',
    dev: 'mgmt0',
    metric: 0,
    protocol: 3,
  });
  host.frrDefault();
  await host.at(20);
  t.strictSame(theirs(), [replies], 'the last gateway known');
  host.kill();
  host.start(replying);
  host.healthy(3_600_000);
  await host.at(40);
  t.strictSame(theirs(), [replies], 'and in the next life');
  t.match(host.status().symmetricReplies, [{ state: 'installed' }]);
});

t.test('in main, the metric of a route that takes the tie stays what it is', async (t) => {
  const host = new Host();
  host.runtimeDefault('10.255.0.1', 100, 16);
  host.frrDefault();
  host.start({ ...plain, placement: 'main' });
  host.down();
  await host.at(1);
  const own = () => host.main.filter((line) => line.includes('proto 157'));
  t.strictSame(own(), [`default via 10.255.0.1 dev mgmt0 proto 157 metric ${MAIN_METRIC}`]);
  await host.at(11);
  t.strictSame(own(), [`default via 10.255.0.1 dev mgmt0 proto 157 metric ${MAIN_METRIC_PREEMPTING}`]);
  const { length } = host.kernel.batches;
  await host.at(60);
  t.strictSame(own(), [`default via 10.255.0.1 dev mgmt0 proto 157 metric ${MAIN_METRIC_PREEMPTING}`]);
  t.equal(host.kernel.batches.length, length, 'nothing more is changed');
});

t.test('owned by metric', (t) => {
  const own: Ownership = {
    protocols: new Set([157]),
    tableBases: new Set([25_500]),
    gateways: new Set(),
  };
  const hop = (gateway: string): Route['nexthops'][number] => ({ gateway, interfaceIndex: 2, dead: false });
  const route = (metric: number, change: Partial<Route> = {}): Route => ({
    family: 'inet6',
    table: 254,
    destination: defaultPrefix('inet6'),
    metric,
    tos: 0,
    protocol: 157,
    type: 'unicast',
    nexthops: [hop('fe80::1')],
    ...change,
  });
  const owned = (r: Route): boolean => owns(own, r, r.nexthops[0]!);
  for (const base of [MAIN_METRIC, MAIN_METRIC_PREEMPTING])
    t.strictSame(
      [-1, 0, 15, 16].map((d) => owned(route(base + d))),
      [false, true, true, false],
      `${base}`,
    );
  t.notOk(owned(route(MAIN_METRIC, { protocol: 4 })));
  t.notOk(
    owned(route(MAIN_METRIC, { nexthops: [hop('fe80::1'), hop('fe80::2')] })),
    'a merge of next hops (fact K7) is told by the gateway alone',
  );
  t.notOk(owned(route(MAIN_METRIC, { type: 'unreachable' })));
  t.end();
});
