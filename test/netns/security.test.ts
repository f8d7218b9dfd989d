/**
 * What root, a member of the agent's group and a stranger can read and change, beside an agent
 * that runs as its unit does: as a user of its own with only CAP_NET_ADMIN. A command of the
 * configuration has none of the agent's rights.
 */

import { chmodSync, chownSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { startAgent } from '../../src/drill/lab/agent.js';
import type { CommandResult } from '../../src/drill/lab/command.js';
import { eventually } from '../../src/drill/lab/wait.js';
import type { Status } from '../../src/model/status.js';
import { configText, laboratory, owned } from './agent-support.js';

t.setTimeout(400_000);

/** In no account file of this host. */
const AGENT = 47_111;
const STRANGER = 47_222;
const as = (user: number, group: number): readonly string[] => [
  'setpriv',
  `--reuid=${user}`,
  `--regid=${group}`,
  '--clear-groups',
  '--inh-caps=-all',
  '--bounding-set=-all',
];
const CONNECT = `
const socket = require('node:net').connect(process.argv[1]);
socket.on('connect', () => socket.write(process.argv[2] + '\\n'));
socket.on('data', (data) => { process.stdout.write(String(data).slice(0, 300)); socket.destroy(); });
socket.on('error', (error) => { process.stderr.write(error.code); process.exitCode = 1; });
socket.setTimeout(5000, () => { process.stderr.write('TIMEOUT'); socket.destroy(); });`;

t.test('root, a member of the group, a stranger', async (t) => {
  const std = laboratory(t);
  const { router } = std;
  const directory = join(std.lab.directory, 'agent');
  const probe = join(std.lab.directory, 'probe');
  for (const path of [directory, join(directory, 'state'), join(directory, 'run'), probe]) {
    mkdirSync(path);
    chownSync(path, AGENT, AGENT);
  }
  chmodSync(std.lab.directory, 0o755);
  // Healthy while it cannot do what the agent can; it leaves what it is behind.
  const check = `grep -E "^(Cap|NoNewPrivs)" /proc/self/status >${probe}/status; ! ip link set data0 mtu 1400`;
  const agent = startAgent(std.lab, router, {
    configText: configText({
      more: {
        'routing-daemon': [{ exec: { command: ['/bin/sh', '-c', check], interval: '2s', timeout: '1900ms' } }],
        withdraw: { 'hold-time': '1h' },
      },
    }),
    directory,
    wrapper: [
      'setpriv',
      ...[`--reuid=${AGENT}`, `--regid=${AGENT}`, '--clear-groups'],
      ...['--inh-caps=-all,+net_admin', '--ambient-caps=-all,+net_admin', '--bounding-set=-all,+net_admin'],
      '--no-new-privs',
      ...['sh', '-c', 'umask 027; exec "$@"', 'sh'],
    ],
  });
  await agent.waitForLog(/ ready /, 20_000);
  const socket = join(directory, 'run', 'control.sock');
  const cli = (who: readonly string[], ...words: readonly string[]): CommandResult =>
    router.tryRun([...who, ...agent.command(...words)]);
  const send = (who: readonly string[], line: string): CommandResult =>
    router.tryRun([...who, process.execPath, '-e', CONNECT, socket, line]);
  const before = owned(router);
  t.ok(before.length > 0, 'routes are in');

  t.test('a command of the configuration has no capability, and no way to one', async (t) => {
    await eventually(() => /^NoNewPrivs/m.test(readFileSync(`${probe}/status`, 'latin1')), { timeoutMs: 20_000 });
    const found = readFileSync(`${probe}/status`, 'latin1');
    for (const set of ['CapPrm', 'CapEff', 'CapAmb']) t.match(found, new RegExp(`^${set}:\\s+0+$`, 'm'), set);
    t.match(found, /^NoNewPrivs:\s+1$/m);
    await eventually(async () => (await agent.status<Status>()).daemons[0]?.state === 'responsive', {
      timeoutMs: 20_000,
      what: 'it may not change a link',
    });
    t.notMatch(router.ip('-o link show data0'), / mtu 1400 /);
    t.notOk(agent.log.some((line) => line.includes('commands-unconfined')));
  });

  const member = as(STRANGER, AGENT);
  const stranger = as(STRANGER, STRANGER);
  const changing = [
    '{"command":"hold","durationMs":60000}',
    '{"command":"role","role":"standby"}',
    '{"command":"reload"}',
    '{"command":"confirm"}',
  ];

  t.test('a stranger reads what anybody may, and cannot ask the agent', async (t) => {
    t.match(send(stranger, '{"command":"status"}'), { status: 1, stdout: '', stderr: 'EACCES' });
    for (const words of [['status'], ['events'], ['hold', '1m'], ['role', 'standby'], ['reload']]) {
      const { status, stderr } = cli(stranger, ...words);
      t.match([status, stderr], [77, /group|root|permission/i], words.join(' '));
    }
    t.match(cli(stranger, 'routes').status, 0);
    t.match(cli(stranger, 'flush', '--force').status, 77);
    for (const path of filesOf(directory)) {
      const write = router.tryRun([...stranger, 'sh', '-c', 'test ! -w "$1"', 'sh', path]);
      t.equal(write.status, 0, `${path} cannot be written`);
      if (path.includes('/state/') || path.endsWith('.lock'))
        t.equal(router.tryRun([...stranger, 'sh', '-c', 'test ! -r "$1"', 'sh', path]).status, 0, `nor read: ${path}`);
    }
    for (const place of ['state', 'run'])
      t.equal(
        router.tryRun([...stranger, 'touch', join(directory, place, 'x')]).status,
        1,
        `nothing is put into ${place}`,
      );
  });

  t.test('a member of the group reads, and changes nothing', async (t) => {
    t.match(send(member, '{"command":"status"}').stdout, /^\{"ok":true,"status":/);
    t.match(cli(member, 'events').status, 0);
    for (const line of changing)
      t.match(send(member, line).stdout, /^\{"ok":false,"error":\{"code":"permission"/, line);
    for (const words of [['hold', '1m'], ['role', 'standby'], ['reload']])
      t.match(cli(member, ...words), { status: 77, stderr: /root/ }, words.join(' '));
    for (const path of filesOf(directory).filter((one) => !one.endsWith('.sock')))
      t.equal(
        router.tryRun([...member, 'sh', '-c', 'test ! -w "$1"', 'sh', path]).status,
        0,
        `${path} cannot be written`,
      );
    t.equal(
      router.tryRun([...member, 'sh', '-c', 'test ! -r "$1"', 'sh', lockOf(directory)]).status,
      0,
      'nor the lock taken',
    );
    t.equal(router.tryRun([...member, 'touch', join(directory, 'state', 'x')]).status, 1);
  });

  t.test('nothing of that has changed anything', async (t) => {
    t.same(owned(router), before);
    const { routes } = await agent.status<Status>();
    t.equal(routes.role, 'primary');
    t.not(routes.cause, 'pinned');
  });

  t.test('root orders, and so does the agent itself', async (t) => {
    t.match(cli([], 'hold', '1m').status, 0);
    t.match(send(as(AGENT, AGENT), '{"command":"hold","durationMs":"off"}').stdout, /^\{"ok":true/);
    t.equal(statSync(socket).mode & 0o777, 0o660);
    for (const path of filesOf(join(directory, 'state')))
      t.equal(statSync(path).mode & 0o007, 0, `${path} is nobody else's`);
  });
});

function filesOf(directory: string): readonly string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name));
}

function lockOf(directory: string): string {
  return filesOf(directory).find((path) => /lock/.test(path)) ?? 'no lock';
}
