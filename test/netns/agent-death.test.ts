/**
 * The installation after a clean stop, a SIGKILL with its stale routes, and a hang. A backup route
 * is in the kernel within milliseconds of a death. It loses the tie with the stale route until
 * preempt-after (or until the stale next hop is known bad), then wins it until the daemon's first
 * sign of life. A daemon that hangs is never preempted by time.
 */

import t from 'tap';
import type { Agent } from '../../src/drill/lab/agent.js';
import type { Frr } from '../../src/drill/lab/frr.js';
import { eventually, sleep } from '../../src/drill/lab/wait.js';
import { routeGet, routes } from '../lab/inspect.js';
import { startPing } from '../lab/ping.js';
import { STANDARD, type StandardLab } from '../lab/standard.js';
import { prepareRouterFrr, type RouterOptions, startPeerFrr } from '../lab/standard-frr.js';
import {
  agentIn,
  backWithin,
  type Case,
  type ConfigOptions,
  expected,
  FAMILIES,
  laboratory,
  type Monitor,
  mark,
  monitor,
  owned,
  PLACEMENTS,
  settles,
  statusOf,
  statusWhere,
  steadyPings,
  turned,
  unbroken,
} from './agent-support.js';

interface Converged {
  readonly std: StandardLab;
  readonly frr: Frr;
  readonly agent: Agent;
  readonly watch: Monitor;
}

/** A router with a converged FRR and an agent that has withdrawn. */
async function converged(t: Case, config: ConfigOptions, options: RouterOptions = {}): Promise<Converged> {
  const std = laboratory(t);
  await startPeerFrr(std);
  const frr = prepareRouterFrr(std, options);
  await frr.start();
  await eventually(() => FAMILIES.every((family) => hasDefault(std, family)), {
    timeoutMs: 20_000,
    what: 'BGP defaults',
  });
  const agent = agentIn(std, { frr, ...config });
  await turned(agent, 'out');
  return { std, frr, agent, watch: await monitor(std.router) };
}

function hasDefault(std: StandardLab, family: 'inet' | 'inet6'): boolean {
  return routes(std.router, family).some((route) => route.dst === 'default' && route.protocol === 186);
}

/** Everything dead, everything started, converged, withdrawn. */
async function recover(t: Case, { std, frr, agent }: Converged): Promise<void> {
  const from = mark(agent);
  await frr.kill('bgpd');
  await frr.start();
  await turned(agent, 'out', from);
  await settles(t, std.router, [], 'withdrawn again');
}

const ways = (std: StandardLab): readonly string[] =>
  FAMILIES.map((family) => / dev (\S+)/.exec(routeGet(std.router, STANDARD[family].noc))?.[1] ?? 'none');

for (const placement of PLACEMENTS) {
  t.test(`clean stop and SIGKILL, placement ${placement}`, async (t) => {
    // -K: a zebra that starts leaves its old routes alone for a while, so that they are there when it answers.
    const scene = await converged(t, { placement, preempt: '4s' }, { args: { zebra: ['-K', '8'] } });
    const { std, frr, agent, watch } = scene;
    const { router } = std;
    const pings = await steadyPings(std);

    // SIGKILL
    const killedMs = await frr.kill('zebra');
    await backWithin(t, watch, killedMs, 100, `SIGKILL of zebra, ${placement}`);
    await settles(t, router, expected({ placement }), 'in, and losing its ties');
    for (const family of FAMILIES) t.ok(hasDefault(std, family), `${family}: the stale route remains`);
    t.same(ways(std), ['data0', 'data0'], 'and carries, as graceful restart would have it');
    await settles(t, router, expected({ placement, preempting: [0] }), 'after preempt-after the tie is won', 20_000);
    const tookMs = Date.now() - killedMs;
    t.comment(`MEASURED preempt-after 4 s: tie won ${tookMs} ms after the death`);
    t.ok(tookMs >= 3_950 && tookMs < 20_000, 'no earlier and not much later');
    t.same(ways(std), ['mgmt0', 'mgmt0'], 'the kernel sends by the backup router');
    t.same(
      (await statusOf(agent)).backupRoutes.map((route) => [route.state, route.preempting]),
      [
        ['installed', true],
        ['installed', true],
      ],
    );
    for (const family of FAMILIES) t.ok(hasDefault(std, family), `${family}: nobody touched the stale route`);

    await frr.start('zebra');
    await settles(t, router, expected({ placement }), "zebra's first sign of life gives the tie back", 5000);
    for (const family of FAMILIES) t.ok(hasDefault(std, family), `${family}: zebra has not swept yet (-K)`);
    t.same(ways(std), ['data0', 'data0']);
    t.match((await statusOf(agent)).routes, { phase: /^in$/ }, 'a vty that answers is no reason to withdraw');
    await unbroken(t, pings, killedMs, `SIGKILL, preemption, return, ${placement}`);
    await recover(t, scene);

    // SIGTERM
    const stoppedMs = Date.now();
    await frr.stop();
    await backWithin(t, watch, stoppedMs, 1500, `orderly stop of FRR, from the signal, ${placement}`);
    await settles(t, router, expected({ placement }), 'in');
    for (const family of FAMILIES) t.notOk(hasDefault(std, family), `${family}: zebra took its route along`);
    await sleep(200);
    await unbroken(t, pings, stoppedMs, `orderly stop, ${placement}`);
    t.same(ways(std), ['mgmt0', 'mgmt0']);
  });
}

t.test('preemption at once when the stale next hop is known bad', async (t) => {
  // Without nexthop objects, so that the kernel keeps the routes of a link without carrier (with them it flushes them, fact K13).
  const scene = await converged(t, { preempt: 'never' }, { zebraLines: ['no zebra nexthop kernel enable'] });
  const { std, frr, agent } = scene;
  const { router, peer } = std;

  await t.test('its link has no carrier', async (t) => {
    await frr.kill('zebra');
    await settles(t, router, expected(), 'in');
    await sleep(300);
    t.same(ways(std), ['data0', 'data0'], 'never: the stale route keeps the tie');
    const downMs = Date.now();
    peer.ip('link set router0 down');
    await settles(t, router, expected({ preempting: [0] }), 'preempting');
    t.comment(`MEASURED link of the stale next hop down: tie won after less than ${Date.now() - downMs} ms`);
    t.same(ways(std), ['mgmt0', 'mgmt0']);
    for (const family of FAMILIES) t.ok(hasDefault(std, family), `${family}: the stale route is there, linkdown`);
    const upMs = Date.now();
    peer.ipBatch(['link set router0 up', `addr add ${STANDARD.inet6.peer}/64 dev router0 nodad`]);
    // A next hop that was bad counts again once it has been good for ten seconds.
    await settles(t, router, expected(), 'the link is back, and so is the tie', 30_000);
    const goodMs = Date.now() - upMs;
    t.comment(`MEASURED link back: the tie goes back after ${goodMs} ms`);
    t.ok(goodMs > 9500, 'not before the next hop has been good for ten seconds');
    t.same(ways(std), ['data0', 'data0']);
  });

  await t.test('its neighbour is FAILED', async (t) => {
    // The neighbour is asked each 50 ms, three times, instead of each second.
    router.sysctls({
      'net.ipv4.neigh.data0.retrans_time_ms': 50,
      'net.ipv6.neigh.data0.retrans_time_ms': 50,
    });
    const hops = FAMILIES.map(
      (family) =>
        routes(router, family).find((route) => route.dst === 'default' && route.protocol === 186)?.gateway ?? '',
    );
    t.match(hops, [STANDARD.inet.peer, /^fe80::/]);
    peer.ip(`addr del ${hops[0]}/24 dev router0`);
    peer.ip(`addr del ${hops[1]}/64 dev router0`);
    for (const hop of hops) router.tryRun(['ip', 'neigh', 'del', hop, 'dev', 'data0']);
    router.tryRun(['ping', '-c', '1', '-W', '1', STANDARD.inet.noc]);
    router.tryRun(['ping', '-c', '1', '-W', '1', STANDARD.inet6.noc]);
    await settles(t, router, expected({ preempting: [0] }), 'preempting');
    t.same(ways(std), ['mgmt0', 'mgmt0']);
    for (const family of FAMILIES) await startPing(std.noc, STANDARD[family].mgmt).nextReply();
  });
  await agent.stop();
});

t.test('a hang: SIGSTOP and SIGCONT of zebra', async (t) => {
  const PREEMPT_MS = 600;
  const scene = await converged(t, { probeTimeout: '1s', preempt: `${PREEMPT_MS}ms`, hold: '300ms' });
  const { std, frr, agent, watch } = scene;
  const { router } = std;
  await sleep(300);
  const from = mark(agent);
  const stoppedMs = Date.now();
  frr.pause('zebra');
  const back = await watch.next(/^default via 10\.255\.0\.1 .*proto 157/, stoppedMs);
  t.comment(
    `MEASURED SIGSTOP, probe-timeout 1000 ms, probe-interval 100 ms: in after ${(back.atMs - stoppedMs).toFixed(0)} ms`,
  );
  t.ok(
    back.atMs - stoppedMs > 500 && back.atMs - stoppedMs < 15_000,
    'between probe-timeout and that plus an interval',
  );
  await settles(t, router, expected(), 'in');
  t.match(
    (await statusOf(agent)).daemons.find((d) => d.id === 'frr/zebra'),
    { state: 'unresponsive', reason: /no answer .* for \d+ ms/ },
  );
  await sleep(PREEMPT_MS + 1400);
  t.same(owned(router), expected(), 'time preempts no route of a daemon that hangs but lives');
  const { backupRoutes } = await statusOf(agent);
  t.same(
    backupRoutes.map((route) => [route.state, route.preempting]),
    FAMILIES.map(() => ['installed', false]),
  );
  t.same(ways(std), ['data0', 'data0'], 'its routes carry on');

  const resumedMs = Date.now();
  frr.resume('zebra');
  await turned(agent, 'out', from);
  t.comment(`MEASURED SIGCONT, hold-time 300 ms: out after ${Date.now() - resumedMs} ms`);
  t.ok(Date.now() - resumedMs >= 280, 'not before the hold-time');
  await settles(t, router, [], 'out');
  const status = await statusWhere(agent, (s) => s.routes.phase === 'out');
  t.match(status.damping, { deaths: 1 });
  t.same(owned(router), []);

  // Stale routes over nexthop objects: the kernel flushes them with the carrier, and the backup carries without preemption.
  await frr.kill('zebra');
  std.peer.ip('link set router0 down');
  await eventually(() => !FAMILIES.some((family) => hasDefault(std, family)), {
    what: 'the kernel flushes the stale routes',
  });
  t.same(ways(std), ['mgmt0', 'mgmt0'], 'the backup carries');
  await settles(t, router, expected(), 'with no rival there is nothing to preempt');
  await agent.stop();
});
