/**
 * The reports of a drill: with BIRD, with a configuration that must fail, and for what it cannot
 * do.
 */

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { type CommandResult, tryCommand, tryCommandAsync } from '../../src/drill/lab/command.js';
import { Process } from '../../src/drill/lab/process.js';
import { eventually, sleep } from '../../src/drill/lab/wait.js';
import { faultOf } from '../lab/outputs.js';
import { CLI, configText, type DrillJson } from './drill-support.js';

const directory = mkdtempSync(join(tmpdir(), 'br-drill-test-'));
t.teardown(() => rmSync(directory, { recursive: true, force: true }));

async function drill(text: string, ...args: readonly string[]): Promise<CommandResult> {
  const file = join(directory, 'config.yaml');
  writeFileSync(file, text);
  return tryCommandAsync([process.execPath, CLI, 'drill', '-c', file, ...args], { timeoutMs: 120_000 });
}

t.test('BIRD, a standby with two ports, one of them known by its MAC address', async (t) => {
  const text = configText({
    'management-interface': [
      { name: 'eth0', 'backup-router': { address: ['10.255.0.1', '10.255.0.2'] } },
      {
        mac: '52:54:00:12:34:56',
        'backup-router': { address: '10.254.0.1', destination: ['172.16.0.0/12', '10.9.0.0/16'] },
        'inet6-backup-router': { address: 'fe80::1' },
      },
    ],
    'backup-router': undefined,
    'routing-daemon': ['bird', { unit: 'gobgpd.service' }],
    role: 'standby',
  });
  const result = await drill(
    text,
    '--json',
    '--max-outage',
    '3s',
    '--case',
    'agent-kill',
    'start',
    'stop',
    'link-flap',
  );
  t.equal(faultOf('drill', result.stdout), undefined, 'as the schema says');
  const report = JSON.parse(result.stdout) as DrillJson;
  t.equal(report.daemon, 'bird');
  t.same(
    report.cases.map(({ name }) => name),
    ['start', 'stop', 'link-flap', 'agent-kill'],
    'in the order of the matrix',
  );
  for (const one of report.cases) t.ok(one.passed, `${one.name}: ${one.reason}`);
  t.same(
    report.cases.map(({ carriedBy }) => carriedBy.at(-1)),
    ['daemon', 'backup', 'backup', 'backup'],
  );
  t.equal(result.status, 0);
  t.same(
    report.differences.map(({ what }) => what),
    [
      'convergence-timeout',
      'address of eth0',
      'address of 52:54:00:12:34:56',
      'socket',
      'routing-daemon',
      'routes of the daemon',
    ],
  );
});

/** The agents that a process has started, at any depth. */
function agentsBelow(ancestor: number): readonly number[] {
  const parents = new Map<number, number>();
  const agents: number[] = [];
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    try {
      parents.set(Number(name), Number(/^PPid:\t(\d+)$/m.exec(readFileSync(`/proc/${name}/status`, 'utf8'))?.[1]));
      if (readFileSync(`/proc/${name}/cmdline`, 'utf8').includes('backup-router.cjs\0run\0')) agents.push(Number(name));
    } catch {
      // It has ended since.
    }
  }
  const isBelow = (pid: number | undefined): boolean =>
    pid === ancestor || (pid !== undefined && pid > 1 && isBelow(parents.get(pid)));
  return agents.filter((pid) => isBelow(parents.get(pid)));
}

t.test('what does not keep the router reachable fails', async (t) => {
  const file = join(directory, 'config.yaml');
  writeFileSync(file, configText());
  const running = new Process([
    process.execPath,
    CLI,
    'drill',
    '-c',
    file,
    '--daemon',
    'bird',
    '--case',
    'boot',
    'link-flap',
    'address-loss',
    'flush',
    '--max-outage',
    '1ms',
  ]);
  t.teardown(() => running.close());
  await eventually(() => running.lines.some((line) => line.startsWith('boot ')), {
    timeoutMs: 30_000,
    what: 'the first case',
  });
  // An agent that hardly ever runs, so that each repair costs packets.
  while (running.running) {
    const agents = agentsBelow(running.pid);
    const tell = (signal: NodeJS.Signals): void =>
      agents.forEach((pid) => tryCommand(['kill', `-${signal.slice(3)}`, String(pid)]));
    tell('SIGSTOP');
    await sleep(500);
    tell('SIGCONT');
    await sleep(20);
  }
  const stdout = running.lines.join('\n');
  t.equal((await running.exited).status, 1, stdout);
  t.match(stdout, /^(link-flap|address-loss|flush) +FAIL +\d+ ms/m);
  t.match(stdout.replace(/\s+/g, ' '), /unanswered for \d+ ms, allowed are 1 ms/);
  t.match(stdout, /^[1-3] of 4 passed, in \d+ s$/m);
  t.ok(
    stdout.split('\n').every((line) => line.length <= 80),
    'within 80 columns',
  );
});

t.test('what it cannot do it says', async (t) => {
  t.equal((await drill('management-interface: 7\n')).status, 78);
  const unknown = await drill(configText(), '--case', 'earthquake');
  t.equal(unknown.status, 64);
  t.match(unknown.stderr, /the cases are boot, start, restart/);
  t.equal((await drill(configText(), '--max-outage', 'soon')).status, 64);
  const file = join(directory, 'config.yaml');
  const other = tryCommand([
    'setpriv',
    '--reuid',
    '65534',
    '--clear-groups',
    'env',
    '-i',
    process.execPath,
    CLI,
    'drill',
    '-c',
    file,
  ]);
  t.equal(other.status, 77, other.stderr);
  t.match(other.stderr, /sudo backup-router drill/);
  const bare = tryCommand([
    'setpriv',
    '--bounding-set',
    '-sys_admin',
    '--inh-caps',
    '-sys_admin',
    process.execPath,
    CLI,
    'drill',
    '-c',
    file,
  ]);
  t.equal(bare.status, 77, bare.stderr);
  t.match(bare.stderr, /does not allow new namespaces/);
  // Empty directories over the daemons: nothing is installed.
  const without = tryCommand([
    'unshare',
    '--mount',
    'sh',
    '-c',
    'mount -t tmpfs tmpfs /usr/lib/frr && mount --bind /dev/null "$(command -v bird)" && exec "$@"',
    'sh',
    process.execPath,
    CLI,
    'drill',
    '-c',
    file,
  ]);
  t.equal(without.status, 69, without.stderr);
  t.match(without.stderr, /neither FRR nor BIRD is installed/);
  const listed = tryCommand([process.execPath, CLI, 'drill', '--list']);
  t.equal(listed.stdout.split('\n').length, 11, listed.stdout);
});
