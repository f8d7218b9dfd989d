/**
 * scripts/install and scripts/uninstall on the root directory of a Debian: what they put there, that a second run changes
 * nothing, and that nothing stays. Nothing is booted here (boot.test.ts does that).
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { tryCommand } from '../../src/drill/lab/command.js';
import { debianRoot } from './host/debian-root.js';
import { createOverlay, type Overlay } from './host/overlay.js';
import { PROJECT } from './host/project.js';
import { cannotBoot } from './host/requirements.js';

const skip = cannotBoot();
const INSTALL = `${PROJECT}/scripts/install`;
const UNINSTALL = `${PROJECT}/scripts/uninstall`;
const UNIT = '/usr/local/lib/systemd/system/backup-router.service';
/** Manual pages, schema and completions, below /usr/local/share. */
const SHARED = [
  'man/man8/backup-router.8',
  'man/man5/backup-router.yaml.5',
  'backup-router/backup-router.schema.json',
  'backup-router/output.schema.json',
  'bash-completion/completions/backup-router',
  'zsh/site-functions/_backup-router',
  'fish/vendor_completions.d/backup-router.fish',
].map((path) => `/usr/local/share/${path}`);
const VALID = 'management-interface: mgmt0\nbackup-router: {address: 10.77.0.1}\n';

/** Every path but those of /run with type, mode and owner, and the account files' contents. */
const LISTING =
  'cd "$1"; find . -xdev -path ./run -prune -o -printf "%y %m %U:%G %p -> %l\\n" | LC_ALL=C sort; sha256sum etc/passwd etc/group etc/shadow etc/gshadow';

function freshRoot(t: {
  teardown(end: () => void): unknown;
}): Overlay & { sh(script: string): string; listing(): string } {
  const directory = mkdtempSync(join(process.env['TMPDIR'] ?? tmpdir(), 'backup-router-install-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  const overlay = createOverlay(debianRoot(), directory);
  const sh = (script: string): string => overlay.run(['sh', '-ec', script, 'sh', overlay.root]);
  return { ...overlay, sh, listing: () => sh(LISTING) };
}

t.test('install and uninstall', { skip }, async (t) => {
  t.test('uninstall --purge leaves the root as it was', async (t) => {
    const { root, run, sh, listing } = freshRoot(t);
    const before = listing();
    run([INSTALL, '--root', root]);
    const installed = listing();
    t.not(installed, before);
    for (const path of [
      UNIT,
      '/usr/local/bin/backup-router',
      '/etc/backup-router/config.yaml',
      '/etc/iproute2/rt_tables.d/backup-router.conf',
      '/etc/iproute2/rt_protos.d/backup-router.conf',
      ...SHARED,
    ]) {
      t.match(installed, new RegExp(`f [0-7]+ 0:0 \\.${path} `), path);
    }
    t.match(sh('chroot "$1" id backup-router'), /groups=[0-9]+\(backup-router\),[0-9]+\(frrvty\)/);
    t.notMatch(installed, /[^ ]*\.wants\/backup-router\.service/, 'a configuration that says nothing is not enabled');
    t.notOk(/backup-router\/dist\/[^\n]*\.(ts|map) /.test(installed), 'of our own only what runs');

    run([INSTALL, '--root', root]);
    t.equal(listing(), installed, 'a second run changes nothing');

    run([UNINSTALL, '--root', root]);
    t.match(listing(), / \.\/etc\/backup-router\/config\.yaml /, 'the configuration stays without --purge');
    run([UNINSTALL, '--root', root, '--purge']);
    t.equal(listing(), before, 'and nothing stays with it');
    run([UNINSTALL, '--root', root, '--purge']);
    t.equal(listing(), before, 'where nothing is installed, nothing is done');
  });

  t.test('a valid configuration is kept and enabled', async (t) => {
    const { root, run, sh, listing } = freshRoot(t);
    const before = listing();
    sh(`mkdir "$1/etc/backup-router"; printf '${VALID.replaceAll('\n', '\\n')}' > "$1/etc/backup-router/config.yaml"`);
    run([INSTALL, '--root', root]);
    t.equal(sh('cat "$1/etc/backup-router/config.yaml"'), VALID);
    t.match(listing(), `./etc/systemd/system/multi-user.target.wants/backup-router.service -> ${UNIT}`);
    t.equal(
      sh('chroot "$1" systemd-analyze verify backup-router.service 2>&1'),
      '',
      'systemd-analyze verify has nothing to say',
    );
    // What an operator enables and sets beside it.
    const beside = 'backup-router@blue backup-router-hooks backup-router-hooks@blue';
    sh(
      `for unit in ${beside}; do systemctl --quiet --root="$1" enable $unit.service; mkdir "$1/etc/systemd/system/$unit.service.d"; done`,
    );
    t.match(listing(), './etc/systemd/system/multi-user.target.wants/backup-router-hooks@blue.service');
    run([UNINSTALL, '--root', root, '--purge']);
    t.equal(listing(), before);
  });

  t.test('--prefix /usr, and names that ip(8) knows', async (t) => {
    const { root, run, sh, listing } = freshRoot(t);
    const before = listing();
    run([INSTALL, '--root', root, '--prefix', '/usr']);
    t.match(sh('cat "$1/usr/lib/systemd/system/backup-router.service"'), '\nExecStart=/usr/bin/backup-router run');
    const routes = sh(
      'unshare --net chroot "$1" sh -ec "ip link set lo up; ip route add 10.0.0.0/8 dev lo table backup-router-8 proto backup-router; ip -N route show table all proto 157"',
    );
    t.match(routes, '10.0.0.0/8 dev lo table 25508');
    run([UNINSTALL, '--root', root, '--purge']);
    t.equal(listing(), before);
  });

  t.test('without FRR its group comes and goes with us', async (t) => {
    const { root, run, sh } = freshRoot(t);
    sh('chroot "$1" sh -ec "userdel frr; groupdel frrvty"; rm -r "$1/usr/lib/frr"');
    run([INSTALL, '--root', root]);
    t.match(sh('grep ^frrvty: "$1/etc/group"'), /:backup-router$/m);
    run([UNINSTALL, '--root', root]);
    t.equal(sh('grep -c -e ^frrvty: -e ^backup-router: "$1/etc/group" || true').trim(), '0');

    run([INSTALL, '--root', root]);
    sh('chroot "$1" useradd --system --no-create-home --groups frrvty frr');
    run([UNINSTALL, '--root', root]);
    t.match(sh('cat "$1/etc/group"'), /^frrvty:.*:frr$/m, 'but stays for an FRR that came later');
  });
});

t.test('a caller without privileges is told so', { skip: skip !== false }, async (t) => {
  for (const script of [INSTALL, UNINSTALL]) {
    const result = tryCommand(['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', script]);
    t.equal(result.status, 77, script);
    t.match(result.stderr, /needs root/);
  }
});
