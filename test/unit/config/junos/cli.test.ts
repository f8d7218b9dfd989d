/** `convert` and `check` as commands: options, standard input, streams and exit statuses. */

import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';

const MAIN = fileURLToPath(new URL('../../../../src/cli/main.js', import.meta.url));
const VENDOR = 'set system backup-router 172.29.201.62 destination [172.16.0.0/13 172.16.128.0/13]\n';
const dir = t.testdir({});

function backupRouter(
  args: readonly string[],
  input = '',
): { readonly status: number | null; readonly out: string; readonly err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], {
    input,
    encoding: 'utf8',
  });
  return { status, out: stdout, err: stderr };
}

t.test('convert', async (t) => {
  const yaml =
    '# converted from Junos text\nmanagement-interface: eth0\nbackup-router:\n  address: 172.29.201.62\n  destination: 172.16.0.0/13\n';
  const piped = backupRouter(['convert', '--interface', 'eth0'], VENDOR);
  t.match(piped, { status: 0, out: yaml });
  t.match(piped.err, /172\.24\.0\.0\/13, the other half of 172\.16\.0\.0\/12/);
  const file = join(dir, 'router.conf');
  const output = join(dir, 'config.yaml');
  writeFileSync(file, `groups { re1 { system { backup-router 10.9.0.1; } } }\napply-groups re1;\n`);
  t.match(backupRouter(['convert', file, '--interface', 'eth0', '--member', 're1', '-o', output]), {
    status: 0,
    out: '',
    err: '',
  });
  t.equal(
    readFileSync(output, 'utf8'),
    `# converted from the Junos text ${file}, as re1\nmanagement-interface: eth0\n# from group re1\nbackup-router:\n  address: 10.9.0.1\n`,
  );
  t.match(backupRouter(['convert', output, '--to', 'set']), {
    status: 0,
    out: '# backup-router: interface eth0\nset system backup-router 10.9.0.1\n',
    err: '',
  });
  t.match(backupRouter(['convert', output]), {
    status: 0,
    out: '# backup-router: interface eth0\nsystem {\n    backup-router 10.9.0.1;\n}\n',
    err: '',
  });
  t.match(backupRouter(['convert', '-', '--interface', 'eth0', '--to', 'junos'], VENDOR), {
    status: 0,
    out: '# backup-router: interface eth0\nsystem {\n    backup-router 172.29.201.62 destination 172.16.0.0/13;\n}\n',
  });
  const lossy = backupRouter(
    ['convert', '--to', 'set'],
    'management-interface: eth0\nbackup-router: {address: 10.9.0.1}\nplacement: main\n',
  );
  t.match(lossy, {
    status: 0,
    err: 'backup-router: warning: lost: placement: Junos has no such setting; the default applies\n',
  });
});

t.test('a file that exists is overwritten only on demand', async (t) => {
  const output = join(dir, 'running.yaml');
  writeFileSync(output, 'mine\n');
  const args = ['convert', '--interface', 'eth0', '-o', output];
  t.match(backupRouter(args, VENDOR), { status: 1, err: /exists already[\s\S]*--force/ });
  t.equal(readFileSync(output, 'utf8'), 'mine\n');
  t.match(backupRouter([...args, '--force'], VENDOR), { status: 0 });
  t.match(readFileSync(output, 'utf8'), /172\.29\.201\.62/);
});

t.test('what need not be said here is told', async (t) => {
  const halves = backupRouter(
    ['convert', '--interface', 'eth0'],
    'set system backup-router 10.9.0.1 destination [ 0.0.0.0/1 128.0.0.0/1 ]\n',
  );
  t.match(halves, {
    status: 0,
    err: /note: 0\.0\.0\.0\/1 and 128\.0\.0\.0\/1 together are .* more specific.*remove 'destination'/,
  });
  const twin = backupRouter(
    ['convert', '--interface', 'eth0'],
    'set system backup-router 10.9.0.1 destination 172.16.0.0/12\nset routing-options static route 172.16.0.0/12 next-hop 10.9.0.1 retain no-readvertise\nset routing-options static route 10.5.0.0/16 next-hop 10.9.0.1\n',
  );
  const inet6 = backupRouter(
    ['convert', '--interface', 'eth0'],
    'set system inet6-backup-router fe80::1 destination 2001:db8::/32\nset routing-options rib inet6.0 static route 2001:db8::/32 next-hop fe80::1 retain\n',
  );
  t.match(inet6, {
    status: 0,
    err: /note: the static route 2001:db8::\/32 through the backup router is not needed here/,
  });
  t.match(twin, {
    status: 0,
    err: /note: the static route 172\.16\.0\.0\/12 through the backup router is not needed here/,
  });
});

t.test('what cannot be converted', async (t) => {
  const unmapped = backupRouter(['convert'], VENDOR);
  t.match(unmapped, { status: 78, out: '' });
  t.match(unmapped.err, /missing-interface[\s\S]*--interface eth0/);
  const auto = backupRouter(['convert'], 'management-interface: eth0\nbackup-router: {address: auto}\n');
  t.match(auto, { status: 78, out: '' });
  t.match(auto.err, /address auto: .*\n.*nothing is left/);
  t.match(backupRouter(['convert', '--to', 'xml'], VENDOR), { status: 64, out: '' });
  t.match(backupRouter(['convert', join(dir, 'none')]), { status: 78, out: '', err: /no file/ });
  t.match(backupRouter(['convert', '--interface', 'eth0', '-o', join(dir, 'no', 'x')], VENDOR), {
    status: 1,
    err: /cannot be written/,
  });
});

t.test('check', async (t) => {
  const file = join(dir, 'junos.conf');
  writeFileSync(file, VENDOR);
  t.match(backupRouter(['check', '-c', file, '--interface', 'eth0']), {
    status: 0,
    out: `${file}: ok, 1 warning\n`,
  });
  t.match(backupRouter(['check', '-c', file]), { status: 78 });
  writeFileSync(file, `# backup-router: interface eth0\n${VENDOR}`);
  t.match(backupRouter(['check', '-c', file]), { status: 0 });
  const { out } = backupRouter(['check', '-c', file, '--json']);
  t.match(JSON.parse(out), { valid: true, diagnostics: [{ code: 'host-bits', line: 2, column: 67 }] });
});
