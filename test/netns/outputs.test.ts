/**
 * Compares the output of every command with `--json`, in several states, with the one schema. Also
 * produces every exit status of the table.
 */

import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { Outputs } from '../../src/cli/output.js';
import type { Agent } from '../../src/drill/lab/agent.js';
import type { CommandResult } from '../../src/drill/lab/command.js';
import { eventually } from '../../src/drill/lab/wait.js';
import { faultOf, NAMES } from '../lab/outputs.js';
import { agentIn, configText, laboratory, statusOf, statusWhere, turned, zebraOnly } from './agent-support.js';

const seen = new Set<keyof Outputs>();
const statuses = new Set<number>();
// Some ninety processes.
t.setTimeout(400_000);

/** Runs it with --json; the answer fits the schema, and the exit status is the one named. */
async function holds(
  t: Test,
  agent: Agent,
  name: keyof Outputs,
  status: number,
  ...argv: readonly string[]
): Promise<CommandResult> {
  const result = await agent.cli(...argv, '--json');
  const lines = name === 'events' ? result.stdout.trim().split('\n') : [result.stdout];
  for (const line of lines) t.equal(faultOf(name, line), undefined, `${argv.join(' ')} as ${name}`);
  t.equal(result.status, status, `${argv.join(' ')}: ${result.stderr}`);
  seen.add(name);
  statuses.add(result.status ?? -1);
  return result;
}

t.test('beside an agent: in, out, on approval, with a broken file', async (t) => {
  const std = laboratory(t);
  const frr = zebraOnly(std);
  const config = { frr, daemons: ['zebra'], convergence: 0 } as const;
  const agent = agentIn(std, config);
  await agent.waitForLog(/ ready /);
  // Two outputs are compared below, and a gateway that answers between them makes a line more.
  await statusWhere(agent, ({ gateways }) => gateways.every(({ state }) => state === 'alive'));
  const at = ['-c', agent.configFile] as const;

  await holds(t, agent, 'status', 0, 'status');
  await holds(t, agent, 'events', 0, 'events');
  const measured = JSON.parse((await holds(t, agent, 'metrics', 0, 'metrics')).stdout) as Outputs['metrics'];
  const lines = measured.metrics.flatMap(({ samples }) => samples.map((sample) => sample.name));
  t.same(
    lines.sort(),
    (await agent.cli('metrics')).stdout
      .split('\n')
      .filter((line) => /^[a-z]/.test(line))
      .map((line) => /^\w+/.exec(line)![0])
      .sort(),
    'every line of the text is there',
  );
  await holds(t, agent, 'routes', 0, 'routes', ...at);
  await holds(t, agent, 'explain', 0, 'explain', '198.51.100.1', ...at);
  await holds(t, agent, 'explain', 0, 'explain', '2001:db8:5::1', ...at);
  await holds(t, agent, 'plan', 0, 'plan', ...at);
  await holds(t, agent, 'check', 0, 'check', ...at);
  await holds(t, agent, 'doctor', 1, 'doctor', ...at);
  await holds(t, agent, 'drill-list', 0, 'drill', '--list');
  std.router.ip('route add default via 10.255.0.1 dev mgmt0 proto dhcp metric 900');
  const proposal = JSON.parse((await agent.cli('init', '--json')).stdout) as Outputs['init'];
  t.equal(faultOf('init', JSON.stringify(proposal)), undefined);
  seen.add('init');
  t.equal(proposal.candidates[0]?.name, 'mgmt0');
  t.match(proposal.text, /^management-interface: mgmt0\n\n(#.*\n)+backup-router:\n {2}address: auto$/m);
  std.router.ip('route del default via 10.255.0.1 dev mgmt0 proto dhcp metric 900');
  await holds(t, agent, 'flush', 0, 'flush', '--dry-run', ...at);
  await holds(t, agent, 'restore', 0, 'restore', '--dry-run');
  await holds(t, agent, 'convert', 0, 'convert', agent.configFile);
  await holds(t, agent, 'hold', 0, 'hold', '1h');
  await holds(t, agent, 'role', 0, 'role', 'MASTER');
  await holds(t, agent, 'hold', 0, 'hold', 'off');

  const same = JSON.parse((await holds(t, agent, 'reload', 0, 'reload')).stdout) as Outputs['reload'];
  t.match(same, { unchanged: true, message: 'configuration unchanged', deadline: null });
  t.equal((await statusOf(agent)).configuration.changed, false);

  await frr.start();
  await turned(agent, 'out');
  await holds(t, agent, 'status', 0, 'status');
  await holds(t, agent, 'plan', 0, 'plan', ...at);

  const more = configText({ ...config, destinations: { inet: ['10.0.0.0/8'] } });
  agent.configure(more);
  t.equal((await statusOf(agent)).configuration.changed, true, 'the file says something else than what runs');
  t.match((await agent.cli('status')).stdout, /^configuration +\S+ has changed since it was read/m);
  const dry = JSON.parse(
    (await holds(t, agent, 'reload-dry-run', 0, 'reload', '--dry-run')).stdout,
  ) as Outputs['reload-dry-run'];
  t.equal(dry.unchanged, false);
  t.ok(
    dry.diff?.some((line) => /^\+.*10\.0\.0\.0\/8/.test(line)),
    'the text that comes',
  );
  t.equal(dry.applies, 'out');
  t.ok(
    dry.in.commands.some((command) => command.includes('10.0.0.0/8 via')),
    'and what it would be in the kernel',
  );
  const words = (await agent.cli('reload', '--dry-run')).stdout;
  t.match(words, /^\+\+\+ .*config\.yaml$/m);
  t.match(words, /^ip route add 10\.0\.0\.0\/8 via 10\.255\.0\.1 /m);
  t.equal((await statusOf(agent)).configuration.changed, true, 'and nothing was taken');

  const pending = JSON.parse(
    (await holds(t, agent, 'reload', 0, 'reload', '--confirm', '5m')).stdout,
  ) as Outputs['reload'];
  t.match(pending, { unchanged: false, deadline: /^20\d\d-/ });
  await holds(t, agent, 'status', 0, 'status');
  await holds(t, agent, 'confirm', 0, 'confirm');
  await holds(t, agent, 'error', 1, 'confirm');

  agent.configure('management-interface: [\n');
  await holds(t, agent, 'error', 78, 'reload');
  await holds(t, agent, 'error', 78, 'reload', '--dry-run');
  await holds(t, agent, 'check', 78, 'check', ...at);
  for (const command of ['plan', 'routes', 'drill'] as const) await holds(t, agent, 'error', 78, command, ...at);
  await holds(t, agent, 'error', 78, 'explain', '10.0.0.1', ...at);
  t.equal((await statusOf(agent)).configuration.changed, true);
  await agent.stop();
});

t.test('a file that is named is used or refused, whatever the last known good copy says', async (t) => {
  const std = laboratory(t);
  const agent = agentIn(std, {});
  await agent.waitForLog(/ ready /);
  await eventually(async () => (await agent.cli('plan')).status === 0, { what: 'the copy' });
  // No file of that name is on this host, which is another thing than a file with errors.
  if (!existsSync('/etc/backup-router/config.yaml'))
    t.match((await agent.cli('plan')).stderr, 'config.yaml cannot be read; used instead: the last known good copy');
  const directory = join(agent.directory, 'named');
  mkdirSync(directory);
  const broken = join(agent.directory, 'broken.yaml');
  writeFileSync(broken, 'management-interface: mgmt0\nbackup-router: {address: 10.255.0.300}\n');
  const partly = join(agent.directory, 'partly.yaml');
  writeFileSync(partly, 'management-interface: mgmt0\nbackup-router: {address: 10.255.0.1}\nplacement: nowhere\n');
  const commands = [
    ['plan'],
    ['explain', '10.0.0.1'],
    ['routes'],
    ['flush', '--force'],
    ['check'],
    ['drill'],
    ['run', '--dry-run'],
  ];
  for (const file of ['/nope', directory, broken, partly]) {
    const runs = await Promise.all(commands.map((command) => agent.cli(...command, '-c', file)));
    for (const [i, run] of runs.entries()) {
      t.equal(run.status, 78, `${commands[i]!.join(' ')} -c ${file}: ${run.stdout}${run.stderr}`);
      t.match(run.stderr, file, 'and the file is named');
    }
  }
  for (const [file, status] of [
    ['/nope', 78],
    [partly, 78],
  ] as const)
    t.equal((await agent.cli('doctor', '-c', file)).status, status, `doctor -c ${file}`);
  t.equal((await statusOf(agent)).backupRoutes.length, 2, 'nothing was flushed');
  await agent.stop();
});

/** A command in a terminal of its own. When the prompt is there, the shell command types. */
function onTerminal(agent: Agent, prompt: string, typed: string, ...argv: readonly string[]): Promise<CommandResult> {
  const [seen, ended] = ['seen', 'ended'].map((name) => join(agent.directory, name));
  const types = `until grep -qsa '${prompt}' ${seen}; do sleep 0.05; done; ${typed}; until [ -e ${ended} ]; do sleep 0.05; done`;
  const runs = `script -qfec 'exec ${agent.command(...argv).join(' ')}' ${seen}; status=$?; : >${ended}; exit $status`;
  return agent.namespace.runAsync(['sh', '-c', `rm -f ${seen} ${ended}; (${types}) | (${runs})`]);
}

t.test('reload --confirm on a terminal: ENTER keeps, no answer rolls back', async (t) => {
  const std = laboratory(t);
  const agent = agentIn(std, {});
  await agent.waitForLog(/ ready /);
  agent.configure(configText({ destinations: { inet: ['10.0.0.0/8'] } }));
  const kept = await onTerminal(agent, 'Press ENTER', 'echo', 'reload', '--confirm', '1m');
  t.match(kept.stdout, /Press ENTER to keep it/);
  t.match(kept.stdout, /Rolled back in (5\d|60?)s|1m0s/, 'the time that is left');
  t.match(kept.stdout, /configuration confirmed/);
  t.equal(kept.status, 0, kept.stdout);
  t.match((await statusOf(agent)).configuration, { source: 'file', unconfirmed: null });

  agent.configure(configText({ destinations: { inet: ['172.16.0.0/12'] } }));
  const lost = await onTerminal(agent, 'Press ENTER', ':', 'reload', '--confirm', '2s');
  t.match(lost.stdout, /No answer: rolled back to what ran before\./);
  t.equal(lost.status, 1, lost.stdout);
  t.equal((await statusOf(agent)).configuration.source, 'rolled-back');

  const gone = await onTerminal(agent, 'Press ENTER', 'printf "\\003"', 'reload', '--confirm', '1m');
  t.match(gone.stdout, /Not confirmed: it is rolled back when the time is over/);
  t.equal(gone.status, 1, gone.stdout);
  t.not((await statusOf(agent)).configuration.unconfirmed, null, 'the agent goes on waiting');
  t.equal((await agent.cli('confirm')).status, 0, 'for a confirmation from elsewhere');
  await agent.stop();
});

t.test('a default route of each family, of which one cannot go in: told, exit status 1', async (t) => {
  const std = laboratory(t);
  const agent = agentIn(
    std,
    'management-interface: mgmt0\nbackup-router: {address: auto}\ninet6-backup-router: {address: fe80::1}\n',
  );
  await agent.waitForLog(/ ready /);
  const { backupRoutes } = await statusWhere(agent, (s) => s.backupRoutes.some(({ state }) => state === 'installed'));
  t.match(backupRoutes.map(({ destination, gateway, state }) => [destination, gateway, state]).sort(), [
    ['default', '', 'absent'],
    ['default', 'fe80::1', 'installed'],
  ]);
  const { stdout, status } = await agent.cli('status');
  t.match(stdout, /^backup routes +IN 1 of 2\b/);
  t.equal(status, 1);
  const closed = await agent.namespace.runAsync([
    'bash',
    '-c',
    `set -o pipefail; ${agent.command('status').join(' ')} | true`,
  ]);
  t.equal(closed.status, 1, 'nobody reads it: the exit status is the same');
  await agent.stop();
});

t.test('what runs is a copy, or a part: exit status 1', async (t) => {
  const std = laboratory(t);
  const agent = agentIn(std, 'management-interface: mgmt0\nbackup-router: {address: 10.255.0.1}\nplacement: nowhere\n');
  await agent.waitForLog(/ ready /);
  await statusWhere(agent, ({ backupRoutes }) => backupRoutes[0]?.state === 'installed');
  const partial = JSON.parse((await holds(t, agent, 'status', 1, 'status')).stdout) as Outputs['status'];
  t.equal(partial.configuration.source, 'partial');
  t.same(
    partial.backupRoutes.map(({ state }) => state),
    ['installed'],
    'although the routes are in',
  );
  agent.configure(configText({}));
  t.match((await agent.cli('status')).stdout, /has changed since it was read; to use it: backup-router reload/);
  await holds(t, agent, 'reload', 0, 'reload');
  await holds(t, agent, 'status', 0, 'status');
  await agent.stop();
});

t.test('what cannot be written is no state; q ends the watch', async (t) => {
  const std = laboratory(t);
  const agent = agentIn(std, {});
  await agent.waitForLog(/ ready /);
  for (const argv of [['status'], ['events'], ['check', '-c', agent.configFile], ['--help']]) {
    const full = await agent.namespace.runAsync(['sh', '-c', `exec ${agent.command(...argv).join(' ')} >/dev/full`]);
    t.equal(full.status, 74, `${argv.join(' ')}: ${full.stderr}`);
    t.match(full.stderr, /the output cannot be written: .*ENOSPC/);
    statuses.add(74);
  }
  for (const [key, status] of [
    ['q', 0],
    ['\\003', 130],
  ] as const) {
    const watch = await onTerminal(agent, 'backup routes', `printf "${key}"`, 'status', '--watch');
    t.equal(watch.status, status, `${key} ends it`);
    t.ok(watch.stdout.includes('\u001b[?1049l'), 'and the terminal is as it was');
  }
  await agent.stop();
});

t.test('without an agent, without root, without sense', async (t) => {
  const std = laboratory(t);
  const agent = agentIn(std, {});
  await agent.waitForLog(/ ready /);
  const nobody = (...argv: readonly string[]): CommandResult =>
    std.router.tryRun([
      'setpriv',
      '--reuid=65534',
      '--regid=0',
      '--clear-groups',
      '--inh-caps=-all',
      ...agent.command(...argv),
    ]);
  for (const argv of [
    ['hold', '5m'],
    ['role', 'standby'],
    ['reload', '--confirm', '5m'],
    ['flush', '--force', '-c', agent.configFile],
  ]) {
    const run = nobody(...argv);
    t.equal(run.status, 77, `${argv.join(' ')}: ${run.stderr}`);
    t.match(run.stderr, `help: sudo backup-router ${argv.join(' ')}\n`, 'the very command again');
    statuses.add(77);
  }
  await holds(t, agent, 'error', 1, 'flush', '-c', agent.configFile);
  await holds(t, agent, 'error', 1, 'restore');
  await agent.stop();
  for (const argv of [
    ['status'],
    ['metrics'],
    ['hold', '5m'],
    ['reload'],
    ['reload', '--dry-run'],
    ['confirm'],
    ['role', 'backup'],
  ])
    await holds(t, agent, 'error', 69, ...argv);
  for (const argv of [
    ['hold', '5'],
    ['role', 'boss'],
    ['status', '--foo'],
    ['stauts'],
    ['explain'],
    ['reload', '--confirm', '5'],
    ['metrics', '--listen', '127.0.0.1:1'],
    ['events', '--since', 'yesterday'],
    ['explain', '10.0.0.0/8'],
    ['drill', '--max-outage', '5'],
    ['convert', '--to', 'xml'],
    ['check', 'FILE'],
    ['restore', '--nothing'],
    ['init', '--nothing'],
  ])
    await holds(t, agent, 'error', 64, ...argv);
  await holds(t, agent, 'convert', 78, 'convert', '/dev/null');
  await holds(t, agent, 'convert', 78, 'convert', '/nope');
  await holds(t, agent, 'error', 78, 'flush', '-c', '/nope');
  await holds(t, agent, 'doctor', 78, 'doctor', '-c', '/nope');
});

t.test('the whole schema, and the whole table of exit statuses', async (t) => {
  // A drill is played in netns/drill.test.ts, where what it prints is held to the schema, too.
  t.same(
    NAMES.filter((name) => !seen.has(name as keyof Outputs) && name !== 'drill'),
    [],
  );
  t.same(
    [...statuses].sort((a, b) => a - b),
    // 70, a bug: unit/cli/failure.test.ts.
    [0, 1, 64, 69, 74, 77, 78],
  );
});
