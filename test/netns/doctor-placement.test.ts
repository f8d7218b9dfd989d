/**
 * The two limits of placement local (facts K18, K19) with a real kernel: what the kernel does,
 * what status and doctor report, and that the remedy helps.
 */

import t from 'tap';
import { eventually } from '../../src/drill/lab/wait.js';
import { STANDARD } from '../lab/standard.js';
import { prepareRouterFrr, startPeerFrr } from '../lab/standard-frr.js';
import { agentIn, laboratory, statusWhere, turned } from './agent-support.js';
import { examine, examineAlone } from './doctor-support.js';

t.setTimeout(400_000);

t.test('a blackhole of main hides a more specific backup route', async (t) => {
  const std = laboratory(t);
  std.router.ip('route add blackhole 10.0.0.0/8 metric 20');
  const agent = agentIn(std, { destinations: { inet: ['10.99.0.0/16', '0.0.0.0/0'] } });
  const s = await statusWhere(
    agent,
    ({ backupRoutes }) => backupRoutes.length > 0 && backupRoutes.every(({ state }) => state === 'installed'),
  );
  t.match(s.waiting, [
    { subject: '10.99.0.0/16', reason: /^hidden by blackhole 10\.0\.0\.0\/8 \(proto 3\) of the main table/ },
  ]);
  t.same(
    s.backupRoutes.filter(({ hiddenBy }) => hiddenBy !== undefined).map(({ destination }) => destination),
    ['10.99.0.0/16'],
  );
  t.not(std.router.tryRun(['ip', 'route', 'get', '10.99.0.10']).status, 0, 'the kernel refuses it');
  const text = await agent.cli('status');
  t.equal(text.status, 1, 'status says that the wished state is not reached');
  t.match(text.stdout, /waiting for +10\.99\.0\.0\/16: hidden by/);
  const [found] = (await examine(std, agent)).of('refusal-hides');
  t.match(found, { severity: 'error', evidence: ['blackhole 10.0.0.0/8 proto 3 metric 20'] });

  std.router.run(['sh', '-c', found!.remedy!.split('\n')[0]!]);
  t.same(
    (await statusWhere(agent, ({ waiting }) => waiting.length === 0)).backupRoutes.filter(
      ({ hiddenBy }) => hiddenBy !== undefined,
    ),
    [],
  );
  t.match(std.router.run(['ip', 'route', 'get', '10.99.0.10']), / via 10\.255\.0\.1 dev mgmt0 /);
  t.ok(
    await eventually(async () => (await agent.cli('status')).status === 0, { what: 'the kernel to be asked again' }),
    'in the wished state',
  );
  t.same((await examine(std, agent)).of('refusal-hides'), [], 'and doctor has nothing more to say');
});

t.test('IPv6 prefixes that share a nexthop object are of one length', async (t) => {
  const std = laboratory(t);
  const destinations = { inet6: ['2001:db8:99::/48'] };
  const via = STANDARD.inet6.peer;
  // One CPU: the route cached in the object is the CPU's own.
  const get = (address: string): string => std.router.run(['taskset', '-c', '0', 'ip', '-6', 'route', 'get', address]);
  const agent = agentIn(std, { destinations });
  await statusWhere(
    agent,
    ({ backupRoutes }) => backupRoutes.length > 0 && backupRoutes.every(({ state }) => state === 'installed'),
  );
  // The first question that reaches the object fills its cache, and the agent asks the kernel too: after each change
  // of routes, on whatever CPU it runs. So there is a fresh object for each try.
  let id = 15;
  const shared = await eventually(
    () => {
      id += 1;
      std.router.ipBatch([
        `nexthop add id ${id} via ${via} dev data0`,
        `route replace 2001:db8:7::/64 nhid ${id} metric 20 proto 186`,
        `route replace ::/0 nhid ${id} metric 20 proto 186`,
      ]);
      get('2001:db8:7::1');
      const wins = / dev data0 /.test(get('2001:db8:99::10'));
      if (!wins) std.router.ip(`nexthop del id ${id}`);
      return wins;
    },
    { what: 'the default, taken for a /64, wins over the longer backup route', timeoutMs: 20_000 },
  );
  t.ok(shared, 'the default, taken for a /64, wins over the longer backup route');
  const [found] = (await examine(std, agent)).of('nexthop-objects-inet6');
  t.match(found, { severity: 'warning', remedy: /no zebra nexthop kernel enable/ });
  t.same(
    found?.evidence.toSorted(),
    ['2001:db8:7::/64', 'default'].map((prefix) => `-6 ${prefix} via ${via} dev data0 proto 186 metric 20 nhid ${id}`),
  );

  std.router.ip(`nexthop del id ${id}`);
  std.router.ipBatch([
    `route add ::/0 via ${via} dev data0 metric 20 proto 186`,
    `route add 2001:db8:7::/64 via ${via} dev data0 metric 20 proto 186`,
  ]);
  get('2001:db8:7::1');
  t.match(get('2001:db8:99::10'), / dev mgmt0 /, 'without an object it does not');
  t.same((await examine(std, agent)).of('nexthop-objects-inet6'), []);
  t.same((await examineAlone(std, { placement: 'main' })).of('nexthop-objects-inet6'), []);
});

t.test('what FRR does by default, and with the line of the remedy', async (t) => {
  for (const [zebraLines, hazard] of [
    [[], true],
    [['no zebra nexthop kernel enable'], false],
  ] as const) {
    const std = laboratory(t);
    const peer = await startPeerFrr(std);
    const frr = prepareRouterFrr(std, { zebraLines });
    await frr.start();
    const agent = agentIn(std, { frr });
    await turned(agent, 'out');
    t.equal((await examine(std, agent)).of('nexthop-objects-inet6').length > 0, hazard, hazard ? 'told' : 'gone');
    await frr.stop();
    await peer.stop();
  }
});
