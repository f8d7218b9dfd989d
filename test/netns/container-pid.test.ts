/**
 * Daemons in a pid namespace of their own, as in a container: the pid in a pid file and the pid
 * behind a socket mean nothing to the agent. A restart of the agent beside an old daemon inserts
 * nothing; beside a young one the hold-time is kept.
 */

import { chmodSync, existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { FRR_BINARIES, type Frr, prepareFrr } from '../../src/drill/lab/frr.js';
import { zebraConfig } from '../../src/drill/lab/frr-conf.js';
import type { Process } from '../../src/drill/lab/process.js';
import { eventually, sleep } from '../../src/drill/lab/wait.js';
import { routes } from '../lab/inspect.js';
import { STANDARD, type StandardLab } from '../lab/standard.js';
import { staticConfig } from '../lab/standard-frr.js';
import {
  agentIn,
  type ConfigOptions,
  configText,
  laboratory,
  monitor,
  owned,
  statusOf,
  turned,
} from './agent-support.js';
import { BIRDS } from './birds.js';

/**
 * A command after these runs in a pid namespace of its own, with a /proc of its own. The shell is its first process, and
 * takes the command along: FRR's daemons change their user, and forget who is to be told of whose death.
 */
const CONTAINER = ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc', 'sh', '-c', '"$@"; exit', 'sh'];

/** zebra and staticd with both default routes, each in a container of its own. */
function containedFrr(std: StandardLab): Frr {
  const directory = join(std.lab.directory, 'frr');
  const programs = Object.fromEntries(
    ['zebra', 'staticd'].map((daemon) => {
      const file = join(std.lab.directory, `contained-${daemon}`);
      writeFileSync(
        file,
        `#!/bin/sh\nexec ${CONTAINER.map((word) => `'${word}'`).join(' ')} ${join(FRR_BINARIES, daemon)} "$@"\n`,
      );
      chmodSync(file, 0o755);
      return [daemon, file];
    }),
  );
  const config = staticConfig([
    { prefix: '0.0.0.0/0', gateway: STANDARD.inet.peer },
    { prefix: '::/0', gateway: STANDARD.inet6.peer },
  ]);
  return prepareFrr(std.router, { directory, programs, daemons: { zebra: zebraConfig(), staticd: config } });
}

async function covered(std: StandardLab, protocol: number): Promise<void> {
  await eventually(
    () =>
      (['inet', 'inet6'] as const).every((family) =>
        routes(std.router, family).some((route) => route.dst === 'default' && route.protocol === protocol),
      ),
    { what: 'default routes of both families' },
  );
}

/** Where the agent is: in the pid namespace of the host, or in a container of its own, too. */
const PLACES = { 'the host': [], 'another container': CONTAINER } as const;

interface Life {
  /** As the configuration names it. */
  readonly daemon: ConfigOptions['more'];
  /** Begins anew. */
  start(): Promise<void>;
  stop(): Promise<void>;
  /** The protocol number of its routes. */
  readonly protocol: number;
}

async function restarts(t: Test, std: StandardLab, { daemon, start, stop, protocol }: Life): Promise<void> {
  const config = configText({ hold: '6s', probeTimeout: '15s', more: daemon ?? {} });
  for (const [place, wrapper] of Object.entries(PLACES)) {
    await start();
    let agent = agentIn(std, config, { wrapper });
    await turned(agent, 'in');
    t.equal((await statusOf(agent)).routes.cause, 'hold', `agent in ${place}: the hold-time of a young one is kept`);
    await covered(std, protocol);
    await turned(agent, 'out');
    await eventually(() => owned(std.router).length === 0, { what: 'nothing of ours' });
    const watch = await monitor(std.router);
    const fromMs = Date.now();
    for (let i = 0; i < 2; i++) {
      await agent.kill();
      agent = agentIn(std, config, { wrapper, directory: agent.directory });
      await turned(agent, 'out');
    }
    await sleep(500);
    t.same(
      await watch.since(fromMs, /proto 157/),
      [],
      `agent in ${place}: the kernel saw no route and no rule of ours`,
    );
    await agent.kill();
    await stop();
    for (const family of ['-4', '-6'])
      std.router.run(['sh', '-c', `ip ${family} route flush proto ${protocol} 2>/dev/null; :`]);
  }
}

// Each waits most of its time, in a laboratory of its own.
t.jobs = 2;

t.test('FRR', { buffered: true }, async (t) => {
  const std = laboratory(t);
  const frr = containedFrr(std);
  await restarts(t, std, {
    daemon: { 'routing-daemon': [{ frr: { daemons: ['zebra', 'staticd'], 'socket-directory': frr.directory } }] },
    start: async () => frr.start(undefined, 30_000),
    stop: async () => void (await frr.kill()),
    protocol: 196,
  });
});

// Its times in another format: then it is as old as its socket.
for (const { name, program, skip } of BIRDS)
  for (const lines of name === 'BIRD 2' ? ['', 'timeformat base "%H:%M";'] : [''])
    t.test(`${name} ${lines}`, { skip, buffered: true }, async (t) => {
      const std = laboratory(t);
      const at = (file: string): string => join(std.lab.directory, file);
      writeFileSync(at('bird.conf'), birdConfig(lines));
      let bird: Process | undefined;
      await restarts(t, std, {
        daemon: { 'routing-daemon': [{ bird: { socket: at('bird.ctl') } }] },
        start: async () => {
          bird = std.router.spawn([...CONTAINER, program, '-f', '-c', at('bird.conf'), '-s', at('bird.ctl')], {
            closeSignal: 'SIGKILL',
          });
          await eventually(() => existsSync(at('bird.ctl')), { what: 'a control socket', timeoutMs: 30_000 });
        },
        stop: async () => {
          await bird?.stop('SIGKILL');
          rmSync(at('bird.ctl'), { force: true });
        },
        protocol: 12,
      });
    });

t.test('a command says that the daemon is well, and nothing of its age', { buffered: true }, async (t) => {
  const std = laboratory(t);
  for (const [family, gateway] of [
    ['-4', STANDARD.inet.peer],
    ['-6', STANDARD.inet6.peer],
  ] as const)
    std.router.ip(`${family} route add default via ${gateway} dev data0 proto 99 metric 50`);
  const file = join(std.lab.directory, 'well');
  const config = configText({
    hold: '1s',
    more: {
      'routing-daemon': [{ exec: { command: ['/usr/bin/test', '-e', file], interval: '200ms', timeout: '2s' } }],
    },
  });
  writeFileSync(file, '');
  const watch = await monitor(std.router);
  const fromMs = Date.now();
  const agent = agentIn(std, config);
  await turned(agent, 'out');
  t.ok(Date.now() - fromMs > 1000, 'after the hold-time');
  t.same(await watch.since(fromMs, /proto 157/), [], 'what it found covered it has left alone');
  rmSync(file);
  await turned(agent, 'in');
  t.not(owned(std.router).length, 0, 'in when the command fails');
  await agent.stop();
});

function birdConfig(lines: string): string {
  return `${lines}
router id 10.9.0.1;
protocol device {}
protocol kernel { ipv4 { export all; }; }
protocol kernel { ipv6 { export all; }; }
protocol static { ipv4; route 0.0.0.0/0 via ${STANDARD.inet.peer}; }
protocol static { ipv6; route ::/0 via ${STANDARD.inet6.peer}; }
`;
}
