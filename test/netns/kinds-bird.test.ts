/**
 * The agent beside a real BIRD that learns its default routes by BGP: each event of BIRD's life,
 * and what the agent does in the kernel. One laboratory and one agent see the events in turn, so
 * damping grows as in production.
 */

import t from 'tap';
import { eventually, sleep } from '../../src/drill/lab/wait.js';
import { STANDARD, standardLab } from '../lab/standard.js';
import { startPeerFrr } from '../lab/standard-frr.js';
import { BIRDS } from './birds.js';
import {
  added,
  agentIn,
  Bird,
  type Case,
  configText,
  defaultsOf,
  expected,
  inAfter,
  leavesBy,
  Monitor,
  owned,
  settles,
  statusOf,
  statusWhere,
  turned,
} from './kinds-support.js';

/** rtm_protocol and metric of BIRD's routes (facts B2, F3). */
const BIRD = 12;
const BIRD_METRIC = 32;
const RECOVERY_MS = 3000;

const { inet, inet6, peerAsn, routerAsn } = STANDARD;
/** The neighbour that never answers makes a graceful restart last its whole `wait`. */
const CONFIG = `
log stderr all;
router id ${inet.loopback};
graceful restart wait ${RECOVERY_MS / 1000};
protocol device { scan time 1; }
protocol kernel k4 { ipv4 { import none; export all; }; graceful restart; }
protocol kernel k6 { ipv6 { import none; export all; }; graceful restart; }
template bgp session {
  local as ${routerAsn};
  graceful restart on;
  connect delay time 1; connect retry time 1; error wait time 1, 1;
  hold time 9; keepalive time 1;
}
protocol bgp p4 from session { neighbor ${inet.peer} as ${peerAsn}; ipv4 { import all; export none; }; }
protocol bgp p6 from session { neighbor ${inet6.peer} as ${peerAsn}; ipv6 { import all; export none; }; }
protocol bgp silent from session { neighbor 10.1.0.77 as 65077; ipv4 { import all; export none; }; }
`;

for (const { name, program, skip } of BIRDS)
  t.test(name, { skip }, async (t) => {
    const std = standardLab();
    t.teardown(async () => std.close());
    const { lab, router } = std;
    const bird = new Bird(lab, router, { config: CONFIG, program });
    const text = configText([{ bird: { socket: bird.socket } }]);
    // Where nothing hangs: time enough for a machine that is busy with other tests.
    const patient = configText([{ bird: { socket: bird.socket } }], {
      detect: { 'probe-interval': '100ms', 'probe-timeout': '15s' },
    });
    const [monitor] = await Promise.all([Monitor.open(router), startPeerFrr(std)]);
    let agent = agentIn(lab, router, text);
    const atOut = async (t: Case, from: number): Promise<void> => {
      await turned(agent, 'out', from);
      await settles(t, router, [], 'withdrawn');
      t.same(defaultsOf(router, BIRD, BIRD_METRIC), [true, true], "BIRD's defaults stand, both families");
      t.same(leavesBy(router), ['data0', 'data0'], 'and carry');
    };

    await t.test('before it has ever run', async (t) => {
      await settles(t, router, expected(), 'in');
      t.match((await statusOf(agent)).routes, {
        phase: /^in$/,
        cause: 'down',
        reason: /^bird\/bird is down: no socket/,
      });
      t.same(leavesBy(router), ['mgmt0', 'mgmt0']);
    });

    await t.test('start, hold, converge', async (t) => {
      const from = agent.log.length;
      const startedMs = bird.start();
      await agent.waitForLog(/daemon id=bird\/bird state=responsive/, 20_000, from);
      await agent.waitForLog(/cause=converging/, 20_000, from);
      t.same(owned(router), expected(), 'an answer alone withdraws nothing');
      await atOut(t, from);
      t.comment(`MEASURED spawn of BIRD to withdrawn: ${Date.now() - startedMs} ms, most of it BGP`);
      t.match((await statusOf(agent)).routes, {
        phase: 'out',
        cause: null,
        reason: 'every destination is covered',
      });
      const causes = agent.log
        .slice(from)
        .flatMap((line) => /routes phase=(\w+)(?: cause=(\w+))?/.exec(line)?.slice(1).filter(Boolean).join(' ') ?? []);
      t.same(causes.slice(-3), ['in hold', 'in converging', 'out'], 'in this order');
    });

    await t.test('clean stop, and start', async (t) => {
      const from = agent.log.length;
      const stoppedMs = await bird.signal('SIGTERM');
      await inAfter(t, monitor, stoppedMs, 'SIGTERM', 1500);
      await settles(t, router, expected(), 'in, with nothing to preempt');
      t.same(defaultsOf(router, BIRD), [false, false], 'BIRD took its routes along');
      t.match((await statusOf(agent)).daemons, [{ id: 'bird/bird', state: 'stopped' }]);
      bird.start();
      await atOut(t, from);
    });

    await t.test(
      'SIGKILL: stale routes, preemption; graceful restart: the tie goes back, leftovers are no cover',
      async (t) => {
        const from = agent.log.length;
        const killedMs = await bird.signal('SIGKILL');
        await inAfter(t, monitor, killedMs, 'SIGKILL', 400);
        t.same(defaultsOf(router, BIRD, BIRD_METRIC), [true, true], 'the stale routes remain');
        await settles(t, router, expected(undefined, 'winning'), 'after preempt-after the tie is won');
        const tookMs = Date.now() - killedMs;
        t.comment(`MEASURED preempt-after 600 ms: tie won ${tookMs} ms after the death`);
        t.ok(tookMs >= 580 && tookMs < 15_000, 'no earlier and not much later');
        t.same(leavesBy(router), ['mgmt0', 'mgmt0']);
        t.same(
          (await statusOf(agent)).backupRoutes.map((route) => [route.state, route.preempting]),
          [
            ['installed', true],
            ['installed', true],
          ],
        );

        const startedMs = bird.start('-R');
        await settles(t, router, expected(), 'the first sign of life gives the tie back');
        t.same(defaultsOf(router, BIRD, BIRD_METRIC), [true, true], 'while the leftovers stand');
        t.same(leavesBy(router), ['data0', 'data0'], 'and carry again');
        // Before its first answer it only accepts.
        const status = await statusWhere(
          agent,
          (s) => s.daemons[0]?.state === 'appeared' && /raceful restart/.test(s.routes.reason),
        );
        t.match(
          status.routes,
          { phase: /^in$/, cause: 'down', reason: /^bird\/bird is starting: .*[Gg]raceful restart/ },
          'recovery is no health',
        );
        if (name === 'BIRD 3') {
          // Fact B4: its exports stay down after a recovery that ended by its timeout, so that it maintains nothing in the kernel.
          await statusWhere(agent, (s) => s.routes.cause === 'converging', RECOVERY_MS + 15_000);
          await sleep(500);
          t.match(
            (await statusOf(agent)).routes,
            { phase: /^in$/, cause: 'converging', reason: /^not covered (again )?yet: 0\.0\.0\.0\/0, ::\/0$/ },
            'which is no cover',
          );
          t.same(leavesBy(router), ['data0', 'data0'], 'the leftovers carry all the same');
          await bird.signal('SIGTERM');
          bird.start();
          return atOut(t, from);
        }
        await atOut(t, from);
        const recoveredMs = Date.now() - startedMs;
        t.comment(`MEASURED bird -R, graceful restart wait ${RECOVERY_MS} ms: withdrawn after ${recoveredMs} ms`);
        t.ok(recoveredMs >= RECOVERY_MS - 100, 'not before recovery is over');
        const gone = await monitor.since(startedMs, /^Deleted default .*proto 157/);
        t.ok(
          gone.length === 2 && gone.every((event) => event.atMs - startedMs >= RECOVERY_MS - 100),
          'ours stood all the while',
        );
      },
    );

    await t.test('hang and return', async (t) => {
      const from = agent.log.length;
      const stoppedMs = await bird.signal('SIGSTOP');
      await inAfter(t, monitor, stoppedMs, 'SIGSTOP, probe-timeout 1000 ms', 2200, 500);
      t.match((await statusOf(agent)).daemons, [{ state: 'unresponsive', reason: /no answer/ }]);
      // More than twice preempt-after.
      await sleep(2000);
      t.same(owned(router), expected(), 'time preempts no route of a daemon that hangs but lives');
      t.same(leavesBy(router), ['data0', 'data0'], 'its routes carry on');
      await bird.signal('SIGCONT');
      await atOut(t, from);
    });

    await t.test('restart', async (t) => {
      const from = agent.log.length;
      const killedMs = await bird.signal('SIGKILL');
      bird.start();
      await inAfter(t, monitor, killedMs, 'SIGKILL with a start at its heels', 400);
      await turned(agent, 'in', from);
      await atOut(t, from);
      const { damping } = await statusOf(agent);
      t.match(
        damping,
        { deaths: 3, holdMs: 400, reason: /^3 deaths/ },
        'kill, hang, restart: the hold-time has doubled with each but the first; a stop is none',
      );
    });

    await t.test('a restart of the agent beside a healthy BIRD inserts nothing', async (t) => {
      for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
        const fromMs = Date.now();
        await agent.stop(signal);
        agent = agentIn(lab, router, patient, { directory: agent.directory });
        await turned(agent, 'out', 0);
        await sleep(300);
        t.match((await statusOf(agent)).routes, { phase: 'out' });
        t.same(await monitor.since(fromMs, added()), [], `${signal}: no route of ours`);
        t.same(await monitor.since(fromMs, /proto 157|: from all iif lo/), [], `${signal}: and no rule`);
      }
      const killedMs = await bird.signal('SIGKILL');
      await inAfter(t, monitor, killedMs, 'SIGKILL beside the successor', 400);
      await eventually(() => leavesBy(router).join() === 'mgmt0,mgmt0', { what: 'preemption' });
    });
  });
