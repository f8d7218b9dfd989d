/**
 * Daemons that the agent does not know, watched in each generic way: a real BIRD with static
 * default routes, beside it one real agent for each kind and one for a list of all kinds. The
 * agents share a router, each with its own numbers, so one event shows the reaction of every kind.
 * The loopback TCP socket is zebra's telnet port, since BIRD has none.
 */

import { copyFileSync, mkdirSync, readFileSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { Agent } from '../../src/drill/lab/agent.js';
import { FRR_BINARIES } from '../../src/drill/lab/frr.js';
import type { Process } from '../../src/drill/lab/process.js';
import { sleep } from '../../src/drill/lab/wait.js';
import { STANDARD, type StandardLab, standardLab } from '../lab/standard.js';
import { prepareRouterFrr } from '../lab/standard-frr.js';
import {
  agentIn,
  Bird,
  birdProgram,
  configText,
  defaultsOf,
  expected,
  inAfter,
  installed,
  type Json,
  Monitor,
  type Numbers,
  owned,
  settles,
  staticBird,
  statusOf,
  statusWhere,
} from './kinds-support.js';

const NAME = `kg${process.pid}`;
const PROBE_TIMEOUT_MS = 500;
const EXEC_MS = 400;

/** Where the host has control groups version 2; undefined: the kind `unit` is left out. */
const CGROUP2 = readFileSync('/proc/mounts', 'utf8').match(/^\S+ (\S+) cgroup2 /m)?.[1];
const GROUP = `system.slice/${NAME}.service`;
/** `ip netns exec` covers /sys (ip-netns(8)), so the control groups are mounted anew; only this process and its children see that. */
const SEES_CGROUPS =
  CGROUP2 === undefined ? [] : ['sh', '-c', 'mount -t cgroup2 cgroup2 /sys/fs/cgroup && exec "$@"', 'sh'];
/** As systemd starts a service: the shell joins the group and becomes the daemon. */
const IN_GROUP =
  CGROUP2 === undefined
    ? []
    : [...SEES_CGROUPS, 'sh', '-c', 'echo $$ > "$0" && exec "$@"', `/sys/fs/cgroup/${GROUP}/cgroup.procs`];

interface Watcher {
  readonly kind: string;
  readonly agent: Agent;
  readonly numbers: Numbers;
  /** Whether it can notice a process that is stopped by a signal. */
  readonly noticesHang: boolean;
  /** Longest wait for a death, on a busy machine. */
  readonly limitMs: number;
}

const HANG_BLIND = ['unit', 'socket'];
const LIMIT_MS: Readonly<Record<string, number>> = { exec: EXEC_MS + 800 };

function makeGroup(): () => void {
  if (CGROUP2 === undefined) return () => undefined;
  const slice = join(CGROUP2, 'system.slice');
  const madeSlice = mkdirSync(slice, { recursive: true }) !== undefined;
  mkdirSync(join(CGROUP2, GROUP));
  return () => {
    rmdirSync(join(CGROUP2, GROUP));
    // Others that run beside this test may have a group of their own in it.
    if (madeSlice)
      try {
        rmdirSync(slice);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EBUSY') throw error;
      }
  };
}

/** An agent with numbers of its own: the i-th of several in one namespace. */
function watcher(std: StandardLab, i: number, kind: string, daemons: Json): Watcher {
  const numbers = { protocol: 160 + i, tableBase: 26_000 + 200 * i, priorityBase: 20_000 + 300 * i };
  const text = configText(daemons, {
    'route-protocol': numbers.protocol,
    'table-base': numbers.tableBase,
    'rule-priority-base': numbers.priorityBase,
    detect: { 'probe-interval': '100ms', 'probe-timeout': `${PROBE_TIMEOUT_MS}ms` },
  });
  const agent = agentIn(std.lab, std.router, text, { wrapper: SEES_CGROUPS });
  return { kind, agent, numbers, noticesHang: !HANG_BLIND.includes(kind), limitMs: LIMIT_MS[kind] ?? 600 };
}

const skip = (birdProgram() === undefined || installed('birdcl') === undefined) && 'bird is not installed';

t.test(
  'unit',
  { skip: CGROUP2 === undefined && 'no cgroup v2 is mounted here' },
  async (t) => void t.pass('is among the kinds below'),
);

t.test(
  'a BIRD that the agent knows by unit, pidfile, process, socket, exec, and by all of them',
  { skip },
  async (t) => {
    const std = standardLab();
    const removeGroup = makeGroup();
    t.teardown(async () => {
      await std.close();
      removeGroup();
    });
    const { lab, router } = std;
    const bird = new Bird(lab, router, {
      name: NAME,
      config: staticBird(STANDARD.inet.loopback, STANDARD.inet.peer, STANDARD.inet6.peer),
      wrapper: IN_GROUP,
    });
    const kinds: readonly (readonly [string, Json])[] = [
      ...(CGROUP2 === undefined
        ? []
        : [['unit', { unit: { name: `${NAME}.service`, 'route-protocols': 'bird' } }] as const]),
      ['pidfile', { pidfile: { path: bird.pidfile, 'route-protocols': 'bird' } }],
      ['process', { process: { name: NAME, 'route-protocols': 'bird' } }],
      ['socket', { socket: { path: bird.socket, 'route-protocols': 'bird' } }],
      [
        'exec',
        {
          exec: {
            command: [installed('birdcl')!, '-s', bird.socket, 'show', 'status'],
            interval: `${EXEC_MS}ms`,
            timeout: `${EXEC_MS}ms`,
            'route-protocols': 'bird',
          },
        },
      ],
    ];
    // One more that only the list wants: a program that stays, under a name of its own.
    const other = `${NAME}x`;
    copyFileSync(installed('sleep')!, join(lab.directory, other));
    const startOther = () => router.spawn([join(lab.directory, other), '1000'], { closeSignal: 'SIGKILL' });

    const monitor = await Monitor.open(router);
    const single = kinds.map(([kind, entry], i) => watcher(std, i, kind, [entry]));
    const list = watcher(std, kinds.length, 'list', [...kinds.map(([, entry]) => entry), { process: other }]);
    const everyone = [...single, list];

    const allAre = async (
      t: Test,
      watchers: readonly Watcher[],
      state: 'in' | 'preempting' | 'out',
      message: string,
    ): Promise<void> => {
      for (const { kind, numbers } of watchers) {
        const wanted = state === 'out' ? [] : expected(undefined, state === 'in' ? 'losing' : 'winning', numbers);
        await settles(t, router, wanted, `${message}: ${kind}`, 20_000, numbers);
      }
    };
    const dies = async (
      t: Test,
      what: string,
      watchers: readonly Watcher[],
      atMs: number,
      extraMs = 0,
    ): Promise<void> => {
      for (const { kind, numbers, limitMs } of watchers)
        await inAfter(t, monitor, atMs, `${what}, ${kind}`, limitMs + extraMs, 0, undefined, numbers);
    };

    await t.test('start', async (t) => {
      await allAre(t, everyone, 'in', 'nothing runs');
      bird.start();
      await allAre(t, single, 'out', 'BIRD runs and covers');
      t.same(defaultsOf(router, 12), [true, true]);
      for (const { agent } of single)
        t.match((await statusOf(agent)).routes, { phase: 'out', reason: 'every destination is covered' });
    });

    await t.test('in a list all must be healthy, and each shows its own state', async (t) => {
      const status = await statusWhere(
        list.agent,
        (s) => s.daemons.filter((d) => d.state === 'responsive').length === kinds.length,
      );
      t.match(status.routes, { phase: /^in$/, cause: 'down', reason: `process/${other} is down` }, 'one is missing');
      t.match(status.daemons.at(-1), { id: `process/${other}`, state: 'down', reason: /\S/ });
      t.same(new Set(status.daemons.map((d) => d.id)).size, kinds.length + 1, 'each has an entry');
      for (const daemon of status.daemons)
        t.ok(
          daemon.reason !== '' && Date.parse(daemon.since) > 0 && daemon.forMs >= 0,
          `${daemon.id}: ${daemon.state}, ${daemon.reason}`,
        );
      const since = (id: string): number => Date.parse(status.daemons.find((d) => d.id.startsWith(id))!.since);
      t.ok(since('pidfile') > since(`process/${other}`), 'each has its own since');
      const process = startOther();
      await allAre(t, [list], 'out', 'now all are healthy');
      const killedMs = Date.now();
      await process.stop('SIGKILL');
      await dies(t, 'SIGKILL of the other one', [list], killedMs);
      await allAre(t, [list], 'in', 'one has died');
      t.match(
        (await statusOf(list.agent)).daemons.map((d) => d.state),
        [...kinds.map(() => 'responsive'), 'down'],
      );
      t.same(
        single.flatMap(({ numbers }) => owned(router, numbers)),
        [],
        'which is no news to the others',
      );
      startOther();
      await allAre(t, [list], 'out', 'and is back');
    });

    await t.test('SIGKILL, stale routes, restart', async (t) => {
      const killedMs = await bird.signal('SIGKILL');
      await dies(t, 'SIGKILL', everyone, killedMs);
      t.same(defaultsOf(router, 12, 32), [true, true], 'the stale routes remain');
      await allAre(t, everyone, 'preempting', 'route-protocols: they are known for stale');
      bird.start();
      await allAre(t, everyone, 'out', 'restart');
    });

    await t.test('hang', async (t) => {
      const [sees, blind] = [single.filter((w) => w.noticesHang), single.filter((w) => !w.noticesHang)];
      const stoppedMs = await bird.signal('SIGSTOP');
      await dies(
        t,
        `SIGSTOP, probe-timeout ${PROBE_TIMEOUT_MS} ms`,
        [...sees, list],
        stoppedMs,
        PROBE_TIMEOUT_MS + 600,
      );
      for (const { agent } of sees) t.match((await statusOf(agent)).daemons, [{ state: 'unresponsive', reason: /\S/ }]);
      t.same(
        blind.flatMap(({ numbers }) => owned(router, numbers)),
        [],
        `${blind.map((w) => w.kind).join(' and ')} cannot notice it`,
      );
      await bird.signal('SIGCONT');
      await allAre(t, everyone, 'out', 'SIGCONT');
    });

    await t.test('clean stop', async (t) => {
      const stoppedMs = await bird.signal('SIGTERM');
      await dies(t, 'SIGTERM', everyone, stoppedMs, 300);
      await allAre(t, everyone, 'in', 'nothing is stale');
    });
  },
);

t.test('a graceful restart of BIRD, which only those notice that ask for it', { skip }, async (t) => {
  const RECOVERY_S = 4;
  const std = standardLab();
  const removeGroup = makeGroup();
  t.teardown(async () => {
    await std.close();
    removeGroup();
  });
  const { lab, router } = std;
  // A neighbour that never comes: BIRD waits for it as long as it may.
  const peer = `protocol bgp p4 { local as 65001; neighbor ${STANDARD.inet.peer} as 65002; graceful restart on; ipv4 { import all; export none; }; }`;
  const config = staticBird(STANDARD.inet.loopback, STANDARD.inet.peer, STANDARD.inet6.peer, {
    waitS: RECOVERY_S,
    lines: [peer],
  });
  const bird = new Bird(lab, router, { name: NAME, config, wrapper: IN_GROUP });
  const birdcl = installed('birdcl')!;
  const times = { interval: `${EXEC_MS}ms`, timeout: `${EXEC_MS}ms`, 'route-protocols': 'bird' };
  const blind: readonly (readonly [string, Json])[] = [
    ...(CGROUP2 === undefined
      ? []
      : [['unit', { unit: { name: `${NAME}.service`, 'route-protocols': 'bird' } }] as const]),
    ['pidfile', { pidfile: { path: bird.pidfile, 'route-protocols': 'bird' } }],
    ['process', { process: { name: NAME, 'route-protocols': 'bird' } }],
    ['socket', { socket: { path: bird.socket, 'route-protocols': 'bird' } }],
    ['exec', { exec: { command: [birdcl, '-s', bird.socket, 'show', 'status'], ...times } }],
  ];
  const seeing: readonly (readonly [string, Json])[] = [
    [
      'exec',
      {
        exec: {
          command: [
            '/bin/sh',
            '-c',
            `out=$(${birdcl} -s ${bird.socket} show status) && ! echo "$out" | grep -q 'Graceful restart'`,
          ],
          ...times,
        },
      },
    ],
    ['bird', { bird: { socket: bird.socket } }],
  ];
  const monitor = await Monitor.open(router);
  const [dim, keen] = [blind, seeing].map((kinds, offset) =>
    kinds.map(([kind, entry], i) => watcher(std, i + 5 * offset, kind, [entry])),
  ) as [Watcher[], Watcher[]];
  // Before an agent has put them in there is nothing either.
  for (const { kind, numbers } of [...dim, ...keen])
    await settles(t, router, expected(undefined, 'losing', numbers), `${kind}: in`, 30_000, numbers);
  bird.start();
  for (const { kind, numbers } of [...dim, ...keen]) await settles(t, router, [], `${kind}: out`, 20_000, numbers);

  const killedMs = await bird.signal('SIGKILL');
  for (const { kind, numbers, limitMs } of [...dim, ...keen])
    await inAfter(t, monitor, killedMs, `SIGKILL, ${kind}`, limitMs, 0, undefined, numbers);
  const startedMs = bird.start('-R');
  const goneMs = async ({ numbers }: Watcher): Promise<number> =>
    (await monitor.next(new RegExp(`^Deleted default .*proto ${numbers.protocol}\\b`), startedMs, 15_000)).atMs -
    startedMs;
  for (const one of dim) {
    const tookMs = await goneMs(one);
    t.comment(`MEASURED graceful restart, ${one.kind}: withdrawn ${tookMs.toFixed(0)} ms after -R`);
    t.ok(tookMs < RECOVERY_S * 1000 - 500, `${one.kind}: does not see that the recovery goes on`);
  }
  t.same(defaultsOf(router, 12, 32), [true, true], 'the routes of the former life forward meanwhile');
  for (const one of keen) t.not(owned(router, one.numbers).length, 0, `${one.kind}: waits`);
  for (const one of keen) {
    const tookMs = await goneMs(one);
    t.comment(`MEASURED graceful restart of ${RECOVERY_S} s, ${one.kind}: withdrawn ${tookMs.toFixed(0)} ms after -R`);
    t.ok(tookMs >= RECOVERY_S * 1000 - 500, `${one.kind}: not before the recovery is over`);
  }
});

t.test(
  'loopback TCP: zebra by its telnet port',
  { skip: installed(`${FRR_BINARIES}/zebra`) === undefined && 'FRR is not installed' },
  async (t) => {
    const std = standardLab();
    t.teardown(async () => std.close());
    const { lab, router } = std;
    const staticRoutes = [
      { prefix: '0.0.0.0/0', gateway: STANDARD.inet.peer },
      { prefix: '::/0', gateway: STANDARD.inet6.peer },
    ];
    const frr = prepareRouterFrr(std, {
      daemons: ['zebra', 'staticd'],
      staticRoutes,
      zebraLines: ['password lab', 'line vty', ' exec-timeout 0 0'],
    });
    // The laboratory's zebra has no telnet port (-P 0); this one has.
    const argv = frr.argv('zebra').map((word, i, words) => (words[i - 1] === '-P' ? '2601' : word));
    const start = async (): Promise<Process> => {
      const zebra = router.spawn([...argv, '-A', '127.0.0.1'], { closeSignal: 'SIGKILL' });
      await frr.answering('zebra');
      await frr.start('staticd');
      return zebra;
    };
    const monitor = await Monitor.open(router);
    const agent = agentIn(
      lab,
      router,
      configText([{ socket: { address: '127.0.0.1:2601', 'route-protocols': 'frr-static' } }]),
    );
    await settles(t, router, expected(), 'nothing listens: in');
    let zebra = await start();
    await settles(t, router, [], 'accepts, and the defaults are there: out');
    t.same(defaultsOf(router, 196), [true, true]);
    t.match((await statusOf(agent)).daemons, [{ id: 'socket/127.0.0.1:2601', state: 'responsive', reason: /\S/ }]);

    const killedMs = Date.now();
    await Promise.all([zebra.stop('SIGKILL'), frr.kill('staticd')]);
    await inAfter(t, monitor, killedMs, 'SIGKILL, loopback TCP', 600);
    await settles(t, router, expected(undefined, 'winning'), 'its routes are stale');
    zebra = await start();
    await settles(t, router, [], 'restart: out');

    zebra.kill('SIGSTOP');
    await sleep(1300);
    t.same(owned(router), [], 'a hang is not noticed');
    zebra.kill('SIGCONT');
    const stoppedMs = Date.now();
    await frr.stop('staticd');
    await zebra.stop('SIGTERM');
    await inAfter(t, monitor, stoppedMs, 'SIGTERM, loopback TCP', 3000);
    await settles(t, router, expected(), 'clean stop: in');
  },
);
