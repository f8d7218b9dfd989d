/** Taking over and giving back in virtual time: when, in which order, and what never happens. */

import t from 'tap';
import { defaultPrefix, parsePrefix } from '../../../src/model/prefix.js';
import { EMPTY_SNAPSHOT } from '../../../src/model/snapshot.js';
import { BACKUP, DOCKER, FRR, GATEWAY, Host, onePort, router, takeableIn } from './fixture.js';

t.test('taken over once the daemon has something to put there, ours is in, and the record is written', async (t) => {
  const host = new Host();
  host.runtimeDefault();
  host.kernel.onBatch = (steps) => {
    if (!steps.some((step) => step.kind === 'adopt-route')) return;
    t.strictSame(host.ours, [BACKUP], 'our default stands');
    t.match(
      host.disk,
      [{ interfaceName: 'mgmt0', route: { nexthops: [{ gateway: GATEWAY }] } }],
      'and the record is written',
    );
  };
  host.start();
  await host.at(1);
  t.strictSame(host.main, [DOCKER], 'untouched while starting');
  host.down();
  await host.at(20);
  t.strictSame([host.main, host.ours], [[DOCKER], [BACKUP]], 'and beside a dead daemon, where ours is in too');
  t.match(host.status().waiting, [{ subject: 'default via 10.255.0.1 dev mgmt0', reason: /is not healthy/ }]);
  host.healthy();
  await host.at(21);
  t.strictSame(host.kernel.batches, [['add-route', 'add-rule', 'add-rule'], ['adopt-route']]);
  t.strictSame([host.main, host.ours], [[FRR], [BACKUP]]);
  t.match(host.status().adopted, [{ destination: 'default', gateway: GATEWAY, interface: 'mgmt0', text: DOCKER }]);
  await host.at(30);
  t.match(host.status().routes, { phase: 'out' });
  t.strictSame([host.main, host.ours], [[FRR], []]);
  const { batches, observations } = host.kernel;
  const [before, looks] = [batches.length, observations];
  await host.at(300);
  t.equal(batches.length, before, 'then nothing more happens');
  t.ok(host.kernel.observations - looks < 60, 'and nobody looks but at each resync and probe');
});

t.test('a daemon that has nothing to put there', async (t) => {
  for (const [offers, reason] of [
    [false, /has no default route of its own/],
    [undefined, /this kind of routing daemon cannot say/],
  ] as const) {
    const host = new Host();
    host.offers = offers;
    host.runtimeDefault();
    host.start();
    host.healthy(60_000);
    await host.at(100);
    t.strictSame([host.main, host.ours, host.disk], [[DOCKER], [], []], 'the default route stands, and covers');
    t.match(host.status().routes, { phase: 'out', uncovered: [] });
    t.match(host.status().waiting, [{ subject: 'default via 10.255.0.1 dev mgmt0', reason }]);
    t.notOk(host.kernel.batches.flat().includes('adopt-route'));
    t.ok(host.kernel.observations < 40, 'and nobody looks but at each resync and probe');
    host.offers = true;
    await host.at(102);
    t.strictSame([host.main, host.ours], [[FRR], []], 'until it learns one');
    t.strictSame(
      host.kernel.batches.map((batch) => batch.find((kind) => kind.endsWith('-route'))),
      ['add-route', 'adopt-route', 'delete-route'],
      'ours goes in before, and out after',
    );
    t.notOk(host.log.join().includes('outage-began'), 'which is no outage');
  }
});

t.test('a default route of the daemon that stands beside is an offer by itself', async (t) => {
  const host = new Host();
  host.offers = undefined;
  host.comes = false;
  host.runtimeDefault();
  host.start();
  host.healthy(60_000);
  await host.at(5);
  t.strictSame(host.main, [DOCKER]);
  host.frrDefault();
  await host.at(7);
  t.strictSame([host.main, host.ours], [[FRR], []]);
});

t.test('where nothing comes it is given back, and the next attempt waits', async (t) => {
  for (const change of [{}, { convergenceTimeoutMs: 0 }, { convergenceTimeoutMs: 2_000 }]) {
    const host = new Host();
    host.comes = false;
    host.runtimeDefault();
    const { afterBatch } = host.kernel;
    host.kernel.afterBatch = (steps) => {
      afterBatch(steps);
      if (host.main.length === 0) t.strictSame(host.ours, [BACKUP], 'ours carries in its place');
    };
    host.start(change);
    host.healthy(60_000);
    await host.at(2);
    t.strictSame([host.main, host.ours, host.disk.length], [[], [BACKUP], 1]);
    t.match(host.status().routes, { phase: /^in$/, reason: /is being taken over/ });
    await host.at(12);
    t.strictSame([host.main, host.ours, host.disk], [[DOCKER], [], []]);
    t.match(host.status().routes, { phase: 'out', uncovered: [] });
    t.match(host.status().waiting, [
      { reason: /not taken over for another \d+ s, after a failed attempt: the routing daemon installed/ },
    ]);
    t.match(
      host.log.filter((line) => line.includes('adoption-failed')),
      [/warning .*"pause_ms":60000/],
    );
    await host.at(65);
    t.strictSame(host.main, [DOCKER]);
    await host.at(73);
    t.strictSame(host.main, [], 'another attempt');
    await host.at(84);
    t.strictSame([host.main, host.ours, host.disk], [[DOCKER], [], []]);
    t.match(host.status().waiting, [{ reason: /after 2 failed attempts/ }]);
    await host.at(195);
    t.strictSame(host.main, [DOCKER], 'the pause has doubled');
    host.comes = true;
    await host.at(205);
    t.strictSame([host.main, host.ours], [[FRR], []]);
  }
});

t.test('what the kernel does not take cannot replace anything', async (t) => {
  const host = new Host();
  host.runtimeDefault();
  host.kernel.refusesOurs = true;
  host.start();
  host.healthy();
  await host.at(60);
  t.strictSame([host.main, host.disk], [[DOCKER], []], 'nothing is taken over');
  t.notOk(host.kernel.batches.flat().includes('adopt-route'));
  t.match(host.status().routes, { phase: 'out' }, 'and it covers');
  host.kernel.refusesOurs = false;
  await host.at(100);
  t.strictSame(host.main, [FRR]);
  host.kernel.refusesOurs = true;
  host.down();
  host.kernel.foreignRouteDelete({
    destination: defaultPrefix('inet'),
    via: '198.51.100.1',
    dev: 'data0',
    metric: 20,
    protocol: 186,
  });
  await host.at(102);
  t.strictSame([host.main, host.ours, host.disk], [[DOCKER], [], []], 'refused later, theirs is given back');
});

t.test('put back by somebody, or taken from the daemon', async (t) => {
  const host = new Host();
  host.runtimeDefault();
  host.start();
  host.healthy(60_000);
  await host.at(2);
  t.strictSame([host.main, host.ours], [[FRR], []]);
  host.runtimeDefault();
  await host.at(4);
  t.strictSame(host.main, [FRR], 'taken over as well');
  host.kernel.foreignRouteDelete({
    destination: defaultPrefix('inet'),
    via: '198.51.100.1',
    dev: 'data0',
    metric: 20,
    protocol: 186,
  });
  await host.at(60);
  t.strictSame([host.main, host.ours], [[], [BACKUP]], 'a peer is lost: ours carries, without a limit of time');
  host.down();
  await host.at(62);
  t.strictSame(host.ours, [BACKUP], 'the record names the gateway');
  host.driver.dispatch({ kind: 'stop' });
  await host.at(63);
  t.strictSame(host.main, [DOCKER]);
  t.ok(host.exited);
  t.strictSame(host.disk, []);
});

t.test('stop gives back first, withdraws second', async (t) => {
  const host = new Host();
  host.runtimeDefault();
  host.start({ onStop: 'withdraw' });
  host.healthy();
  await host.at(1);
  host.driver.dispatch({ kind: 'stop' });
  await host.at(2);
  t.strictSame(host.kernel.batches.at(-1), ['restore-route', 'delete-rule', 'delete-rule', 'delete-route']);
  t.strictSame([host.main, host.ours, host.disk, host.exited], [[DOCKER, FRR], [], [], true]);
});

t.test('stop in the midst of it', async (t) => {
  const host = new Host();
  host.runtimeDefault();
  host.kernel.onBatch = (steps) => {
    if (steps[0]?.kind === 'adopt-route') host.driver.dispatch({ kind: 'stop' });
  };
  host.start();
  host.healthy();
  await host.at(5);
  t.strictSame([host.main, host.disk, host.exited], [[DOCKER, FRR], [], true]);
});

t.test('a disk that takes no record', async (t) => {
  const host = new Host();
  host.runtimeDefault();
  host.diskFault = 'ENOSPC: no space left on device';
  host.start();
  host.healthy();
  await host.at(60);
  t.strictSame([host.main, host.ours], [[DOCKER], []], 'keeps the route where it is, and it covers');
  t.match(host.status().waiting, [
    { subject: 'default via 10.255.0.1 dev mgmt0', reason: /cannot be written: ENOSPC/ },
  ]);
  t.ok(host.kernel.observations < 60, `tried ever more slowly (${host.kernel.observations} looks)`);
  host.diskFault = undefined;
  await host.at(80);
  t.strictSame(host.main, [FRR]);
  host.diskFault = 'EROFS';
  host.driver.dispatch({ kind: 'stop' });
  await host.at(81);
  t.strictSame([host.main, host.exited], [[DOCKER, FRR], true], 'giving back needs no disk');
});

t.test('killed at any moment, the next life goes on from there', async (t) => {
  // What the first life does last.
  for (const last of ['record', 'adopt-route'] as const) {
    const host = new Host();
    host.runtimeDefault();
    host.start();
    host.healthy();
    if (last === 'record') {
      host.kernel.onBatch = (steps) => {
        if (steps[0]?.kind === 'adopt-route') host.kill();
      };
    }
    await host.at(1);
    if (last === 'adopt-route') host.kill();
    host.kernel.onBatch = () => undefined;
    t.equal(host.disk.length, 1);
    host.start();
    host.healthy();
    await host.at(2);
    t.strictSame([host.main, host.ours, host.disk.length], [[FRR], [BACKUP], 1], `after ${last}`);
    host.driver.dispatch({ kind: 'stop' });
    await host.at(3);
    t.strictSame([host.main, host.disk], [[DOCKER, FRR], []]);
  }
});

t.test('a configuration that no longer adopts gives back', async (t) => {
  const host = new Host();
  host.runtimeDefault();
  host.start();
  host.healthy();
  await host.at(1);
  const plain = {
    managementInterfaces: [
      {
        selector: { kind: 'name', name: 'mgmt0' } as const,
        backupRouters: [{ ...router(false), gateways: ['10.255.0.9'], auto: undefined }],
      },
    ],
  };
  host.kill();
  host.start(plain);
  host.healthy();
  await host.at(3);
  t.strictSame([host.main, host.disk], [[DOCKER, FRR], []]);
  t.ok(host.kernel.batches.some((batch) => batch[0] === 'restore-route'));

  const lost = new Host();
  lost.runtimeDefault();
  lost.start();
  lost.healthy();
  await lost.at(1);
  lost.kill();
  lost.kernel.addressRemove('mgmt0', '10.255.0.2/24');
  lost.start(plain);
  lost.healthy();
  await lost.at(100);
  t.strictSame([lost.main, lost.disk.length], [[FRR], 1], 'what cannot be given back stays recorded');
  t.match(lost.status().waiting.filter((wait) => /given back/.test(wait.reason)).length, 1);
  t.ok(
    lost.kernel.batches.filter((batch) => batch.includes('restore-route')).length <= 5,
    'and is tried at each resync, not more often',
  );
  lost.kernel.addressAdd('mgmt0', '10.255.0.2/24');
  await lost.at(140);
  t.strictSame([lost.main, lost.disk], [[DOCKER, FRR], []]);
});

t.test('somebody insists', async (t) => {
  const host = new Host();
  host.runtimeDefault();
  host.start();
  host.healthy();
  let times = 0;
  for (let i = 1; i < 400; i++) {
    await host.clock.advanceTo(1_000 + i * 50);
    if (host.runtimeDefault().ok) times++;
  }
  t.ok(times >= 8 && times <= 14, `taken over ${times} times in 20 s`);
  t.match(host.status().waiting, [{ reason: /keeps putting it back/ }]);
  t.equal(host.disk.length, 1);
});

/** The changes of phase that the log tells. */
const phases = ({ log }: Host): readonly string[] =>
  log.flatMap((line) => /^notice routes.*"phase":"(\w+)"/.exec(line)?.[1] ?? []);

t.test('a route whose source is no address of this host any more is not given back', async (t) => {
  for (const [name, variant] of [
    ['nothing comes in its place', {}],
    ['another lease brings another route', { renewed: true }],
    ['the agent does not see it', { unseen: true }],
    ['the disk is full for a while', { full: true }],
  ] as const) {
    const host = new Host();
    host.runtimeDefault(GATEWAY, 100, 16, '10.255.0.2');
    host.start();
    host.healthy(60_000);
    await host.at(3);
    t.strictSame([host.main, host.ours, host.disk.length], [[FRR], [], 1], name);
    host.down();
    await host.at(6);
    if ('unseen' in variant) host.kill();
    if ('full' in variant) host.diskFault = 'ENOSPC';
    host.kernel.addressRemove('mgmt0', '10.255.0.2/24');
    await host.at(6.3);
    host.kernel.addressAdd('mgmt0', '10.255.0.50/24');
    if ('renewed' in variant) host.runtimeDefault('10.255.0.3', 100, 16, '10.255.0.50');
    if ('unseen' in variant) {
      host.start();
      host.down();
    }
    await host.at(7);
    t.equal(host.disk.length, 'full' in variant ? 1 : 0, 'dropped from the record');
    t.match(
      host.log.filter((line) => line.includes('adoption-void')),
      [/^notice adoption-void .*default via 10\.255\.0\.1 dev mgmt0.*"source":"10\.255\.0\.2"/],
      'which is told once',
    );
    t.equal(host.ours.length, 1, 'the gateway is still known, in the next life too');
    host.diskFault = undefined;
    const told = phases(host).length;
    host.healthy();
    await host.at(20);
    t.match(host.status(), { routes: { phase: 'out', uncovered: [] }, faults: [] });
    t.strictSame(phases(host).slice(told), ['in', 'out'], 'the hold-time, then out once');
    t.strictSame([host.main, host.ours], [[FRR], []]);
    t.notOk(host.kernel.batches.flat().includes('restore-route'), 'nothing is tried in vain');
    await host.at(80);
    t.equal(host.disk.length, 'renewed' in variant ? 1 : 0);
    host.driver.dispatch({ kind: 'stop' });
    await host.at(81);
    t.ok(host.exited);
    t.equal(host.main.length, 'renewed' in variant ? 2 : 1, 'nor at the end');
  }
});

t.test('a giving back that the kernel refuses holds nothing up where the daemon has its own', async (t) => {
  for (const change of [{}, { convergenceTimeoutMs: 3_000 }, { convergenceTimeoutMs: 0 }]) {
    const host = new Host();
    host.runtimeDefault();
    host.start(change);
    host.healthy(60_000);
    await host.at(3);
    t.strictSame([host.main, host.ours, host.disk.length], [[FRR], [], 1]);
    host.down();
    await host.at(6);
    host.kernel.addressRemove('mgmt0', '10.255.0.2/24');
    await host.at(40);
    t.ok(host.kernel.batches.flat().includes('restore-route'), 'ours is refused, so theirs is tried');
    t.match(host.status().routes, { phase: /^in$/ });
    const told = phases(host).length;
    const tried = host.kernel.batches.flat().filter((kind) => kind === 'restore-route').length;
    host.healthy();
    await host.at(60);
    t.match(host.status().routes, { phase: 'out', uncovered: [] });
    t.strictSame(phases(host).slice(told), ['in', 'out'], 'the hold-time, then out once');
    await host.at(200);
    t.equal(host.kernel.batches.flat().filter((kind) => kind === 'restore-route').length, tried, 'not tried again');
    t.match([host.status().faults, host.disk.length], [[], 1], 'it stays taken over');
    host.kernel.addressAdd('mgmt0', '10.255.0.2/24');
    host.driver.dispatch({ kind: 'stop' });
    await host.at(201);
    t.strictSame([host.main, host.disk, host.exited], [[DOCKER, FRR], [], true], 'until the end');
  }
});

t.test('a source on no interface', async (t) => {
  const kernel = onePort();
  kernel.addressAdd('data0', '192.0.2.7/32');
  const add = (metric: number, source: string): void =>
    void kernel.foreignRouteAdd({ destination: defaultPrefix('inet'), via: GATEWAY, dev: 'mgmt0', metric, source });
  add(1, '10.255.0.2');
  add(2, '192.0.2.7');
  const snapshot = await kernel.observe({ protocol: 99, maxLength: { inet: 1 } });
  const sources = (addresses = snapshot.addresses): readonly (string | undefined)[] =>
    takeableIn({}, { ...snapshot, addresses }).map(({ source }) => source);
  t.strictSame(sources(), ['10.255.0.2', '192.0.2.7'], 'any interface will do');
  t.strictSame(sources(snapshot.addresses.slice(0, -1)), ['10.255.0.2'], 'could not be given back');
});

t.test('which routes', async (t) => {
  const kernel = onePort();
  const add = (metric: number, protocol: number, change = {}): void =>
    void kernel.foreignRouteAdd({
      destination: defaultPrefix('inet'),
      via: GATEWAY,
      dev: 'mgmt0',
      metric,
      protocol,
      ...change,
    });
  add(0, 3);
  add(100, 16);
  add(1, 186);
  add(2, 12);
  add(3, 157);
  add(4, 11);
  add(5, 3, { via: '198.51.100.1', dev: 'data0' });
  add(6, 3, { destination: parsePrefix('0.0.0.0/1')! });
  add(0xff000000, 3);
  add(7, 3);
  add(8, 3);
  add(9, 9);
  kernel.obstacles.set(8, 'nexthop-object');
  const snapshot = await kernel.observe({ protocol: 99, maxLength: { inet: 1 } });
  const metrics = (change: Parameters<typeof takeableIn>[0]): readonly number[] =>
    takeableIn(change, snapshot)
      .map((route) => route.metric)
      .sort((a, b) => a - b);
  t.strictSame(metrics({}), [0, 7, 9, 100]);
  const only = (backup: ReturnType<typeof router>): Parameters<typeof takeableIn>[0] => ({
    managementInterfaces: [{ selector: { kind: 'name', name: 'mgmt0' }, backupRouters: [backup] }],
  });
  t.strictSame(metrics(only(router(false))), []);
  t.strictSame(metrics(only(router(true, 'inet6'))), []);
  t.strictSame(
    metrics(only({ ...router(true), destinations: [parsePrefix('10.0.0.0/8')!] })),
    [],
    'nothing of ours would carry what the default route does',
  );
  t.strictSame(takeableIn({}, EMPTY_SNAPSHOT), []);
});
