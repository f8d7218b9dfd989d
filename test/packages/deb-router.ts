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
import { cannotBoot, cannotMake } from '../systemd/host/requirements.js';
import { CONFIG, FRR_CONF, FRR_DROP_IN, startRouter } from '../systemd/router.js';
import { artefact, cannotBuild, laterVersion, VERSION } from './artefacts.js';
import { replacedUnderPing, runsWithItsOwn } from './running.js';

const AGENT = 'backup-router.service';
const PACKAGES = ['systemd', 'systemd-sysv', 'iproute2', 'iputils-ping', 'procps'];
const ADOPTING = CONFIG.replace('{address: 10.77.0.1, ', '{address: auto, adopt: true, ');
/** Beside the agent, by templates and units that nothing enables. */
const BESIDE = ['backup-router@blue.service', 'backup-router-hooks.service', 'backup-router-hooks@blue.service'];
const BLUE = `management-interface: mgmt1
backup-router: {address: 10.79.0.1}
routing-daemon: [{frr: {daemons: [zebra], socket-directory: /run/frr/blue}}]
`;
const FIRST = `${VERSION}-1`;
const NEXT = `${VERSION}-2`;

/** A clean root of that release, with the files of FRR and BIRD for later. */
function cleanRoot(suite?: string): string {
  return debianRoot({ ...(suite === undefined ? {} : { suite }), packages: PACKAGES, later: ['frr', 'bird2'] });
}

/** The reason why the deb cannot be lived with here, or false. */
export function cannotLive(suite: string): string | false {
  return cannotBoot() || cannotMake(() => cleanRoot(suite)) || cannotBuild('deb');
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
    await comeIn(15_000);
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
    await comeIn(15_000);
    t.equal(status().routes.phase, 'in');
    run('sh', '-ec', 'kill -CONT $(pidof watchfrr)');
    run('systemctl', 'restart', 'frr.service');
    await goOut(60_000);
    run('systemctl', 'stop', 'frr.service');
    await comeIn(15_000);
  });

  const replaced = async (t: Test, version: string): Promise<void> => {
    await replacedUnderPing(t, router, 'dpkg', '--install', `${CHECKOUT}/${version}.deb`);
    t.equal(installed(), `${version} installed`);
    t.equal(run('cat', '/etc/backup-router/config.yaml'), CONFIG, 'the configuration is as it was');
    t.equal(isEnabled(), 'enabled');
  };

  const inBlue = (...argv: readonly string[]): string => run('ip', 'netns', 'exec', 'blue', ...argv);
  const blueRoutes = (): string => inBlue('ip', '-N', 'route', 'show', 'table', 'all', 'proto', '157').trim();
  const blueIn = (): Promise<unknown> =>
    eventually(() => blueRoutes().includes('via 10.79.0.1 dev mgmt1'), { timeoutMs: 20_000, what: 'routes in blue' });
  const pids = (): string[] => BESIDE.map((unit) => router.machine.property(unit, 'MainPID'));
  const states = (): string[] => BESIDE.map((unit) => router.machine.property(unit, 'ActiveState'));
  const ACTIVE = BESIDE.map(() => 'active');

  await test.test('an agent in a namespace and hooks beside it, by the units of the package', async (t) => {
    run('ip', 'netns', 'add', 'blue');
    inBlue('ip', 'link', 'add', 'mgmt1', 'type', 'veth', 'peer', 'name', 'far1');
    for (const link of ['lo', 'mgmt1', 'far1']) inBlue('ip', 'link', 'set', link, 'up');
    inBlue('ip', 'address', 'add', '10.79.0.2/24', 'dev', 'mgmt1');
    router.machine.write('/etc/backup-router/blue.yaml', BLUE);
    for (const unit of BESIDE) {
      router.machine.write(`/etc/systemd/system/${unit}.d/own.conf`, '[Service]\nEnvironment=OWN=1\n');
      t.equal(router.machine.try('systemctl', 'is-enabled', unit).stdout.trim(), 'disabled', `${unit}: not unasked`);
    }
    run('systemctl', 'daemon-reload');
    run('systemctl', 'enable', '--now', ...BESIDE);
    await blueIn();
    t.same(states(), ACTIVE);
  });

  await test.test('upgraded under a ping, with those beside it', async (t) => {
    const [before, routes] = [pids(), blueRoutes()];
    run(
      ...['systemd-run', '--unit=monitor', '--property=StandardOutput=file:/run/blue', 'ip', 'netns', 'exec', 'blue'],
      ...['stdbuf', '-oL', 'ip', '-N', 'monitor', 'route', 'rule'],
    );
    // It sees what happens from now on.
    await eventually(
      () => {
        inBlue('ip', 'route', 'add', '192.0.2.200', 'dev', 'mgmt1');
        inBlue('ip', 'route', 'del', '192.0.2.200', 'dev', 'mgmt1');
        return run('cat', '/run/blue').includes('Deleted 192.0.2.200');
      },
      { timeoutMs: 5_000, what: 'the first event' },
    );
    await replaced(t, NEXT);
    t.same(states(), ACTIVE);
    pids().forEach((pid, i) => t.not(pid, before[i], `${BESIDE[i]}: another process`));
    await blueIn();
    t.equal(blueRoutes(), routes);
    run('systemctl', 'stop', 'monitor.service');
    t.same(
      run('cat', '/run/blue')
        .split('\n')
        .filter((line) => /^Deleted.*proto 157/.test(line)),
      [],
      'no route and no rule in blue was deleted in between',
    );
  });

  await test.test('downgraded under a ping', (t) => replaced(t, FIRST));

  await test.test(
    'removed with those beside it: their routes, and that they were enabled, which a stopped one was, too',
    async (t) => {
      run('systemctl', 'stop', BESIDE.at(-1)!);
      run('dpkg', '--remove', 'backup-router');
      t.same(
        [router.owned(), blueRoutes(), inBlue('ip', '-N', 'rule')].flat().filter((line) => /157/.test(line)),
        [],
      );
      t.same(
        states(),
        BESIDE.map(() => 'inactive'),
      );
      t.equal(run('find', '/etc/systemd/system', '-type', 'l', '-name', 'backup-router*'), '');
      dpkgInstall(`${CHECKOUT}/${FIRST}.deb`);
      await comeIn(15_000);
      t.same(
        states(),
        BESIDE.map(() => 'inactive'),
        'and they are not started unasked',
      );
    },
  );

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
    await comeIn(15_000);
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
    await comeIn(15_000);
    run('systemctl', 'disable', AGENT);
    run('dpkg', '--remove', 'backup-router');
    dpkgInstall(`${CHECKOUT}/${NEXT}.deb`);
    t.equal(isEnabled(), 'disabled', 'unless an operator had disabled it');
    t.same(router.owned(), []);
    run('systemctl', 'enable', '--now', AGENT);
    await comeIn(15_000);
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
