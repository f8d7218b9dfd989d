/**
 * The withdrawal: FRR starts, its BGP default route is learned, hold-time and coverage are
 * reached, the backup routes leave, and no packet of the NOC is lost. Also what counts as covered,
 * and how long an uncovered destination is waited for.
 */

import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { sleep } from '../../src/drill/lab/wait.js';
import { routeGet, routes } from '../lab/inspect.js';
import { STANDARD } from '../lab/standard.js';
import { prepareRouterFrr, startPeerFrr } from '../lab/standard-frr.js';
import {
  added,
  agentIn,
  BUSY_MS,
  expected,
  FAMILIES,
  laboratory,
  mark,
  monitor,
  notLost,
  owned,
  PLACEMENTS,
  restartAgent,
  settles,
  statusOf,
  statusWhere,
  steadyPings,
  turned,
  unbroken,
  zebraOnly,
} from './agent-support.js';

const BOOT_ID = '/proc/sys/kernel/random/boot_id';

/** What `explain` says is remembered of the destination of an address. */
async function explained(
  agent: ReturnType<typeof agentIn>,
): Promise<{ readonly json: unknown; readonly text: string }> {
  const command = ['explain', '203.0.113.1', '-c', agent.configFile];
  const { destination } = JSON.parse((await agent.cli(...command, '--json')).stdout) as {
    readonly destination: unknown;
  };
  return { json: destination, text: (await agent.cli(...command)).stdout };
}

for (const placement of PLACEMENTS) {
  t.test(`FRR starts and converges, placement ${placement}: make before break`, async (t) => {
    const std = laboratory(t);
    const { router } = std;
    await startPeerFrr(std);
    const frr = prepareRouterFrr(std);
    const agent = agentIn(std, { placement, frr });
    await agent.waitForLog(/ ready /);
    const watch = await monitor(router);
    const pings = await steadyPings(std);
    const startMs = Date.now();

    await frr.start();
    await turned(agent, 'out');
    await settles(t, router, [], 'nothing of ours is left');
    for (const family of FAMILIES) {
      // F1: at distance 255 a backup default in the main table does not keep FRR's own out.
      t.match(
        routes(router, family).find((route) => route.dst === 'default'),
        { protocol: 186, metric: 20, dev: 'data0' },
        `${family}: FRR's default stands`,
      );
      t.match(routeGet(router, STANDARD[family].noc), /dev data0/, `${family}: and carries`);
    }
    const made = await watch.since(startMs, /^default .*proto 186/);
    const broken = await watch.since(startMs, /^Deleted default .*proto 157/);
    t.equal(broken.length, 2, 'one backup default of each family was taken out');
    t.ok(
      made.length >= 2 && made.every((event) => broken.every((other) => event.atMs < other.atMs)),
      'after both BGP defaults had come',
    );
    if (placement === 'local') {
      const rules = await watch.since(startMs, /^Deleted 3276\d:.*proto 157/);
      t.equal(rules.length, 4, 'with both pairs of rules');
      t.ok(
        rules.every((event) => event.atMs <= broken[0]!.atMs),
        'rules before their routes',
      );
    }
    await sleep(500);
    await unbroken(t, pings, startMs, `start, convergence and withdrawal, ${placement}`);
    await unbroken(t, pings, broken[0]!.atMs - 100, `withdrawal alone, ${placement}`, 1000);
    for (const ping of pings) await notLost(t, ping);
    const status = await statusOf(agent);
    t.match(status.routes, { phase: 'out', cause: null, reason: 'every destination is covered' });
    t.same(
      status.backupRoutes.map((route) => route.state),
      ['withdrawn', 'withdrawn'],
    );
    t.same(
      status.daemons.map((daemon) => daemon.state),
      ['responsive', 'responsive'],
    );
    t.equal((await agent.cli('status')).status, 0, 'out is a wished state');
  });
}

t.test('what no route covers is waited for as long as the convergence-timeout', async (t) => {
  const std = laboratory(t);
  const { router } = std;
  const frr = zebraOnly(std);
  const base = { frr, daemons: ['zebra'] };

  await t.test('5 s', async (t) => {
    const agent = agentIn(std, { ...base, convergence: '5s' });
    await agent.waitForLog(/ ready /);
    const startedMs = Date.now();
    await frr.start();
    await agent.waitForLog(/cause=converging/);
    const status = await statusOf(agent);
    t.match(status.routes, { phase: /^in$/, cause: 'converging', reason: 'not covered yet: 0.0.0.0/0, ::/0' });
    t.ok(status.routes.untilMs !== null && status.routes.untilMs <= 5000, `${status.routes.untilMs} ms left`);
    t.same(owned(router), expected(), 'in all the while');
    // zebra takes no notice of a route of its own protocols that others add: it does not have it.
    router.ip(`route add default via ${STANDARD.inet.peer} dev data0 proto 186 metric 20`);
    await turned(agent, 'out');
    const tookMs = Date.now() - startedMs;
    t.comment(`MEASURED hold-time 300 ms and convergence-timeout 5000 ms: out after ${tookMs} ms`);
    t.ok(tookMs >= 5200 && tookMs < 25_000, 'hold-time, then convergence-timeout');
    t.match((await statusOf(agent)).routes.reason, 'convergence-timeout is over');
    t.same((await explained(agent)).json, { destination: '0.0.0.0/0', coveredBefore: false }, 'explain: never covered');
    await settles(t, router, [], 'out');
    t.match((await statusOf(agent)).routes, {
      cause: 'uncovered',
      uncovered: ['0.0.0.0/0', '::/0'],
      stale: ['0.0.0.0/0'],
    });
    const told = await agent.cli('explain', '203.0.113.1', '-c', agent.configFile);
    t.match(told.stdout, /backup routes OUT, UNCOVERED/);
    t.match(told.stdout, /^now +stale via \S+ dev data0/m, 'explain tells the same');
    router.ip('route del default proto 186');
    await agent.stop();
    await frr.kill();
  });

  await t.test('0: as Junos, after the hold-time', async (t) => {
    const agent = agentIn(std, { ...base, convergence: 0 });
    await agent.waitForLog(/ ready /);
    await settles(t, router, expected(), 'in');
    await frr.start();
    const startedMs = Date.now();
    await turned(agent, 'out');
    // The slack is that of a lost inotify event, for which a poll each second stands in.
    t.ok(Date.now() - startedMs < 15_000, `${Date.now() - startedMs} ms`);
    t.notMatch(agent.log.join('\n'), /converging/);
    await settles(t, router, [], 'out');
    await agent.stop();
    await frr.kill();
  });

  await t.test('never; and a blackhole, an unreachable or a dead route covers nothing', async (t) => {
    const agent = agentIn(std, { ...base, convergence: 'never' });
    await agent.waitForLog(/ ready /);
    const from = mark(agent);
    await frr.start();
    await agent.waitForLog(/cause=converging/);
    t.equal((await statusOf(agent)).routes.untilMs, null, 'no end in sight');
    router.ipBatch(['route add blackhole default proto static', 'route add blackhole ::/0 proto static metric 10']);
    await sleep(600);
    t.match(
      (await statusOf(agent)).routes,
      { phase: /^in$/, cause: 'converging', reason: 'not covered yet: 0.0.0.0/0, ::/0' },
      'blackholes do not count',
    );
    router.ipBatch(['route del blackhole default', 'route del blackhole ::/0 metric 10']);

    router.ip(`route add default via ${STANDARD.inet.peer} dev data0 proto static`);
    const status = await statusWhere(agent, (s) => s.routes.reason === 'not covered yet: ::/0');
    t.equal(status.routes.phase, 'in', 'one family is not enough');
    router.ip(`-6 route add default via ${STANDARD.inet6.peer} dev data0 proto static`);
    const coveredMs = Date.now();
    await turned(agent, 'out', from);
    t.comment(`MEASURED last destination covered to withdrawal: ${Date.now() - coveredMs} ms`);
    t.ok(Date.now() - coveredMs < 10_000, 'out as soon as everything is covered');
    await settles(t, router, [], 'out');
    await agent.stop();
    await frr.kill();
  });

  await t.test('but what was covered once is waited for without a limit, over a restart too', async (t) => {
    const config = { ...base, convergence: '1s' };
    const agent = agentIn(std, config);
    await agent.waitForLog(/ ready /);
    await frr.start();
    // Both families have a default from the test before.
    await turned(agent, 'out');
    const from = mark(agent);
    router.ip('route del default');
    await turned(agent, 'in', from);
    // Twice the convergence-timeout, and nothing may end the wait.
    await sleep(2000);
    t.match((await statusOf(agent)).routes, {
      phase: /^in$/,
      cause: 'converging',
      reason: 'not covered again yet: 0.0.0.0/0',
      untilMs: null,
      coveredBefore: ['0.0.0.0/0', '::/0'],
    });
    const remembered = { destination: '0.0.0.0/0', coveredBefore: true };
    const told = await explained(agent);
    t.same(told.json, remembered, 'explain tells it');
    t.match(told.text, /^covered +0\.0\.0\.0\/0 has been covered here: uncovered, it brings/m, 'in words, too');
    await agent.stop();
    t.same((await explained(agent)).json, remembered, 'without an agent: of the record');

    const again = restartAgent(std, agent, config);
    await again.waitForLog(/ ready /);
    await sleep(2000);
    t.match(
      (await statusOf(again)).routes,
      { phase: /^in$/, reason: 'not covered again yet: 0.0.0.0/0' },
      'remembered',
    );
    t.equal((await again.cli('status')).status, 0, 'in, installed, as it should be');
    router.ip(`route add default via ${STANDARD.inet.peer} dev data0 proto static`);
    await turned(again, 'out');
    await settles(t, router, [], 'out');
    await again.stop();
    await frr.kill();

    // A reboot: nothing is left in the kernel and below /run, and this boot has another id.
    router.ip('route del default');
    const bootId = join(agent.directory, 'boot_id');
    writeFileSync(bootId, '11111111-2222-3333-4444-555555555555\n');
    rmSync(join(agent.directory, 'run'), { recursive: true });
    const rebooted = agentIn(std, config, {
      directory: agent.directory,
      wrapper: ['unshare', '-m', 'sh', '-ec', `mount --bind ${bootId} ${BOOT_ID}; exec "$@"`, 'sh'],
    });
    await rebooted.waitForLog(/ ready /, 15_000);
    t.equal(
      readFileSync(`/proc/${rebooted.process.pid}/root${BOOT_ID}`, 'utf8'),
      readFileSync(bootId, 'utf8'),
      'the agent is in another boot',
    );
    await frr.start();
    const status = await statusWhere(rebooted, (s) => s.routes.reason === 'not covered again yet: 0.0.0.0/0', 15_000);
    t.match(status.routes, { phase: /^in$/, untilMs: null }, 'remembered over a reboot');
    t.match(status.daemons, [{ id: 'frr/zebra', coveredBefore: ['0.0.0.0/0', '::/0'] }], 'and of which daemon');
    await rebooted.stop();
    await frr.kill();
    router.ip(`route add default via ${STANDARD.inet.peer} dev data0 proto static`);
  });

  await t.test('a destination inside a connected or a shorter route is covered by that', async (t) => {
    router.ipBatch(['route del default', 'route del ::/0', `route add 10.0.0.0/8 via ${STANDARD.inet.peer}`]);
    const agent = agentIn(std, {
      ...base,
      convergence: 'never',
      destinations: { inet: ['10.99.0.0/16', '10.1.0.128/25'], inet6: ['2001:db8:1:0:1::/80'] },
    });
    await agent.waitForLog(/ ready /);
    await frr.start();
    await turned(agent, 'out');
    await settles(t, router, [], 'out');
    await agent.stop();
  });
});

t.test('a living daemon whose routes go: in again at once, out again when they return', async (t) => {
  const std = laboratory(t);
  const { router } = std;
  // Many routes, so that an orderly stop takes its time between the default route's end and zebra's own (fact F8).
  const networks = Array.from({ length: 10_000 }, (_, i) => `10.${128 + (i >> 8)}.${i & 255}.0/24`);
  const peerFrr = await startPeerFrr(std, { networks });
  const frr = prepareRouterFrr(std);
  const agent = agentIn(std, { frr, daemons: ['zebra'] });
  await frr.start();
  await turned(agent, 'out');
  await settles(t, router, [], 'out');
  const watch = await monitor(router);
  const pings = await steadyPings(std);

  let from = mark(agent);
  const stopMs = Date.now();
  const activate = (no: string): readonly string[] => [
    'router bgp 65001',
    'address-family ipv4 unicast',
    `${no}neighbor ${STANDARD.inet.data} default-originate`,
    'exit-address-family',
    'address-family ipv6 unicast',
    `${no}neighbor ${STANDARD.inet6.data} default-originate`,
  ];
  peerFrr.configureRunning('bgpd', activate('no '));
  await turned(agent, 'in', from);
  await agent.waitForLog(/cause=converging .*no longer covered/, 20_000, from);
  await settles(t, router, expected(), 'in, because nothing covers the destinations any more');
  for (const family of FAMILIES) {
    const lost = await watch.next(
      family === 'inet' ? /^Deleted default .*via 10\..*proto 186/ : /^Deleted default .*via fe80.*proto 186/,
      stopMs,
    );
    const back = await watch.next(added(family), stopMs);
    t.comment(`MEASURED ${family}: FRR's default lost to ours in: ${(back.atMs - lost.atMs).toFixed(1)} ms`);
    t.ok(back.atMs - lost.atMs < BUSY_MS, `${family}: at once`);
  }
  await unbroken(t, pings, stopMs, 'the neighbour withdraws its default');
  from = mark(agent);
  peerFrr.configureRunning('bgpd', activate(''));
  await turned(agent, 'out', from);
  await settles(t, router, [], 'out again');

  const fromMs = Date.now();
  from = mark(agent);
  await frr.stop();
  await turned(agent, 'in', from);
  await settles(t, router, expected(), 'in');
  t.comment(`MEASURED orderly stop of FRR with 10000 routes took ${Date.now() - fromMs} ms`);
  await unbroken(t, pings, fromMs, 'orderly stop of FRR with 10000 routes, watching zebra alone');
});
