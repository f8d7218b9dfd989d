/** FRR under watchfrr, which restarts what dies; also the death of one daemon of several. */

import t from 'tap';
import { eventually, sleep } from '../../src/drill/lab/wait.js';
import { routes } from '../lab/inspect.js';
import { STANDARD } from '../lab/standard.js';
import { prepareRouterFrr, startPeerFrr } from '../lab/standard-frr.js';
import { startWatchfrr } from '../lab/watchfrr.js';
import {
  agentIn,
  backWithin,
  expected,
  FAMILIES,
  laboratory,
  mark,
  monitor,
  owned,
  settles,
  statusOf,
  steadyPings,
  turned,
  unbroken,
} from './agent-support.js';

t.test('zebra is killed, watchfrr restarts FRR: out again only once the routes are really back', async (t) => {
  const std = laboratory(t);
  const { router } = std;
  await startPeerFrr(std);
  const frr = prepareRouterFrr(std);
  const agent = agentIn(std, { frr, preempt: '10s' });
  const watchfrr = await startWatchfrr(frr);
  await turned(agent, 'out');
  await settles(t, router, [], 'converged under watchfrr');
  const watch = await monitor(router);
  const pings = await steadyPings(std);

  const from = mark(agent);
  const formerPid = watchfrr.pid('zebra');
  const killedMs = watchfrr.signal('zebra', 'SIGKILL');
  await backWithin(t, watch, killedMs, 100, 'SIGKILL of zebra under watchfrr');
  await settles(t, router, expected(), 'in');
  await turned(agent, 'out', from, 40_000);
  const outMs = Date.now();
  await settles(t, router, [], 'withdrawn again');
  t.not(watchfrr.pid('zebra'), formerPid, 'it is another zebra');
  const gone = await watch.since(killedMs, /^Deleted default .*proto 157/);
  t.equal(gone.length, 2, 'withdrawn once');
  for (const family of FAMILIES) {
    t.ok(
      routes(router, family).some((route) => route.dst === 'default' && route.protocol === 186),
      `${family}: the BGP default is back`,
    );
    const gateway = family === 'inet' ? /^default .*via 10\..*proto 186/ : /^default .*via fe80.*proto 186/;
    const returned = (await watch.since(killedMs, gateway)).at(-1);
    t.ok(returned !== undefined && returned.atMs < gone[0]!.atMs, `${family}: before the backup went`);
  }
  await sleep(300);
  t.comment(`MEASURED watchfrr: SIGKILL of zebra to withdrawal ${outMs - killedMs} ms`);
  await unbroken(t, pings, killedMs, 'SIGKILL of zebra, restart by watchfrr, withdrawal');

  // systemctl restart frr: everything ends in order and starts again.
  const again = mark(agent);
  const restartMs = Date.now();
  watchfrr.restartAll();
  await turned(agent, 'in', again);
  await turned(agent, 'out', again, 40_000);
  await settles(t, router, [], 'and withdrawn after that');
  await sleep(200);
  t.comment(`MEASURED orderly restart of FRR: withdrawn again after ${Date.now() - restartMs} ms`);
  await unbroken(t, pings, restartMs, 'orderly restart of FRR');
  t.match((await statusOf(agent)).damping, { holdMs: 300 }, 'an orderly restart is no second death');
  await watchfrr.stop();
});

t.test('of zebra, bgpd and staticd only one dies', async (t) => {
  const std = laboratory(t);
  const { router } = std;
  await startPeerFrr(std);
  const frr = prepareRouterFrr(std, {
    staticRoutes: [{ prefix: '203.0.113.0/24', gateway: STANDARD.inet.peer }],
  });
  await frr.start();
  // Damping has its own tests; a short hold-time keeps its doublings short.
  const agent = agentIn(std, {
    frr,
    daemons: ['zebra', 'bgpd', 'staticd'],
    hold: '100ms',
    convergence: '30s',
  });
  await turned(agent, 'out');
  const watch = await monitor(router);
  const pings = await steadyPings(std);

  for (const daemon of ['bgpd', 'staticd']) {
    const from = mark(agent);
    const killedMs = await frr.kill(daemon);
    await backWithin(t, watch, killedMs, 100, `SIGKILL of ${daemon}`);
    await settles(t, router, expected(), 'in');
    const status = await statusOf(agent);
    t.match(status.routes.reason, `frr/${daemon} is down`, 'the reason names the daemon');
    t.same(
      status.daemons.filter((d) => d.state !== 'responsive').map((d) => d.id),
      [`frr/${daemon}`],
      'the others live',
    );
    if (daemon === 'bgpd')
      await eventually(() => !routes(router, 'inet').some((route) => route.protocol === 186), {
        what: 'zebra takes the routes of bgpd out',
      });
    await sleep(100);
    t.same(owned(router), expected(), 'a living rival or none: nothing is preempted');
    await frr.start(daemon);
    await turned(agent, 'out', from);
    await settles(t, router, [], `${daemon} is back: out`);
    for (const family of FAMILIES)
      t.ok(
        routes(router, family).some((route) => route.dst === 'default' && route.protocol === 186),
        `${family}: with FRR's default in place`,
      );
    await sleep(100);
    await unbroken(t, pings, killedMs, `SIGKILL and return of ${daemon}`);
  }
});
