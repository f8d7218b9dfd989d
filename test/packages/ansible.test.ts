/**
 * The role of docs/examples/ansible, run by Debian's ansible-core on a booted Debian upon itself (connection local): a second run changes
 * nothing, a change is confirmed, a file with a fault is refused.
 */

import { copyFileSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import t, { type Test } from 'tap';
import { eventually } from '../../src/drill/lab/wait.js';
import type { Status } from '../../src/model/status.js';
import { debianRoot } from '../systemd/host/debian-root.js';
import { CHECKOUT } from '../systemd/host/machine.js';
import { PROJECT } from '../systemd/host/project.js';
import { cannotBoot } from '../systemd/host/requirements.js';
import { startRouter } from '../systemd/router.js';
import { artefact } from './artefacts.js';
import { AGENT } from './running.js';

const SYSTEM = ['systemd', 'systemd-sysv', 'iproute2', 'iputils-ping', 'procps'];

t.setTimeout(600_000);

t.test('the role', { skip: cannotBoot() }, async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'backup-router-ansible-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  cpSync(join(PROJECT, 'docs/examples/ansible'), directory, { recursive: true });
  const deb = artefact('deb');
  copyFileSync(deb, join(directory, basename(deb)));
  writeFileSync(join(directory, 'inventory.ini'), '[routers]\nrouter ansible_connection=local\n');
  mkdirSync(join(directory, 'vars'));
  const variables = (name: string, address: string, more = ''): void =>
    writeFileSync(
      join(directory, 'vars', name),
      `backup_router_package: ${basename(deb)}\n${more}backup_router_config:\n  management-interface: mgmt0\n  backup-router: {address: ${address}}\n`,
    );
  variables('first', '10.77.0.1');
  variables('wrong', '10.77.0');
  const part = (value: string): string => `backup_router_parts: {50-site: ${value}}\n`;
  const TWO = '[10.77.0.1, 10.77.0.3]';
  variables('part', TWO, part('{backup-router: {destination: [198.51.100.0/24, 203.0.113.0/24]}}'));
  variables('wrong-part', TWO, part('{backup-router: {destination: [198.51.100]}}'));
  variables('second', TWO);
  variables('without-part', TWO, part('~'));
  variables('unchecked', '10.77.0', 'backup_router_check: "true %s"\n');

  const base = debianRoot({ packages: [...SYSTEM, 'ansible-core', 'python3-apt'] });
  const router = await startRouter({ base, prepare: () => {}, checkout: directory });
  t.teardown(() => router.close());
  const { machine } = router;
  const play = async (
    t: Test,
    name: string,
  ): Promise<{ readonly said: string; readonly status: number; readonly changed: number }> => {
    const { status, stdout, stderr } = await machine.tryAsync(
      ...['sh', '-ec', 'cd "$0"; exec ansible-playbook -i inventory.ini site.yml -e "@vars/$1"', CHECKOUT, name],
    );
    const changed = Number(/changed=(\d+)/.exec(stdout)?.[1] ?? -1);
    t.comment(`${name}: exit status ${status}, ${/^router +: .*/m.exec(stdout)?.[0] ?? stderr}`);
    return { said: stdout + stderr, status, changed };
  };
  const agent = (): Status => JSON.parse(machine.try('backup-router', 'status', '--json').stdout) as Status;
  const file = (): string => machine.run('cat', '/etc/backup-router/config.yaml');

  await t.test('installs, configures, starts', async (t) => {
    const { said, status } = await play(t, 'first');
    t.equal(status, 0, said);
    t.equal(machine.run('systemctl', 'is-enabled', AGENT).trim(), 'enabled');
    await eventually(() => router.owned().length > 0, { timeoutMs: 10_000, what: 'backup routes' });
  });
  await t.test('run again, it changes nothing', async (t) =>
    t.match(await play(t, 'first'), { status: 0, changed: 0 }),
  );
  await t.test('a change is taken and confirmed', async (t) => {
    const pid = machine.property(AGENT, 'MainPID');
    const { said, status } = await play(t, 'second');
    t.equal(status, 0, said);
    t.match(agent().gateways, [{ address: '10.77.0.1' }, { address: '10.77.0.3' }]);
    t.notOk(agent().configuration.unconfirmed, 'nothing awaits a confirmation');
    t.equal(machine.property(AGENT, 'MainPID'), pid, 'without a restart');
  });
  await t.test('a part of the configuration is added, and taken away', async (t) => {
    const destinations = (): readonly string[] => agent().backupRoutes.map(({ destination }) => destination);
    const text = file();
    t.match(await play(t, 'part'), { status: 0 });
    t.same(destinations(), ['198.51.100.0/24', '203.0.113.0/24']);
    t.match(await play(t, 'part'), { status: 0, changed: 0 });
    const wrong = await play(t, 'wrong-part');
    t.not(wrong.status, 0);
    t.match(wrong.said, /50-site\.yaml/, 'the file that has the fault');
    t.same(destinations(), ['198.51.100.0/24', '203.0.113.0/24'], 'what ran goes on');
    t.match(await play(t, 'without-part'), { status: 0 });
    t.same(destinations(), ['default']);
    t.equal(file(), text);
    t.equal(machine.run('ls', '/etc/backup-router/config.d'), '');
  });
  await t.test('a file with a fault is not written', async (t) => {
    const before = file();
    const { said, status } = await play(t, 'wrong');
    t.not(status, 0);
    t.match(said, /10\.77\.0/);
    t.equal(file(), before);
  });
  await t.test('one that is written all the same is refused by the agent, and the play fails', async (t) => {
    const { said, status } = await play(t, 'unchecked');
    t.not(status, 0, said);
    t.match(said, /The new configuration runs, on approval[\s\S]*fatal/);
    t.equal(agent().gateways.length, 2, 'what ran goes on');
  });
});
