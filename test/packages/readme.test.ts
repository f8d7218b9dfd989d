/**
 * The README alone, on a fresh machine: its commands as they stand there, from the package file to a protected router, in less than a
 * minute and without a network. Only what is the reader's own is filled in: the interface and the address.
 */

import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import t from 'tap';
import { eventually } from '../../src/drill/lab/wait.js';
import { startPing } from '../lab/ping.js';
import { debianRoot } from '../systemd/host/debian-root.js';
import { CHECKOUT } from '../systemd/host/machine.js';
import { createOverlay } from '../systemd/host/overlay.js';
import { PROJECT } from '../systemd/host/project.js';
import { cannotBoot, cannotMake } from '../systemd/host/requirements.js';
import { startRouter } from '../systemd/router.js';
import { artefact, cannotBuild, NATIVE } from './artefacts.js';

const README = readFileSync(join(PROJECT, 'README.md'), 'utf8');
const PACKAGES = ['systemd', 'systemd-sysv', 'iproute2', 'iputils-ping', 'procps'];
const MINUTE_MS = 60_000;

t.setTimeout(600_000);

const cleanRoot = (): string => debianRoot({ packages: PACKAGES });

/** The first block of a language behind a text. */
function block(language: string, behind: string): string {
  const from = README.slice(README.indexOf(behind));
  return new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(from)![1]!;
}

t.test(
  'from the README to a protected router',
  { skip: cannotBoot() || cannotMake(cleanRoot) || cannotBuild('deb') },
  async (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'backup-router-readme-'));
    t.teardown(() => rmSync(directory, { recursive: true, force: true }));
    const deb = artefact('deb');
    copyFileSync(deb, join(directory, basename(deb)));
    const install = /^sudo (dpkg -i \S+)/m.exec(README)![1]!.replace('amd64', NATIVE);
    const configure = block('sh', '```sh\nbackup-router init');
    const config = block('yaml', 'smallest useful configuration')
      .replace(/eth0/g, 'mgmt0')
      .replace('192.0.2.1 ', '10.77.0.1 ');

    const router = await startRouter({
      base: cleanRoot(),
      prepare: () => {},
      checkout: directory,
    });
    t.teardown(() => router.close());
    const { machine } = router;
    t.not(machine.try('sh', '-c', 'command -v node').status, 0, 'a clean root');
    const beganMs = Date.now();
    const done: string[] = [];
    for (const line of [install, ...configure.trim().split('\n')]) {
      const command = line
        .replace(/#.*$/, '')
        .replace(/^sudo /, '')
        .trim();
      done.push(command);
      const edited = /^sudoedit (\S+)$/.exec(command)?.[1];
      if (edited !== undefined) {
        machine.write(edited, config);
        continue;
      }
      const { status, stdout, stderr } = await machine.tryAsync('sh', '-c', `cd ${CHECKOUT} && ${command}`);
      // A proposal that cannot be complete on a host without a default route ends with 1. So does the status
      // of the first moment, before the kernel has been looked at again; below it is waited for.
      t.ok(
        status === 0 || (status === 1 && /^backup-router (?:init|status)$/.test(command)),
        `${command}: ${status}: ${stdout}${stderr}`,
      );
    }
    const tookMs = Date.now() - beganMs;
    t.ok(tookMs < MINUTE_MS, `${tookMs} ms`);
    t.same(
      done.map((command) => command.split(' ').slice(0, 2).join(' ')),
      [
        'dpkg -i',
        'backup-router init',
        'sudoedit /etc/backup-router/config.yaml',
        'backup-router check',
        'systemctl enable',
        'backup-router status',
      ],
    );
    t.match(router.owned().join('\n'), /default via 10\.77\.0\.1 dev mgmt0 table 25500/);
    const ping = startPing(router.gateway, '10.77.0.2', { source: '198.51.100.9' });
    await ping.nextReply();
    await ping.stop();
    await eventually(() => machine.try('backup-router', 'status').status === 0, {
      timeoutMs: 30_000,
      what: 'status 0',
    });
  },
);

t.test(
  'from an installation by scripts/install to the package (docs/UPGRADE.md)',
  { skip: cannotBoot() || cannotMake(debianRoot) || cannotBuild('deb') },
  async (t) => {
    const overlay = createOverlay(debianRoot(), t.testdir({}));
    const sh = (script: string): string =>
      overlay.run(['sh', '-ec', `${script} 2>&1`, 'sh', overlay.root, artefact('deb'), PROJECT], {
        timeoutMs: 240_000,
      });
    const dpkg = (): string =>
      sh('cp "$2" "$1/tmp/a.deb"; chroot "$1" dpkg --force-confold --install /tmp/a.deb </dev/null');
    sh('"$3/scripts/install" --root "$1"');
    sh(
      'printf "management-interface: mgmt0\\nbackup-router: {address: 10.77.0.1}\\n" >"$1/etc/backup-router/config.yaml"',
    );
    sh(
      'echo "{}" >"$1/var/lib/backup-router/kept"; chroot "$1" chown backup-router: /var/lib/backup-router/kept; chmod 640 "$1/var/lib/backup-router/kept"',
    );
    t.match(
      sh('cp "$2" "$1/tmp/a.deb"; if chroot "$1" dpkg --install /tmp/a.deb; then false; fi'),
      /take it away first/,
    );
    sh('"$3/scripts/uninstall" --root "$1"');
    t.notMatch(dpkg(), /not enabled/);
    t.equal(sh('chroot "$1" stat -c %U:%G /var/lib/backup-router/kept').trim(), 'backup-router:backup-router');
    t.match(sh('chroot "$1" backup-router check'), /: ok$/m);
    t.equal(sh('chroot "$1" sh -c "command -v backup-router"').trim(), '/usr/bin/backup-router');
    t.match(sh('chroot "$1" systemctl is-enabled backup-router.service'), 'enabled');
  },
);
