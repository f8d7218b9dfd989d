/**
 * The agent with process events, in a namespace. The routes go in on the kernel's notification
 * alone and stay in; signals that end nothing cause no alarm. Without process events, or with an
 * invalid setting of a laboratory, the end of file has its usual effect.
 */

import { release } from 'node:os';
import t from 'tap';
import { sleep } from '../../src/drill/lab/wait.js';
import { openProcessEvents } from '../../src/kernel/process/process-events.js';
import { prepareRouterFrr } from '../lab/standard-frr.js';
import {
  agentIn,
  expected,
  laboratory,
  mark,
  settles,
  statusOf,
  statusWhere,
  turned,
  zebraOnly,
} from './agent-support.js';

const HERE = `/proc/${process.pid}/ns/net`;
const CONFIG = { daemons: ['zebra'], hold: '0s', convergence: 0 } as const;

/** Whether the kernel tells of processes where this test runs. */
async function has(): Promise<boolean> {
  const processes = openProcessEvents();
  processes.watch(process.pid, () => undefined);
  for (let i = 0; i < 50 && !processes.live; i++) await sleep(10);
  const { live } = processes;
  processes.close();
  return live;
}

const skip = (await has()) ? false : 'process events are not to be had here';

t.test('SIGKILL and crash, again and again', { skip }, async (t) => {
  const std = laboratory(t);
  const frr = zebraOnly(std);
  await frr.start();
  const agent = agentIn(
    std,
    { frr, ...CONFIG },
    { env: { BACKUP_ROUTER_PROCESS_EVENTS_NETNS: HERE }, args: ['--verbose'] },
  );
  await turned(agent, 'out');
  for (const [signal, how] of [
    ['SIGKILL', 'was ended by signal 9'],
    ['SIGSEGV', 'crashed'],
    ['SIGKILL', 'was ended by signal 9'],
  ] as const) {
    await sleep(100);
    const from = mark(agent);
    frr.process('zebra').kill(signal);
    // A probe that is written at that moment finds the socket closed, before the news of the process is there.
    await agent.waitForLog(new RegExp(`process \\d+ \\(zebra\\) ${how}|EPIPE on `), 20_000, from);
    await settles(t, std.router, expected(), `${signal}: in`);
    await sleep(300);
    t.same(
      agent.log.slice(from).filter((line) => /phase=out/.test(line)),
      [],
      'and they stay in',
    );
    await frr.kill('zebra').catch(() => undefined);
    await frr.start('zebra');
    await turned(agent, 'out', from);
    await settles(t, std.router, [], 'out');
  }
  t.notOk(agent.log.some((line) => /no-process-events/.test(line)));
  const from = mark(agent);
  for (const signal of ['SIGHUP', 'SIGUSR1', 'SIGSTOP', 'SIGCONT'] as const) frr.process('zebra').kill(signal);
  await sleep(500);
  t.same(
    agent.log.slice(from).filter((line) => /phase=in/.test(line)),
    [],
    'no false alarm',
  );
});

for (const [title, env] of [
  ['none asked for', {}],
  ['a namespace that is not there', { BACKUP_ROUTER_PROCESS_EVENTS_NETNS: '/proc/0/ns/net' }],
  ['a file that is no namespace', { BACKUP_ROUTER_PROCESS_EVENTS_NETNS: '/proc/self/status' }],
] as const) {
  t.test(`without process events: ${title}`, async (t) => {
    const std = laboratory(t);
    const frr = zebraOnly(std);
    await frr.start();
    const agent = agentIn(std, { frr, ...CONFIG }, { env, args: ['--verbose'] });
    await turned(agent, 'out');
    t.match(await agent.waitForLog(/no-process-events/), /closes/);
    const from = mark(agent);
    await frr.kill('zebra');
    await agent.waitForLog(/end of file|ECONNRESET|EPIPE/, 20_000, from);
    await settles(t, std.router, expected(), 'in');
    await frr.start();
    await turned(agent, 'out', from);
    await settles(t, std.router, [], 'out');
  });
}

/** Older kernels keep no status of a process that is gone: a stop is told only where the agent looks in time. */
const [major = 0, minor = 0] = release().split('.').map(Number);
const forgets = major < 6 || (major === 6 && minor < 15) ? 'needs Linux 6.15' : false;

t.test('without process events a stop of FRR is told from its death', { skip: forgets }, async (t) => {
  const std = laboratory(t);
  const frr = prepareRouterFrr(std, { daemons: ['zebra', 'bgpd', 'staticd'] });
  await frr.start();
  const agent = agentIn(std, { frr, ...CONFIG, daemons: frr.daemons }, { args: ['--verbose'] });
  await turned(agent, 'out');
  const told = async (): Promise<{ readonly states: readonly string[]; readonly deaths: number }> => {
    const { daemons, damping } = await statusOf(agent);
    return { states: daemons.map(({ state }) => state), deaths: damping.deaths };
  };
  const all = (state: string): readonly string[] => frr.daemons.map(() => state);
  const again = async (from: number): Promise<void> => {
    await frr.start();
    await turned(agent, 'out', from);
  };

  for (let round = 0; round < 3; round++) {
    const from = mark(agent);
    await frr.stop();
    await statusWhere(agent, ({ daemons }) => daemons.every(({ state }) => state === 'stopped'), 15_000);
    t.same(await told(), { states: all('stopped'), deaths: 0 }, 'SIGTERM');
    await settles(t, std.router, expected(), 'in', 15_000);
    await again(from);
  }
  for (const [i, signal] of (['SIGKILL', 'SIGSEGV', 'SIGABRT'] as const).entries()) {
    const from = mark(agent);
    for (const daemon of frr.daemons) frr.process(daemon).kill(signal);
    await statusWhere(agent, ({ daemons }) => daemons.every(({ state }) => state === 'down'), 15_000);
    t.same(await told(), { states: all('down'), deaths: i + 1 }, signal);
    await settles(t, std.router, expected(), 'in', 15_000);
    for (const daemon of frr.daemons) await frr.process(daemon).exited;
    await again(from);
  }
  const from = mark(agent);
  await frr.stop('bgpd');
  await statusWhere(agent, ({ daemons }) => daemons.some(({ state }) => state === 'stopped'), 15_000);
  t.equal((await told()).deaths, 3, 'bgpd alone, stopped');
  await again(from);
  await frr.kill('bgpd');
  await statusWhere(agent, ({ daemons }) => daemons.some(({ state }) => state === 'down'), 15_000);
  t.equal((await told()).deaths, 4, 'bgpd alone, killed');
});
