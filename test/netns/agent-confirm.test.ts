/**
 * `reload --confirm`, with the agent killed at each critical moment and a state directory that
 * cannot be written. In every case either the new configuration was confirmed, or the former one
 * runs again. The last known good copy is never one that nobody confirmed.
 */

import {
  closeSync,
  existsSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import type { Agent } from '../../src/drill/lab/agent.js';
import { command } from '../../src/drill/lab/command.js';
import { eventually, sleep } from '../../src/drill/lab/wait.js';
import { readLastKnownGood } from '../../src/runtime/last-known-good.js';
import {
  agentIn,
  type ConfigOptions,
  configText,
  type Expectation,
  expected,
  laboratory,
  mark,
  monitor,
  owned,
  restartAgent,
  settles,
  statusOf,
  steadyPings,
  unbroken,
  zebraOnly,
} from './agent-support.js';

const OLD = { destinations: { inet: ['0.0.0.0/0', '10.0.0.0/8'], inet6: ['::/0'] } };
const NEW = { destinations: { inet: ['0.0.0.0/0', '172.16.0.0/12'], inet6: ['::/0'] } };
const OTHER = { destinations: { inet: ['0.0.0.0/0', '198.18.0.0/15'], inet6: ['::/0'] } };
const BROKEN = 'management-interface: [\n';

const recordOf = (agent: Agent): string => join(agent.directory, 'state', 'unconfirmed.json');
const copyOf = (agent: Agent): string => join(agent.directory, 'state', 'last-known-good.yaml');

/** An agent that has run OLD for good, and then taken NEW on approval. */
async function onApproval(std: ReturnType<typeof laboratory>, time: string, next: ConfigOptions = NEW): Promise<Agent> {
  const agent = agentIn(std, OLD);
  await agent.waitForLog(/ ready /);
  await eventually(() => existsSync(copyOf(agent)), { what: 'the copy' });
  agent.configure(configText(next));
  const answer = await agent.cli('reload', '--confirm', time);
  if (answer.status !== 0) throw new Error(answer.stderr);
  return agent;
}

t.test('confirmed in time; rolled back without; nothing moves that need not', async (t) => {
  const std = laboratory(t);
  const { router } = std;
  const agent = await onApproval(std, '1h');
  await settles(t, router, expected(NEW), 'taken');
  const waiting = await statusOf(agent);
  t.match(waiting.configuration, {
    source: 'file',
    unconfirmed: { deadline: /^20.*Z$/ },
    rolledBackAt: null,
  });
  t.ok(waiting.configuration.unconfirmed!.leftMs > 3_500_000 && waiting.configuration.unconfirmed!.leftMs <= 3_600_000);
  t.match((await agent.cli('status')).stdout, /^unconfirmed +rolled back in 59m.* unless: backup-router confirm$/m);
  t.equal(readLastKnownGood(copyOf(agent)), configText(OLD), 'not known good yet');
  t.match(await agent.cli('confirm'), { status: 0, stdout: 'configuration confirmed\n' });
  t.equal((await statusOf(agent)).configuration.unconfirmed, null);
  t.equal(readLastKnownGood(copyOf(agent)), configText(NEW), 'now it is');
  t.notOk(existsSync(recordOf(agent)));
  t.match(await agent.cli('confirm'), { status: 1, stderr: /there is nothing to confirm/ });
  t.match(await agent.cli('reload', '--confirm', 'soon'), { status: 64 });
  t.match(await agent.cli('reload', '--confirm', '25h'), { status: 64 });

  const pings = await steadyPings(std);
  const watch = await monitor(router);
  const fromMs = Date.now();
  agent.configure(configText(OTHER));
  t.match(await agent.cli('reload', '--confirm', '1s'), {
    status: 0,
    stdout: /unless confirmed \(backup-router confirm\) it is rolled back in 1s/,
  });
  await agent.waitForLog(/configuration-rolled-back/);
  await settles(t, router, expected(NEW), 'rolled back');
  const defaults = (await watch.since(fromMs, /default.*proto 157/)).map((event) => event.text);
  t.same(defaults, [], 'the routes that both have in common were not touched');
  await unbroken(t, pings, fromMs, 'taken on approval and rolled back');
  t.match((await statusOf(agent)).configuration, {
    source: 'rolled-back',
    unconfirmed: null,
    rolledBackAt: /^20/,
  });
  t.match((await agent.cli('status')).stdout, /^configuration +.*was not confirmed and rolled back at /m);
  t.equal(readFileSync(agent.configFile, 'utf8'), configText(OTHER), "the file is the operator's");
  t.equal(readLastKnownGood(copyOf(agent)), configText(NEW));
  t.match(await agent.cli('confirm'), { status: 1, stderr: /was rolled back at 20/ }, 'too late');

  await agent.stop();
  const heir = restartAgent(std, agent, OTHER);
  await heir.waitForLog(/ ready /);
  t.match(heir.log.join('\n'), /configuration-not-used .*running=rolled-back/);
  t.equal((await statusOf(heir)).configuration.source, 'rolled-back', 'a restart does not take it either');
  t.same(owned(router), expected(NEW));
  t.match(await heir.cli('reload'), { status: 0 }, 'asked for, it is taken');
  await settles(t, router, expected(OTHER), 'for good');
  t.equal(readLastKnownGood(copyOf(heir)), configText(OTHER));
  await heir.stop();
  const third = restartAgent(std, heir, OTHER);
  await third.waitForLog(/ ready /);
  t.equal((await statusOf(third)).configuration.source, 'file');
  await third.stop();
});

t.test('killed inside the window: the time goes on; killed past it: rolled back at start', async (t) => {
  const std = laboratory(t);
  const { router } = std;
  const agent = await onApproval(std, '15s');
  await agent.kill();
  const second = restartAgent(std, agent, NEW);
  await second.waitForLog(/ ready /);
  const { configuration } = await statusOf(second);
  t.equal(configuration.source, 'file');
  t.ok(
    configuration.unconfirmed !== null && configuration.unconfirmed.leftMs < 15_000,
    `${configuration.unconfirmed?.leftMs} ms left`,
  );
  t.same(owned(router), expected(NEW));
  await second.waitForLog(/configuration-rolled-back/, 30_000);
  await settles(t, router, expected(OLD), 'rolled back by the second life');
  await second.stop();

  const third = restartAgent(std, second, NEW);
  await third.waitForLog(/ ready /);
  await third.cli('reload', '--confirm', '8s');
  await settles(t, router, expected(NEW), 'taken again');
  await third.kill();
  await sleep(8_100);
  const fourth = restartAgent(std, third, NEW);
  await fourth.waitForLog(/ ready /);
  await settles(t, router, expected(OLD), 'rolled back at start');
  t.equal((await statusOf(fourth)).configuration.source, 'rolled-back');
  await eventually(() => readFileSync(recordOf(fourth), 'utf8').includes('rolled-back'), {
    what: 'the record says so',
  });
  t.equal(readLastKnownGood(copyOf(fourth)), configText(OLD));
  await fourth.kill();
  const changed = restartAgent(std, fourth, OTHER);
  await changed.waitForLog(/ ready /);
  await settles(t, router, expected(OTHER), 'a file that was changed since is another file');
  t.equal((await statusOf(changed)).configuration.source, 'file');
  await eventually(() => !existsSync(recordOf(changed)), { what: 'the record is gone' });
  await changed.stop();
});

t.test('killed between the record and the taking', async (t) => {
  const std = laboratory(t);
  const { router } = std;
  const agent = await onApproval(std, '1h');
  const record = readFileSync(recordOf(agent), 'utf8');
  await agent.cli('confirm');
  agent.configure(configText(OLD));
  await agent.cli('reload');
  await settles(t, router, expected(OLD), 'as before');
  await agent.kill();
  // What a death right after the record was written leaves behind: the record, and the routes of the former configuration.
  writeFileSync(recordOf(agent), record);
  const second = restartAgent(std, agent, NEW);
  await second.waitForLog(/ ready /);
  await settles(t, router, expected(NEW), 'taken, since there is time left');
  t.not((await statusOf(second)).configuration.unconfirmed, null);
  await second.kill();
  // Half a record is none, and the file stands as it is.
  writeFileSync(recordOf(agent), record.slice(0, record.length / 2));
  const third = restartAgent(std, second, OLD);
  await third.waitForLog(/ ready /);
  t.match((await statusOf(third)).configuration, { source: 'file', unconfirmed: null });
  await settles(t, router, expected(OLD), 'the file');
  await third.stop();
});

t.test('killed at any moment of a reload on approval, and of its roll-back', async (t) => {
  const std = laboratory(t);
  const { router } = std;
  let agent = agentIn(std, OLD);
  let recorded = 0;
  for (const [i, delayMs] of [0, 1, 2, 3, 5, 8, 13, 21].entries()) {
    await agent.waitForLog(/ ready /);
    await eventually(() => existsSync(copyOf(agent)) && readLastKnownGood(copyOf(agent)) === configText(OLD), {
      what: 'OLD is known good',
    });
    await statusOf(agent);
    agent.configure(configText(NEW));
    const socket = connect(join(agent.directory, 'run', 'control.sock'));
    socket.on('error', () => undefined);
    await new Promise((resolve) => socket.once('connect', resolve));
    socket.write('{"command":"reload","confirmMs":3600000}\n');
    // The last one as soon as the record is there, however busy the machine is.
    if (i === 7) await eventually(() => existsSync(recordOf(agent)), { what: 'the record' });
    else await sleep(delayMs);
    await agent.kill();
    socket.destroy();
    const written = existsSync(recordOf(agent));
    if (written) recorded++;
    t.equal(readLastKnownGood(copyOf(agent)), configText(OLD), `${delayMs} ms: what is known good is what was`);
    agent = restartAgent(std, agent, NEW);
    await agent.waitForLog(/ ready /);
    await settles(t, router, expected(NEW), `${delayMs} ms: ${written ? 'on approval' : 'as at any start'}`);
    const { unconfirmed } = (await statusOf(agent)).configuration;
    t.equal(unconfirmed !== null, written, `${delayMs} ms: the way back is there if it was written down`);
    if (i === 7) break;
    agent.configure(configText(OLD));
    await agent.cli('reload');
  }
  t.ok(recorded > 0, `${recorded} of 8 times the record was there`);
  agent.configure(configText(OLD));
  await agent.cli('reload');

  for (const delayMs of [980, 995, 1_000, 1_005, 1_020]) {
    agent.configure(configText(NEW));
    t.equal((await agent.cli('reload', '--confirm', '1s')).status, 0);
    await sleep(delayMs - 40);
    await agent.kill();
    agent = restartAgent(std, agent, NEW);
    await agent.waitForLog(/ ready /);
    await eventually(async () => (await statusOf(agent)).configuration.source === 'rolled-back', {
      what: 'rolled back',
    });
    await settles(t, router, expected(OLD), `killed about ${delayMs} ms into a second: rolled back`);
    t.equal(readLastKnownGood(copyOf(agent)), configText(OLD));
  }
  await agent.stop();
});

t.test('other reloads inside the window', async (t) => {
  const std = laboratory(t);
  const { router } = std;
  const frr = zebraOnly(std);
  await frr.start();
  const agent = await onApproval(std, '1h');
  const before = (await statusOf(agent)).configuration.unconfirmed!.leftMs;

  agent.configure(configText(OTHER));
  const from = mark(agent);
  agent.signal('SIGHUP');
  await agent.waitForLog(/configuration-unconfirmed/, 20_000, from);
  await settles(t, router, expected(OTHER), 'SIGHUP: taken, on the same approval');
  const after = (await statusOf(agent)).configuration.unconfirmed;
  t.ok(after !== null && after.leftMs <= before, 'and the same deadline');

  agent.configure(BROKEN);
  t.match(await agent.cli('reload'), { status: 78 }, 'a file that got broken is refused');
  t.match(await agent.cli('reload', '--confirm', '2h'), { status: 78 });
  t.not((await statusOf(agent)).configuration.unconfirmed, null, 'what awaited its confirmation still does');
  t.same(owned(router), expected(OTHER));
  await agent.kill();
  const second = restartAgent(std, agent, BROKEN);
  await second.waitForLog(/ ready /);
  t.same(owned(router), expected(OTHER), 'also over a restart beside the broken file');
  t.not((await statusOf(second)).configuration.unconfirmed, null);

  // Other daemons: the adapters are opened anew in both directions.
  second.configure(configText({ ...NEW, frr, daemons: ['zebra'], convergence: 0 }));
  t.match(await second.cli('reload', '--confirm', '4s'), { status: 0 });
  await second.waitForLog(/routes phase=out/);
  await settles(t, router, [], 'out beside the daemon of the new one');
  await second.waitForLog(/configuration-rolled-back/);
  await settles(t, router, expected(OLD), 'in again without it: what was last confirmed, not what came between');

  second.configure(configText(NEW));
  await second.cli('reload', '--confirm', '1h');
  second.configure(configText(OLD));
  t.match(
    await second.cli('reload'),
    { status: 0, stdout: /nothing is left to confirm/ },
    'the operator went back by hand',
  );
  t.equal((await statusOf(second)).configuration.unconfirmed, null);
  await settles(t, router, expected(OLD), 'back');
  await second.stop();
});

t.test('a state directory that cannot be written: nothing is promised', async (t) => {
  const std = laboratory(t);
  const { router } = std;
  const agent = agentIn(std, OLD);
  await agent.waitForLog(/ ready /);
  await eventually(() => existsSync(copyOf(agent)), { what: 'the copy' });
  const state = join(agent.directory, 'state');
  renameSync(state, `${state}.away`);
  writeFileSync(state, 'not a directory');
  agent.configure(configText(NEW));
  t.match(await agent.cli('reload', '--confirm', '5m'), {
    status: 1,
    stderr: /the roll-back cannot be recorded: [\s\S]*help: make the state directory writable/,
  });
  t.same(owned(router), expected(OLD), 'nothing was taken');
  t.equal((await statusOf(agent)).configuration.unconfirmed, null);
  await agent.waitForLog(/history-not-kept/);

  rmSync(state);
  renameSync(`${state}.away`, state);
  t.match(await agent.cli('reload', '--confirm', '2s'), { status: 0 });
  rmSync(recordOf(agent));
  mkdirSync(recordOf(agent));
  t.match(
    await agent.cli('confirm'),
    { status: 1, stderr: /not confirmed, since/ },
    'a confirmation that would not last is none',
  );
  await agent.waitForLog(/configuration-rolled-back/);
  await settles(t, router, expected(OLD), 'rolled back all the same');
  await agent.stop();
});

t.test('a state directory that is full, then read-only: nothing is promised, nothing is cut short', async (t) => {
  const std = laboratory(t);
  const { router } = std;
  const directory = mkdtempSync(join(std.lab.directory, 'full-'));
  const state = join(directory, 'state');
  // A file system of the agent's own, in the mount namespace that `ip netns exec` makes.
  const wrapper = ['sh', '-c', `mount -t tmpfs -o size=64k none ${state} && exec "$@"`, 'sh'];
  const agent = agentIn(std, OLD, { directory, wrapper });
  await agent.waitForLog(/ ready /);
  const inside = `/proc/${agent.process.pid}/root${state}`;
  const copy = join(inside, 'last-known-good.yaml');
  await eventually(() => existsSync(copy), { what: 'the copy' });
  const fill = openSync(join(inside, 'fill'), 'w');
  t.throws(() => {
    for (;;) writeSync(fill, Buffer.alloc(4096));
  }, /ENOSPC/);
  // Room for a part of what comes.
  ftruncateSync(fill, fstatSync(fill).size - 12_288);
  closeSync(fill);

  const many = {
    destinations: {
      inet: ['0.0.0.0/0', ...Array.from({ length: 900 }, (_, i) => `10.${i >> 8}.${i & 255}.0/24`)],
      inet6: ['::/0'],
    },
  };
  agent.configure(configText(many));
  t.match(await agent.cli('reload', '--confirm', '5m'), {
    status: 1,
    stderr: /the roll-back cannot be recorded: ENOSPC/,
  });
  t.same(owned(router), expected(OLD), 'nothing was taken');
  t.match(await agent.cli('reload'), { status: 0 }, 'without a promise it is');
  await eventually(() => owned(router).length > 900, { what: 'many routes' });
  t.equal(readLastKnownGood(copy), configText(OLD), 'the copy is the old one, not a part of the new one');

  // Busy while the history is being written.
  const remount = (mode: 'ro' | 'rw'): Promise<string> =>
    eventually(
      () =>
        `done ${command(['nsenter', '-t', String(agent.process.pid), '-m', 'mount', '-o', `remount,${mode}`, state])}`,
      { what: mode },
    );
  rmSync(join(inside, 'fill'));
  agent.configure(configText(NEW));
  t.match(await agent.cli('reload', '--confirm', '1h'), { status: 0 });
  await remount('ro');
  t.match(await agent.cli('reload', '--confirm', '1h'), { status: 1, stderr: /EROFS/ });
  t.match(await agent.cli('confirm'), { status: 1, stderr: /not confirmed, since .*EROFS/ });
  t.not((await statusOf(agent)).configuration.unconfirmed, null, 'it still awaits its confirmation');
  await remount('rw');
  t.match(await agent.cli('confirm'), { status: 0 });
  t.equal(readLastKnownGood(copy), configText(NEW));
  await agent.stop();
});

t.test('a broken file at start: what is there to run is run, and check stays strict', async (t) => {
  const std = laboratory(t);
  const { router } = std;
  const first = agentIn(std, OLD);
  await first.waitForLog(/ ready /);
  const copy = copyOf(first);
  await eventually(() => existsSync(copy), { what: 'the copy' });
  await first.stop();
  const half = configText({ destinations: { inet: ['0.0.0.0/0', '172.16.128.0/13'], inet6: ['::/0'] } });
  const whole = readFileSync(copy, 'utf8');
  const cases: readonly (readonly [string, string, string | undefined, string, Expectation])[] = [
    ['with a copy', half, whole, 'last-known-good', OLD],
    ['without one', half, undefined, 'partial', { destinations: { inet: ['0.0.0.0/0'], inet6: ['::/0'] } }],
    ['the copy broken as well', half, BROKEN, 'partial', { destinations: { inet: ['0.0.0.0/0'], inet6: ['::/0'] } }],
    [
      'nothing in the file, half a copy',
      '',
      `${whole.slice(0, whole.indexOf('"routing-daemon"'))}`,
      'last-known-good',
      OLD,
    ],
  ];
  let last = first;
  for (const [what, text, kept, source, running] of cases) {
    if (kept === undefined) rmSync(copy);
    else writeFileSync(copy, kept);
    const agent = restartAgent(std, last, text);
    await agent.waitForLog(/ ready /);
    t.equal((await statusOf(agent)).configuration.source, source, `${what}: ${source}`);
    await settles(t, router, expected(running), `${what}: in`);
    t.match(agent.log.join('\n'), new RegExp(`configuration-not-used .*running=${source}`), `${what}: said so`);
    t.equal((await agent.cli('check', '-c', agent.configFile)).status, 78, `${what}: check`);
    await agent.kill();
    last = agent;
  }
});
