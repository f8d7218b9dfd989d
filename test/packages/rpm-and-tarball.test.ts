/**
 * The rpm and the tarball on a Debian with systemd as PID 1: the rpm as far as Debian's rpm goes (its database, its order of scripts;
 * what it requires by name is not there).
 */

import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import t, { type Test } from 'tap';
import { command } from '../../src/drill/lab/command.js';
import { eventually } from '../../src/drill/lab/wait.js';
import { debianRoot } from '../systemd/host/debian-root.js';
import { CHECKOUT } from '../systemd/host/machine.js';
import { createOverlay } from '../systemd/host/overlay.js';
import { cannotBoot, cannotMake } from '../systemd/host/requirements.js';
import { CONFIG, startRouter } from '../systemd/router.js';
import { artefact, cannotBuild, NATIVE, VERSION } from './artefacts.js';
import { AGENT, replacedUnderPing, runsWithItsOwn } from './running.js';

interface Way {
  readonly kind: 'rpm' | 'tar';
  readonly prepare?: string;
  readonly install: string;
  readonly upgrade: string;
  readonly remove: string;
  /** Where the configuration is after a removal. */
  readonly kept: string;
}

const RPM = `${CHECKOUT}/backup-router-${VERSION}-1.${NATIVE === 'amd64' ? 'x86_64' : 'aarch64'}.rpm`;
const UNPACKED = `/root/backup-router-${VERSION}-linux-${NATIVE}`;
const WAYS: readonly Way[] = [
  {
    kind: 'rpm',
    install: `rpm --force-debian --nodeps --install ${RPM}`,
    upgrade: `rpm --force-debian --nodeps --upgrade --replacepkgs ${RPM}`,
    remove: 'rpm --force-debian --erase backup-router',
    kept: '/etc/backup-router/config.yaml.rpmsave',
  },
  {
    kind: 'tar',
    prepare: `tar -C /root -xf ${CHECKOUT}/backup-router-${VERSION}-linux-${NATIVE}.tar.xz`,
    install: `${UNPACKED}/install.sh`,
    upgrade: `${UNPACKED}/install.sh`,
    remove: `${UNPACKED}/install.sh --remove`,
    kept: '/etc/backup-router/config.yaml',
  },
];
const root = (): string =>
  debianRoot({ packages: ['systemd', 'systemd-sysv', 'iproute2', 'iputils-ping', 'procps', 'rpm', 'xz-utils'] });
const skip = cannotBoot() || cannotMake(root) || cannotBuild('rpm', 'tar');

t.setTimeout(600_000);

/** A package of that name with nothing in it. */
function emptyRpm(name: string, directory: string): void {
  const work = mkdtempSync(join(tmpdir(), 'backup-router-rpm-'));
  try {
    const spec = `Name: ${name}\nVersion: 1\nRelease: 1\nSummary: ${name}\nLicense: none\nBuildArch: noarch\n%description\n%files\n`;
    writeFileSync(join(work, 'x.spec'), spec);
    command([
      'rpmbuild',
      '-bb',
      '--quiet',
      '--define',
      `_topdir ${work}`,
      '--define',
      `_rpmdir ${work}`,
      join(work, 'x.spec'),
    ]);
    copyFileSync(join(work, 'noarch', `${name}-1-1.noarch.rpm`), join(directory, `${name}-1-1.noarch.rpm`));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

for (const { kind, prepare, install, upgrade, remove, kept } of WAYS) {
  t.test(kind, { skip }, async (t) => {
    const checkout = dirname(artefact(kind));
    const router = await startRouter({ base: root(), prepare: () => {}, checkout });
    t.teardown(() => router.close());
    const { machine } = router;
    const sh = async (t: Test, script: string): Promise<string> => {
      const result = await machine.tryAsync('sh', '-ec', script);
      t.equal(result.status, 0, `${script}: ${result.stdout}${result.stderr}`);
      return result.stdout + result.stderr;
    };
    if (prepare !== undefined) await sh(t, prepare);

    t.match(await sh(t, install), /not enabled: fill in/);
    t.equal(machine.try('systemctl', 'is-enabled', AGENT).stdout.trim(), 'disabled');
    t.equal(machine.run('backup-router', '--version').trim(), VERSION);
    t.match(machine.run('id', '-nG', 'backup-router'), /frrvty/);
    t.match(machine.run('cat', '/etc/backup-router/config.yaml'), /^# management-interface: /m);

    machine.write('/etc/backup-router/config.yaml', CONFIG);
    machine.run('backup-router', 'check');
    machine.run('systemctl', 'enable', '--now', AGENT);
    await eventually(() => router.owned().length > 0, { timeoutMs: 10_000, what: 'backup routes' });
    runsWithItsOwn(t, machine);

    if (kind === 'rpm') {
      await t.test('BIRD comes later: a trigger makes the agent a member of its group', async (t) => {
        emptyRpm('bird', checkout);
        machine.run('groupadd', '--system', 'bird');
        const pid = machine.property(AGENT, 'MainPID');
        await sh(t, `rpm --force-debian --nodeps --install ${CHECKOUT}/bird-1-1.noarch.rpm`);
        t.match(machine.run('id', '-nG', 'backup-router'), /\bbird\b/);
        t.not(machine.property(AGENT, 'MainPID'), pid, 'and another process has it');
        t.match(router.owned().join('\n'), /default via 10\.77\.0\.1/);
      });
    }

    await t.test('replaced under a ping', (t) => replacedUnderPing(t, router, 'sh', '-ec', upgrade));
    t.equal(machine.run('cat', '/etc/backup-router/config.yaml'), CONFIG, 'the configuration is as it was');
    t.equal(machine.try('systemctl', 'is-enabled', AGENT).stdout.trim(), 'enabled');

    await sh(t, remove);
    t.same(router.owned(), [], 'no route and no rule is left');
    t.not(machine.try('systemctl', 'cat', AGENT).status, 0, 'no unit');
    t.equal(machine.run('cat', kept), CONFIG);
    t.equal(
      machine.run(
        'sh',
        '-c',
        'ls -d /usr/lib/backup-router /usr/share/doc/backup-router /usr/bin/backup-router 2>/dev/null || true',
      ),
      '',
    );
  });
}

t.test('the tarball into the root directory of an image, and out again', { skip }, async (t) => {
  const directory = t.testdir({});
  const overlay = createOverlay(root(), directory);
  const LISTING =
    'cd "$1"; find . -xdev -path ./run -prune -o -printf "%y %m %U:%G %p -> %l\\n" | grep -v "^f .* ./etc/\\(passwd\\|group\\|shadow\\|gshadow\\)-\\? " | LC_ALL=C sort; cat etc/passwd etc/group';
  const sh = (script: string): string => overlay.run(['sh', '-ec', script, 'sh', overlay.root], { timeoutMs: 120_000 });
  const install = (options: string): string =>
    sh(
      `rm -rf /tmp/$$; mkdir /tmp/$$; tar -C /tmp/$$ -xf ${artefact('tar')}; /tmp/$$/*/install.sh --root "$1" ${options} 2>&1; rm -r /tmp/$$`,
    );
  const before = sh(LISTING);
  sh(
    `mkdir "$1/etc/backup-router"; printf 'management-interface: mgmt0\nbackup-router: {address: 10.77.0.1}\n' > "$1/etc/backup-router/config.yaml"`,
  );
  install('');
  t.match(
    sh(LISTING),
    './etc/systemd/system/multi-user.target.wants/backup-router.service',
    'enabled: the configuration is valid',
  );
  t.match(sh('chroot "$1" id backup-router'), /frrvty/);
  t.equal(sh('chroot "$1" /usr/bin/backup-router --version').trim(), VERSION);
  // A file of a former version: outside of the directories that are the agent's alone.
  const former = '/usr/share/man/man8/backup-router-former.8.gz';
  sh(`touch "$1${former}"; echo ${former} >>"$1/usr/lib/backup-router/manifest"`);
  const installed = sh(LISTING);
  install('');
  t.equal(sh(LISTING), installed.replace(/^.*backup-router-former.*\n/m, ''), 'an upgrade takes along what it has not');
  const beside = 'backup-router@blue backup-router-hooks backup-router-hooks@blue';
  sh(
    `for unit in ${beside}; do systemctl --quiet --root="$1" enable $unit.service; mkdir "$1/etc/systemd/system/$unit.service.d"; done`,
  );
  install('--purge');
  t.equal(sh(LISTING), before, 'nothing is left');
});
