/**
 * The life of the deb on a clean Debian without Node and FRR, with systemd as PID 1 and without a network: installed, filled in,
 * beside an FRR that comes later, rebooted, upgraded and downgraded under a ping, removed, purged. One boot; the tests follow upon each other.
 */

import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Test } from 'tap';
import { eventually } from '../../src/drill/lab/wait.js';
import type { Status } from '../../src/model/status.js';
import { debianRoot, LATER } from '../systemd/host/debian-root.js';
import { CHECKOUT } from '../systemd/host/machine.js';
import { CONFIG, FRR_CONF, FRR_DROP_IN, startRouter } from '../systemd/router.js';
import { artefact, laterVersion, VERSION } from './artefacts.js';
import { replacedUnderPing, runsWithItsOwn } from './running.js';

const AGENT = 'backup-router.service';
const PACKAGES = ['systemd', 'systemd-sysv', 'iproute2', 'iputils-ping', 'procps'];
const ADOPTING = CONFIG.replace('{address: 10.77.0.1, ', '{address: auto, adopt: true, ');
const FIRST = `${VERSION}-1`;
const NEXT = `${VERSION}-2`;

/** A clean root of that release, with the files of FRR and BIRD for later. */
function cleanRoot(suite?: string): string {
  return debianRoot({ ...(suite === undefined ? {} : { suite }), packages: PACKAGES, later: ['frr', 'bird2'] });
}

export async function lifeOfTheDeb(test: Test, suite: string): Promise<void> {
  const packages = mkdtempSync(join(tmpdir(), 'backup-router-debs-'));
  test.teardown(() => rmSync(packages, { recursive: true, force: true }));
  const deb = artefact('deb');
  copyFileSync(deb, join(packages, `${FIRST}.deb`));
  copyFileSync(laterVersion(deb, NEXT, packages), join(packages, `${NEXT}.deb`));

  const router = await startRouter({ base: cleanRoot(suite), prepare: () => {}, checkout: packages });
  test.teardown(() => router.close());
  const run = (...argv: readonly string[]): string => router.machine.run(...argv);
  const status = (): Status => JSON.parse(router.machine.try('backup-router', 'status', '--json').stdout) as Status;
  const installed = (): string => run('dpkg-query', '-W', '-f', '${Version} ${db:Status-Status}', 'backup-router');
  const property = (name: string): string => router.machine.property(AGENT, name);
  const isEnabled = (): string => router.machine.try('systemctl', 'is-enabled', AGENT).stdout.trim();
  const comeIn = (timeoutMs: number): Promise<unknown> =>
    eventually(() => router.owned().length > 0, { timeoutMs, what: 'backup routes' });
  const goOut = (timeoutMs: number): Promise<unknown> =>
    eventually(() => router.owned().length === 0, { timeoutMs, what: 'their withdrawal' });
  const groups = (): string => run('id', '-nG', 'backup-router');
  /** Debian's own way to say: no questions, the files that are there stay. */
  const dpkgInstall = (...files: readonly string[]): string =>
    run(
      'sh',
      '-ec',
      'DEBIAN_FRONTEND=noninteractive dpkg --force-confold --install "$@" 2>&1 </dev/null',
      'sh',
      ...files,
    );

  await test.test('installed offline, and nothing is enabled before there is a configuration', async (t) => {
    t.not(router.machine.try('sh', '-c', 'command -v node || command -v zebra').status, 0, 'a clean root');
    const beganMs = Date.now();
    t.match(dpkgInstall(`${CHECKOUT}/${FIRST}.deb`), /not enabled: fill in \/etc\/backup-router\/config\.yaml/);
    t.comment(`installed in ${Date.now() - beganMs} ms`);
    t.equal(installed(), `${FIRST} installed`);
    t.equal(isEnabled(), 'disabled');
    t.equal(property('ActiveState'), 'inactive');
    t.equal(run('backup-router', '--version').trim(), VERSION);
    t.match(run('cat', '/etc/backup-router/config.yaml'), /^# management-interface: /m);
    t.same(groups().trim().split(' ').sort(), ['backup-router', 'frrvty']);
    t.equal(run('stat', '-c', '%U', '/var/lib/backup-router').trim(), 'backup-router');
  });

  await test.test('FRR and BIRD come later; the agent is a member of their groups', async (t) => {
    run('sh', '-ec', 'printf "#!/bin/sh\\nexit 101\\n" >/usr/sbin/policy-rc.d; chmod 755 /usr/sbin/policy-rc.d');
    const later = await router.machine.tryAsync(
      'sh',
      '-ec',
      `DEBIAN_FRONTEND=noninteractive dpkg --force-confold --install ${LATER}/*.deb </dev/null 2>&1`,
    );
    t.equal(later.status, 0, later.stdout);
    run('rm', '/usr/sbin/policy-rc.d');
    router.machine.try('systemctl', 'disable', '--now', 'bird.service', 'frr.service');
    t.same(groups().trim().split(' ').sort(), ['backup-router', 'bird', 'frrvty']);
  });

  await test.test('check, enable: the routes are in, and both native modules have loaded', async (t) => {
    router.machine.write('/etc/backup-router/config.yaml', CONFIG);
    run('backup-router', 'check');
    run('systemctl', 'enable', '--now', AGENT);
    await comeIn(10_000);
    t.equal(status().routes.phase, 'in');
    runsWithItsOwn(t, router.machine);
  });

  await test.test('reboot: in before FRR starts, out once FRR is healthy', async (t) => {
    router.machine.write('/etc/frr/frr.conf', FRR_CONF);
    router.machine.write('/etc/systemd/system/frr.service.d/record.conf', FRR_DROP_IN);
    run('systemctl', 'daemon-reload');
    run('systemctl', 'enable', 'frr.service');
    await router.reboot();
    t.match(run('cat', '/run/when-frr-started'), /^default via 10\.77\.0\.1 dev mgmt0 table 25500/);
    await goOut(60_000);
  });

  await test.test('zebra is killed, FRR is stopped: in', async (t) => {
    run('sh', '-ec', 'kill -STOP $(pidof watchfrr); kill -KILL $(pidof zebra)');
    await comeIn(5_000);
    t.equal(status().routes.phase, 'in');
    run('sh', '-ec', 'kill -CONT $(pidof watchfrr)');
    run('systemctl', 'restart', 'frr.service');
    await goOut(60_000);
    run('systemctl', 'stop', 'frr.service');
    await comeIn(10_000);
  });

  const replaced = async (t: Test, version: string): Promise<void> => {
    await replacedUnderPing(t, router, 'dpkg', '--install', `${CHECKOUT}/${version}.deb`);
    t.equal(installed(), `${version} installed`);
    t.equal(run('cat', '/etc/backup-router/config.yaml'), CONFIG, 'the configuration is as it was');
    t.equal(isEnabled(), 'enabled');
  };

  await test.test('upgraded under a ping', (t) => replaced(t, NEXT));
  await test.test('downgraded under a ping', (t) => replaced(t, FIRST));

  await test.test('what was taken over stays so over an upgrade, and a removal gives it back', async (t) => {
    const foreign = (): string => router.namespace.ip('-N -4 route show default proto 3').trim();
    router.namespace.ip('route add default via 10.77.0.1 dev mgmt0 proto 3');
    router.machine.write('/etc/backup-router/config.yaml', ADOPTING);
    run('systemctl', 'start', 'frr.service');
    run('systemctl', 'reload', AGENT);
    await eventually(() => foreign() === '', { timeoutMs: 60_000, what: 'the foreign default route taken over' });
    await goOut(60_000);

    const seen: string[] = [];
    const monitor = router.namespace.spawn(['stdbuf', '-oL', 'ip', '-N', '-4', 'monitor', 'route'], {
      closeSignal: 'SIGKILL',
      keepLines: false,
      onLine: (line) => seen.push(line),
    });
    // It sees what happens from now on.
    await eventually(
      () => {
        router.namespace.ip('route add 192.0.2.200 dev mgmt0');
        router.namespace.ip('route del 192.0.2.200 dev mgmt0');
        return seen.some((line) => line.includes('192.0.2.200'));
      },
      { timeoutMs: 5_000, what: 'the first event' },
    );
    const pid = property('MainPID');
    const upgrade = await router.machine.tryAsync('dpkg', '--install', `${CHECKOUT}/${NEXT}.deb`);
    t.equal(upgrade.status, 0, upgrade.stderr);
    t.not(property('MainPID'), pid);
    await delay(500);
    await monitor.stop('SIGKILL');
    t.same(
      seen.filter((line) => line.includes('default via 10.77.0.1 dev mgmt0')),
      [],
      'FRR sees nothing of it, and no backup route went in',
    );

    run('dpkg', '--remove', 'backup-router');
    t.match(foreign(), 'default via 10.77.0.1 dev mgmt0');
    router.namespace.ip('route del default via 10.77.0.1 dev mgmt0 proto 3');
    router.machine.write('/etc/backup-router/config.yaml', CONFIG);
    run('systemctl', 'stop', 'frr.service');
    dpkgInstall(`${CHECKOUT}/${FIRST}.deb`);
    await comeIn(10_000);
  });

  await test.test('removed: no route, no rule, no unit; the configuration stays', async (t) => {
    run('dpkg', '--remove', 'backup-router');
    t.same(router.owned(), []);
    t.not(router.machine.try('systemctl', 'cat', AGENT).status, 0);
    t.equal(run('cat', '/etc/backup-router/config.yaml'), CONFIG);
  });

  await test.test('installed again: enabled and started, for the configuration is valid', async (t) => {
    const said = dpkgInstall(`${CHECKOUT}/${FIRST}.deb`);
    t.equal(isEnabled(), 'enabled', said);
    await comeIn(10_000);
    run('systemctl', 'disable', AGENT);
    run('dpkg', '--remove', 'backup-router');
    dpkgInstall(`${CHECKOUT}/${NEXT}.deb`);
    t.equal(isEnabled(), 'disabled', 'unless an operator had disabled it');
    t.same(router.owned(), []);
    run('systemctl', 'enable', '--now', AGENT);
    await comeIn(10_000);
  });

  await test.test('purged: nothing is left', async (t) => {
    run('dpkg', '--purge', 'backup-router');
    t.same(router.owned(), []);
    t.equal(
      run(
        'find',
        '/',
        '-xdev',
        '-name',
        '*backup-router*',
        '-not',
        '-path',
        '/srv/*',
        '-not',
        '-path',
        '/var/log/*',
        '-not',
        '-path',
        '/sys/*',
      ),
      '',
    );
    t.equal(run('sh', '-c', 'grep backup-router /etc/passwd /etc/group || true'), '');
    t.match(run('cat', '/etc/group'), /^frrvty:.*:frr$/m, 'FRR keeps its group');
    t.match(router.machine.try('systemctl', 'is-system-running').stdout, /running|degraded/);
  });
}
