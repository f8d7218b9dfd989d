/**
 * Events and status as an operator sees them: a real death beside a real zebra, followed over
 * restarts of the agent, and a terminal that is left as it was found.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import type { Agent } from '../../src/drill/lab/agent.js';
import type { Process } from '../../src/drill/lab/process.js';
import { eventually, sleep } from '../../src/drill/lab/wait.js';
import type { Event } from '../../src/model/event.js';
import type { Status } from '../../src/model/status.js';
import { agentIn, laboratory, mark, restartAgent, statusOf, statusWhere, turned, zebraOnly } from './agent-support.js';

const CLI = fileURLToPath(new URL('../../bin/backup-router.cjs', import.meta.url));

async function eventsOf(agent: Agent, ...args: readonly string[]): Promise<readonly Event[]> {
  const { stdout } = await agent.cli('events', '--json', '-n', '1000', ...args);
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Event);
}

/** Another command that stays: of the program, unless it is another one. */
function beside(agent: Agent, args: readonly string[], command: readonly string[] = [process.execPath, CLI]): Process {
  const environment = [
    'env',
    '-i',
    `PATH=${process.env['PATH']}`,
    'TERM=xterm',
    `RUNTIME_DIRECTORY=${join(agent.directory, 'run')}`,
    `STATE_DIRECTORY=${join(agent.directory, 'state')}`,
  ];
  return agent.namespace.spawn([...environment, ...command, ...args], { closeSignal: 'SIGKILL' });
}

t.test('a death, its outage, its end; then without the agent; then over restarts', async (t) => {
  const std = laboratory(t);
  const frr = zebraOnly(std);
  await frr.start();
  const config = { frr, daemons: ['zebra'], convergence: 0 };
  const agent = agentIn(std, config);
  await turned(agent, 'out');
  const follower = beside(agent, ['events', '-f', '--json']);
  await eventually(() => follower.lines.some((line) => line.includes('"ready"')), { what: 'the history' });
  const from = mark(agent);
  await frr.kill('zebra');
  await turned(agent, 'in', from);
  const during = await statusOf(agent);
  t.match(during.lastOutage, {
    ended: null,
    cause: 'death',
    reason: /frr\/zebra is down: (end of file|ECONNRESET|EPIPE)/,
  });
  await frr.start();
  await turned(agent, 'out', from);

  const all = await eventsOf(agent);
  t.same(
    all.map(({ seq }) => seq),
    all.map((_, i) => all[0]!.seq + i),
    'numbered without a gap',
  );
  const story = all.slice(all.findIndex((event) => event.kind === 'daemon' && event.state === 'down'));
  const kinds = story.map((event) =>
    event.kind === 'daemon'
      ? event.state
      : event.kind === 'routes'
        ? `${event.phase} ${event.cause ?? ''}`.trim()
        : event.kind,
  );
  t.same(
    // A backup router answers whenever it does.
    kinds.filter((kind) => kind !== 'appeared' && kind !== 'gateway-alive'),
    ['down', 'outage-began', 'in down', 'outage-bridged', 'responsive', 'in hold', 'outage-ended', 'out'],
  );
  const bridged = story.find((event) => event.kind === 'outage-bridged')!;
  const ended = story.find((event) => event.kind === 'outage-ended')!;
  t.comment(
    `MEASURED outage of ${ended.kind === 'outage-ended' ? ended.lengthMs : '?'} ms, bridged after ${bridged.kind === 'outage-bridged' ? bridged.afterMs : '?'} ms as the agent saw it`,
  );
  t.ok(bridged.kind === 'outage-bridged' && bridged.afterMs > 0 && bridged.afterMs < 20_000);
  const { lastOutage } = await statusOf(agent);
  t.match(lastOutage, {
    ended: /Z$/,
    cause: 'death',
    lengthMs: ended.kind === 'outage-ended' ? ended.lengthMs : -1,
    bridgedAfterMs: bridged.kind === 'outage-bridged' ? bridged.afterMs : -1,
  });
  t.match(
    (await agent.cli('status')).stdout,
    /^last outage +\S+, ended \d\d:\d\d:\d\d(?:Z|\S\d\d:\d\d) \(death\), backup routes in after \S+ms: frr\/zebra is down/m,
  );
  t.match(
    (await agent.cli('events')).stdout,
    /^20\S+Z {2}outage ends after \S+ \(death\), carried by the backup routes$/m,
  );
  t.equal((await eventsOf(agent, '-n', '3')).length, 3);
  t.same(await eventsOf(agent, '--since', '2099-01-01'), []);
  t.equal((await agent.cli('events', '--since', 'noon')).status, 64);

  await agent.kill();
  const file = join(agent.directory, 'state', 'events.jsonl');
  await eventually(() => follower.lines.some((line) => line.includes('the agent has ended')), {
    what: 'the follower notices',
  });
  const without = await agent.cli('events', '--json', '-n', '1000');
  t.match(without, { status: 0, stderr: /the agent does not run; from .*events\.jsonl/ });
  t.equal(without.stdout, readFileSync(file, 'utf8').replaceAll('}\n', ',"version":1}\n'), 'what it left');
  // A crash in the middle of a line.
  writeFileSync(file, '{"seq":99,"at":"2026-', { flag: 'a' });
  const second = restartAgent(std, agent, config);
  await second.waitForLog(/ ready /);
  await second.cli('hold', '1h');
  await eventually(() => follower.lines.some((line) => line.includes('"kind":"order"')), {
    what: 'the follower hears the second life',
  });
  await second.stop();
  const third = restartAgent(std, second, config);
  await third.waitForLog(/ ready /);
  await third.cli('hold', 'off');
  await eventually(() => follower.lines.filter((line) => line.includes('"kind":"order"')).length === 2, {
    what: 'the follower hears the third life',
  });
  const heard = follower.lines.filter((line) => line.startsWith('{')).map((line) => (JSON.parse(line) as Event).seq);
  t.same(
    heard,
    [...new Set(heard)].sort((a, b) => a - b),
    'each event once, in order over three lives',
  );
  t.same(
    (await eventsOf(third)).map(({ seq }) => seq).filter((seq) => seq <= heard.at(-1)!),
    heard,
    'as the agent has them, but for what has happened since',
  );
  t.match(
    (await statusOf(third)).lastOutage,
    { cause: 'death', ended: lastOutage!.ended },
    'the last outage is known over restarts',
  );
  await follower.stop('SIGINT');

  // An outage over a restart of the agent.
  const outBefore = mark(third);
  await frr.kill('zebra');
  await turned(third, 'in', outBefore);
  const began = (await statusOf(third)).lastOutage!.began;
  await third.kill();
  await sleep(2_500);
  const fourth = restartAgent(std, third, config);
  await fourth.waitForLog(/ ready /);
  await frr.start();
  await turned(fourth, 'out');
  const last = (await eventsOf(fourth)).findLast((event) => event.kind === 'outage-ended')!;
  const whole = Date.parse(last.at) - Date.parse(began);
  t.ok(
    last.kind === 'outage-ended' && Math.abs(last.lengthMs - whole) < 1_500 && whole > 2_500,
    `one outage of ${whole} ms`,
  );
  t.match((await statusOf(fourth)).lastOutage, { began, cause: 'death', ended: /Z$/ });
  await fourth.stop();
});

t.test('a line for each change, and nobody who follows keeps the agent from ending', async (t) => {
  const std = laboratory(t);
  const agent = agentIn(std, {});
  await agent.waitForLog(/ ready /);
  await statusOf(agent);
  const socket = connect(join(agent.directory, 'run', 'control.sock'));
  t.teardown(() => socket.destroy());
  socket.on('error', () => undefined);
  let closed = false;
  socket.on('close', () => (closed = true));
  await new Promise((resolve) => socket.once('connect', resolve));
  socket.write('{"command":"events","follow":true}\n');
  await new Promise((resolve) => socket.once('data', resolve));
  socket.pause();
  const status = beside(agent, ['status', '--watch', '--json']);
  await eventually(() => status.lines.length === 1, { what: 'a status' });
  for (let i = 0; i < 14 && agent.process.running; i++) {
    await agent.cli('role', i % 2 === 0 ? 'standby' : 'primary');
    // There and back within one look is no change.
    await sleep(150);
  }
  await eventually(() => status.lines.length >= 10, { what: 'a line for each change' });
  const roles = status.lines.map((line) => (JSON.parse(line) as Status).routes.role);
  t.ok(roles.includes('standby') && roles.includes('primary'));
  const fromMs = Date.now();
  t.match(await agent.stop(), { status: 0 }, 'it ends beside both');
  t.ok(Date.now() - fromMs < 15_000, `after ${Date.now() - fromMs} ms`);
  socket.resume();
  await eventually(() => closed, { what: 'the end of the connection' });
  await status.stop('SIGTERM');
});

t.test('status --watch: in a pipe and on a terminal', async (t) => {
  const std = laboratory(t);
  const agent = agentIn(std, {});
  await agent.waitForLog(/ ready /);
  const pipe = beside(agent, ['status', '--watch']);
  await eventually(() => pipe.lines.some((line) => line.startsWith('backup routes')), {
    what: 'the first block',
  });
  // The gateways are asked first, and what is known of them is a change.
  const blocks = (): number => pipe.lines.filter((line) => line.startsWith('backup routes')).length;
  await eventually(() => pipe.lines.filter((line) => / answers since /.test(line)).length >= 2, {
    what: 'the gateways answer',
  });
  const before = blocks();
  await sleep(1_500);
  t.equal(blocks(), before, 'the clock alone is no change');
  t.notMatch(pipe.lines.join('\n'), /\u001b/);
  await agent.cli('hold', '10m');
  await eventually(() => pipe.lines.some((line) => /^backup routes +IN for .*held by an operator/.test(line)), {
    what: 'the hold',
  });
  await agent.kill();
  await eventually(
    () => pipe.lines.some((line) => /^agent not running since \d\d:\d\d:\d\d(?:Z|[+-]\d\d:\d\d)/.test(line)),
    {
      what: 'its end',
    },
  );
  const gone = pipe.lines.length;
  const second = restartAgent(std, agent, {});
  await eventually(() => pipe.lines.slice(gone).some((line) => /^backup routes .*held by an operator/.test(line)), {
    what: 'its return',
  });
  await second.waitForLog(/ ready /);
  await pipe.stop('SIGTERM');

  // script(1) gives the command a terminal.
  for (const [signal, status] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    const log = join(std.lab.directory, `typescript-${signal}`);
    const command = `stty cols 80 rows 24; exec ${process.execPath} ${CLI} status --watch --interval 200ms`;
    const terminal = beside(second, ['-q', '-e', '-f', '-c', `echo pid $$; ${command}`, log], ['script']);
    const pid = await eventually(() => /^pid (\d+)/m.exec(readFileSync(log, 'utf8'))?.[1], {
      what: 'the terminal',
    });
    await eventually(() => (readFileSync(log, 'utf8').match(/\u001b\[H/g)?.length ?? 0) >= 4, {
      what: 'drawn again and again',
    });
    process.kill(Number(pid), signal);
    t.match(await terminal.exited, { status }, signal);
    const shown = readFileSync(log, 'utf8');
    t.ok(
      shown.indexOf('\u001b[?1049h') >= 0 && shown.lastIndexOf('\u001b[?1049l') > shown.lastIndexOf('\u001b[H'),
      'the terminal is left as it was',
    );
    t.ok(shown.lastIndexOf('\u001b[?25h') > shown.lastIndexOf('\u001b[?25l'), 'with its cursor');
    const wide = shown
      .replace(/\u001b\[[?0-9;]*[a-zA-Z]/g, '')
      .split(/\r*\n/)
      .filter((line) => line.length > 80 && !line.startsWith('Script') && !line.startsWith('pid'));
    t.same(wide, [], 'nothing is wider than it');
  }
  await second.stop();
});

t.test('an outage that begins with an orderly stop is no death', async (t) => {
  const std = laboratory(t);
  const frr = zebraOnly(std);
  await frr.start();
  const agent = agentIn(std, { frr, daemons: ['zebra'], convergence: 0 });
  await turned(agent, 'out');
  const from = mark(agent);
  await frr.stop();
  await turned(agent, 'in', from);
  await statusWhere(
    agent,
    ({ daemons, lastOutage }) => daemons[0]!.state === 'stopped' && lastOutage?.cause === 'stop',
  );
  t.match((await statusOf(agent)).lastOutage, { daemon: 'frr/zebra', ended: null });
  const back = mark(agent);
  await frr.start();
  await turned(agent, 'out', back);
  t.match((await statusOf(agent)).lastOutage, { cause: 'stop', ended: String });
  t.match((await agent.cli('events')).stdout, /outage ends after \S+ \(stop\)/);
});
