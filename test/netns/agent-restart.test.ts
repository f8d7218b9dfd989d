/**
 * The agent ends and starts again. It takes over what it finds, without duplicates and leftovers,
 * and inserts nothing beside a healthy FRR.
 */

import { readFileSync } from 'node:fs';
import t from 'tap';
import { eventually, sleep } from '../../src/drill/lab/wait.js';
import { routes } from '../lab/inspect.js';
import { startPing } from '../lab/ping.js';
import { STANDARD } from '../lab/standard.js';
import { prepareRouterFrr, startPeerFrr } from '../lab/standard-frr.js';
import {
  agentIn,
  expected,
  FAMILIES,
  laboratory,
  monitor,
  notLost,
  owned,
  PLACEMENTS,
  restartAgent,
  settles,
  statusOf,
  steadyPings,
  turned,
  unbroken,
} from './agent-support.js';

for (const placement of PLACEMENTS) {
  t.test(`beside a healthy, converged FRR a restart inserts nothing, placement ${placement}`, async (t) => {
    const std = laboratory(t);
    const { router } = std;
    await startPeerFrr(std);
    const frr = prepareRouterFrr(std);
    await frr.start();
    // Long enough to show that it counts from the daemons' start, and is not waited for again.
    const config = { placement, frr, hold: '1s', probeTimeout: '15s' };
    let agent = agentIn(std, config);
    await turned(agent, 'out');
    await settles(t, router, [], 'out');
    await eventually(
      () =>
        FAMILIES.every((family) =>
          routes(router, family).some((route) => route.dst === 'default' && route.protocol === 186),
        ),
      { what: 'BGP defaults' },
    );
    const watch = await monitor(router);
    const ping = startPing(std.noc, STANDARD.inet.loopback);
    await ping.nextReply();
    const fromMs = Date.now();
    for (const end of ['SIGKILL', 'SIGTERM', 'SIGKILL'] as const) {
      await agent.stop(end);
      agent = restartAgent(std, agent, config);
      await turned(agent, 'out');
      await agent.waitForLog(/ ready /);
    }
    await sleep(1200);
    t.same(await watch.since(fromMs, /proto 157/), [], 'the kernel saw no route and no rule of ours');
    t.same(owned(router), [], 'none is there');
    t.equal((await statusOf(agent)).routes.phase, 'out');
    await unbroken(t, [ping], fromMs, `three restarts beside a healthy FRR, ${placement}`);
    await agent.stop();
  });

  t.test(`killed while the routes are in: adopted, placement ${placement}`, async (t) => {
    const std = laboratory(t);
    const { router } = std;
    const config = {
      placement,
      destinations: { inet: ['0.0.0.0/0', '10.99.0.0/16'], inet6: ['::/0', '2001:db8:99::/48'] },
    };
    const wanted = expected(config);
    let agent = agentIn(std, config);
    await agent.waitForLog(/ ready /);
    await settles(t, router, wanted, 'in');
    const watch = await monitor(router);
    const pings = await steadyPings(std);
    const fromMs = Date.now();
    for (let i = 0; i < 3; i++) {
      await agent.kill();
      t.same(owned(router), wanted, 'the kernel keeps them');
      agent = restartAgent(std, agent, config);
      await agent.waitForLog(/ ready /);
    }
    await sleep(200);
    t.same(await watch.since(fromMs, /proto 157/), [], 'nothing was added or deleted');
    t.same(owned(router), wanted, 'exactly what was wanted');
    await unbroken(t, pings, fromMs, `three SIGKILLs with routes in, ${placement}`);
    for (const ping of pings) await notLost(t, ping);
    await agent.stop();
  });
}

t.test('the end of the agent: on-stop keep and withdraw', async (t) => {
  const std = laboratory(t);
  const { router } = std;
  for (const placement of PLACEMENTS) {
    for (const onStop of ['keep', 'withdraw'] as const) {
      const agent = agentIn(std, { placement, more: { 'on-stop': onStop } });
      await agent.waitForLog(/ ready /);
      await settles(t, router, expected({ placement }), 'in');
      const fromMs = Date.now();
      const end = await agent.stop('SIGTERM');
      t.match(end, { status: 0 }, 'SIGTERM: exit 0');
      t.comment(`MEASURED on-stop ${onStop}, ${placement}: ended after ${Date.now() - fromMs} ms`);
      t.same(owned(router), onStop === 'keep' ? expected({ placement }) : [], `${placement}: ${onStop}`);
      t.match(readFileSync(agent.configFile, 'utf8'), onStop);
      await agent.cli('flush', '-c', agent.configFile);
    }
  }
});
