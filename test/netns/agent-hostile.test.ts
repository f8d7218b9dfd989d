/**
 * What others may do to a running agent: start a second one at the same moment, flood or remove
 * its control socket, and replace its configuration by anything. The agent keeps running, answers
 * a death, and reports what happened.
 */

import { mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Agent } from '../../src/drill/lab/agent.js';
import { command } from '../../src/drill/lab/command.js';
import { eventually, sleep } from '../../src/drill/lab/wait.js';
import { floodOf } from '../lab/flood.js';
import {
  agentIn,
  backWithin,
  configText,
  laboratory,
  mark,
  monitor,
  owned,
  restartAgent,
  statusOf,
  turned,
  zebraOnly,
} from './agent-support.js';

t.test('several agents started together: one runs, the others end with 69 and say who does', async (t) => {
  const std = laboratory(t);
  const first = agentIn(std, {});
  await first.waitForLog(/ ready /);
  const wanted = owned(std.router);
  t.match(wanted.join('\n'), /default via/);
  await first.kill();
  for (const offsetMs of [0, 0, 2, 5, 30, 120]) {
    // As at boot: nobody has left anything.
    rmSync(join(first.directory, 'run'), { recursive: true });
    mkdirSync(join(first.directory, 'run'));
    const agents: Agent[] = [];
    for (let i = 0; i < 4; i++) {
      agents.push(restartAgent(std, first, {}));
      await sleep(offsetMs);
    }
    await eventually(() => agents.filter((agent) => agent.process.running).length === 1, {
      timeoutMs: 15_000,
      what: 'one agent to be left',
    });
    for (const agent of agents.filter((one) => !one.process.running)) {
      t.match(await agent.process.exited, { status: 69 });
      t.notMatch(agent.log.join('\n'), / ready | routes phase=/, 'and have changed nothing');
      t.match(agent.log.join('\n'), /another agent runs already \(.*(?:process \d+|just starting|listens)/);
    }
    const left = agents.find((agent) => agent.process.running)!;
    await left.waitForLog(/ ready /);
    t.equal((await statusOf(left)).agent.pid, left.process.pid, `${offsetMs} ms apart: the one that is left answers`);
    t.same(owned(std.router), wanted, 'and its routes stand');
    await left.kill();
  }
});

t.test('a flood of the control socket holds up no death; a socket that is removed returns', async (t) => {
  const std = laboratory(t);
  const frr = zebraOnly(std);
  await frr.start();
  const agent = agentIn(std, { frr, daemons: ['zebra'], convergence: 0 });
  await turned(agent, 'out');
  const watch = await monitor(std.router);
  const socket = join(agent.directory, 'run', 'control.sock');
  const before = memoryKiB(agent);
  const flood = floodOf(socket);
  t.teardown(() => flood.kill('SIGKILL'));
  await sleep(1_000);
  const killedMs = await frr.kill('zebra');
  await backWithin(t, watch, killedMs, 10, 'SIGKILL of zebra in a flood of requests');
  t.match(await statusOf(agent), { routes: { phase: /^in$/ } }, 'another client is answered');
  const grown = memoryKiB(agent) - before;
  t.comment(`MEASURED memory in the flood: ${grown} KiB more`);
  t.ok(grown < 250_000, 'memory is bounded');
  flood.kill('SIGKILL');

  const from = mark(agent);
  rmSync(socket);
  await agent.waitForLog(/control-socket-renewed/, 15_000, from);
  t.match(await statusOf(agent), { routes: { phase: /^in$/ } }, 'it is there again');
  await agent.stop();
});

t.test('anything where the configuration is: what runs goes on', async (t) => {
  const std = laboratory(t);
  const agent = agentIn(std, {});
  await agent.waitForLog(/ ready /);
  const wanted = owned(std.router);
  t.match(wanted.join('\n'), /default via/);
  const file = agent.configFile;
  const chain = Array.from({ length: 3_000 }, (_, i) => `set groups g${i} apply-groups g${i + 1}\n`).join('');
  const puts: Readonly<Record<string, () => void>> = {
    'a chain of groups': () => writeFileSync(file, `set system backup-router 10.9.0.1\nset apply-groups g0\n${chain}`),
    'keys in keys': () => writeFileSync(file, `${configText({})}\nnote: ${'a: '.repeat(2_000)}\n`),
    'a FIFO': () => command(['mkfifo', file]),
    'a device without end': () => command(['ln', '-s', '/dev/zero', file]),
    'a directory': () => mkdirSync(file),
    'a gigabyte': () => {
      writeFileSync(file, '');
      truncateSync(file, 2 ** 30);
    },
    nothing: () => undefined,
  };
  for (const [what, put] of Object.entries(puts)) {
    rmSync(file, { recursive: true, force: true });
    put();
    const from = mark(agent);
    const beganMs = Date.now();
    process.kill(agent.process.pid!, 'SIGHUP');
    await agent.waitForLog(/reload-refused/, 10_000, from);
    t.comment(`MEASURED ${what}: refused after ${Date.now() - beganMs} ms`);
    t.same(owned(std.router), wanted, what);
  }
  await agent.kill();
  const fifo = join(agent.directory, 'fifo');
  command(['mkfifo', fifo]);
  const heir = agentIn(std, {}, { directory: agent.directory, args: ['-c', fifo] });
  await heir.waitForLog(/configuration-not-used .*running=last-known-good/);
  await heir.waitForLog(/ ready /);
  t.same(owned(std.router), wanted, 'a start beside a FIFO runs the last known good copy');
  await heir.stop();
});

t.test('a death while a large configuration is read is served at once', async (t) => {
  const std = laboratory(t);
  const frr = zebraOnly(std);
  await frr.start();
  const config = configText({ frr, daemons: ['zebra'], convergence: 0 });
  const agent = agentIn(std, config);
  await turned(agent, 'out');
  const watch = await monitor(std.router);
  // Some seconds of reading: for each unknown key the nearest known one is looked for.
  const keys = Array.from({ length: 12_000 }, (_, i) => `  "note${i}": "x",\n`).join('');
  writeFileSync(agent.configFile, config.replace('{', `{\n${keys}`));
  const from = mark(agent);
  agent.signal('SIGHUP');
  await sleep(150);
  t.notOk(
    agent.log.slice(from).some((line) => line.includes('reload-refused')),
    'it is being read',
  );
  const killedMs = await frr.kill('zebra');
  await backWithin(t, watch, killedMs, 10, 'SIGKILL of zebra while a large file is read');
  await agent.waitForLog(/reload-refused/, 60_000, from);
  const told = agent.log.slice(from).map((line) => / (routes|reload-refused) /.exec(line)?.[1]);
  t.same(
    told.filter((word) => word !== undefined),
    ['routes', 'reload-refused'],
    'the routes were in before it had been read',
  );
});

function memoryKiB(agent: Agent): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${agent.process.pid}/status`, 'utf8'))![1]);
}
