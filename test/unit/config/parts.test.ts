/** A configuration of several files: what adds up, what two files must not both say, and where its faults are. */

import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import t, { type Test } from 'tap';
import { renderDiagnostics } from '../../../src/config/diagnostic.js';
import { partsDirectory } from '../../../src/config/files.js';
import { configText, loadConfig } from '../../../src/config/load.js';
import { parseConfig } from '../../../src/config/parse.js';
import { joinParts, splitParts } from '../../../src/config/parts.js';
import { routersOf } from './told.js';

const IF = 'management-interface: eth0\n';
const ROUTER = 'backup-router: {address: 192.0.2.1}\n';

type Files = Readonly<Record<string, string>>;

/** The files in a directory of their own; returns the path of `config.yaml`. */
function written(t: Test, files: Files): string {
  const directory = mkdtempSync(join(tmpdir(), 'br-parts-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    writeFileSync(join(directory, name), text);
  }
  return join(directory, 'config.yaml');
}

interface Row {
  readonly name: string;
  readonly files: Files;
  readonly routers?: readonly string[];
  /** Where there are errors: what is left. */
  readonly partial?: readonly string[];
  /** `FILE:LINE:COLUMN severity code`. */
  readonly faults?: readonly string[];
  readonly says?: RegExp;
}

const ROWS: readonly Row[] = [
  {
    name: 'the file alone',
    files: { 'config.yaml': IF + ROUTER },
    routers: ['192.0.2.1 > 0.0.0.0/0'],
  },
  {
    name: 'an empty directory',
    files: { 'config.yaml': IF + ROUTER, 'config.d/README': 'x' },
    routers: ['192.0.2.1 > 0.0.0.0/0'],
  },
  {
    name: 'keys of their own',
    files: { 'config.yaml': IF, 'config.d/10.yaml': ROUTER, 'config.d/20.yaml': 'withdraw: {hold-time: 9s}\n' },
    routers: ['192.0.2.1 > 0.0.0.0/0'],
  },
  {
    name: 'destinations add up, in the order of the names',
    files: {
      'config.yaml': `${IF}backup-router: {address: 192.0.2.1, destination: 10.0.0.0/8}\n`,
      'config.d/20-b.yaml': 'backup-router: {destination: [198.51.100.0/24]}\n',
      'config.d/10-a.yaml': 'backup-router:\n  destination:\n    - 172.16.0.0/12\n',
      'config.d/30-c.yml': 'backup-router: {destination: 203.0.113.0/24}\n',
    },
    routers: ['192.0.2.1 > 10.0.0.0/8 172.16.0.0/12 198.51.100.0/24 203.0.113.0/24'],
  },
  {
    name: 'a file of comments, in front and behind',
    files: { 'config.yaml': '# by Puppet\n', 'config.d/a.yaml': IF + ROUTER, 'config.d/b.yaml': '# nothing\n' },
    routers: ['192.0.2.1 > 0.0.0.0/0'],
  },
  {
    name: 'files that are nobody’s',
    files: {
      'config.yaml': IF + ROUTER,
      'config.d/.10.yaml': 'x: 1\n',
      'config.d/10.yaml~': 'x: 1\n',
      'config.d/10.yaml.rpmsave': 'x: 1\n',
      'config.d/10.yaml.dpkg-old': 'x: 1\n',
      'config.d/10.conf': 'x: 1\n',
    },
    routers: ['192.0.2.1 > 0.0.0.0/0'],
  },
  {
    name: 'without a line end, with a mark, with returns, in braces, in JSON',
    files: {
      'config.yaml': '\ufeffmanagement-interface: eth0',
      'config.d/a.yaml': '\ufeff{"backup-router": {"address": "192.0.2.1"}}',
      'config.d/b.yaml': '---\r\ndetect:\r\n  probe-interval: 2s\r\n...\r\n',
      'config.d/c.yaml': '{withdraw: {hold-time: 9s}}',
    },
    routers: ['192.0.2.1 > 0.0.0.0/0'],
  },
  {
    name: 'a key twice',
    files: {
      'config.yaml': `# one\n${IF}${ROUTER}`,
      'config.d/a.yaml': '# two\n\nmanagement-interface: eth1\n',
    },
    partial: ['192.0.2.1 > 0.0.0.0/0'],
    faults: ['config.d/a.yaml:3:1 error duplicate-key'],
    says: /'management-interface' is set twice; first in line 2 of .*config\.yaml/,
  },
  {
    name: 'a key of a mapping twice',
    files: {
      'config.yaml': `${IF}${ROUTER}withdraw: {hold-time: 5s}\n`,
      'config.d/a.yaml': 'withdraw: {convergence-timeout: 1m}\n',
      'config.d/b.yaml': 'withdraw:\n  hold-time: 6s\n',
    },
    partial: ['192.0.2.1 > 0.0.0.0/0'],
    faults: ['config.d/b.yaml:2:3 error duplicate-key'],
    says: /first in line 3 of .*config\.yaml/,
  },
  {
    name: 'a gateway twice',
    files: {
      'config.yaml': `${IF}${ROUTER}`,
      'config.d/a.yaml': 'backup-router: {address: 192.0.2.2}\n',
    },
    partial: ['192.0.2.1 > 0.0.0.0/0'],
    faults: ['config.d/a.yaml:1:17 error duplicate-key'],
  },
  {
    name: 'between parts, and the same destination',
    files: {
      'config.yaml': `${IF}${ROUTER}`,
      'config.d/a.yaml': 'on-stop: keep\nbackup-router: {destination: 10.0.0.0/8}\n',
      'config.d/b.yaml': 'on-stop: keep\nbackup-router: {destination: 10.0.0.0/8}\n',
    },
    partial: ['192.0.2.1 > 10.0.0.0/8'],
    faults: ['config.d/b.yaml:1:1 error duplicate-key', 'config.d/b.yaml:2:30 warning duplicate-destination'],
    says: /first in line 1 of .*config\.d\/a\.yaml/,
  },
  {
    name: 'a fault in each',
    files: {
      'config.yaml': `${IF}${ROUTER}hold-tme: 5s\n`,
      'config.d/a.yaml': 'detect: {probe-interval: 5}\n',
      'config.d/b.yaml': '# x\n# y\nstale: {preempt-after: 5s\n',
      'config.d/c.yaml': 'nonsense: 1\n',
    },
    partial: ['192.0.2.1 > 0.0.0.0/0'],
    faults: [
      'config.yaml:3:1 error unknown-key',
      'config.d/a.yaml:1:26 error missing-unit',
      'config.d/b.yaml:3:8 error syntax',
      'config.d/c.yaml:1:1 error unknown-key',
    ],
  },
  {
    name: 'a bracket that is not closed stays in its file',
    files: {
      'config.yaml': `${IF}${ROUTER}`,
      'config.d/a.yaml': 'withdraw: {hold-time: 5s\n',
      'config.d/b.yaml': 'on-stop: withdraw\n',
    },
    partial: ['192.0.2.1 > 0.0.0.0/0'],
    faults: ['config.d/a.yaml:1:11 error syntax'],
  },
  {
    name: 'destinations that damage hides never become the default route',
    files: {
      'config.yaml': `${IF}${ROUTER}`,
      'config.d/a.yaml': 'backup-router:\n  destination\n    - 10.0.0.0/8\n',
    },
    faults: ['config.d/a.yaml:1:1 error duplicate-key'],
  },
  {
    name: 'a part that is a list',
    files: { 'config.yaml': IF + ROUTER, 'config.d/a.yaml': '- 10.0.0.0/8\n' },
    partial: ['192.0.2.1 > 0.0.0.0/0'],
    faults: ['config.d/a.yaml:1:1 error wrong-type'],
  },
  {
    name: 'a part of another program',
    files: { 'config.yaml': IF + ROUTER, 'config.d/a.yaml': '[Match]\nName=eth0\n' },
    partial: ['192.0.2.1 > 0.0.0.0/0'],
    faults: ['config.d/a.yaml:1:1 error wrong-type'],
    says: /systemd-networkd/,
  },
  {
    name: 'a part in Junos text',
    files: { 'config.yaml': IF + ROUTER, 'config.d/a.yaml': 'set system backup-router 192.0.2.9\n' },
    partial: ['192.0.2.1 > 0.0.0.0/0'],
    faults: ['config.d/a.yaml:1:1 error wrong-type'],
    says: /a part of a configuration is YAML/,
  },
  {
    name: 'parts beside Junos text',
    files: {
      'config.yaml': '# backup-router: interface eth0\nset system backup-router 192.0.2.1\n',
      'config.d/a.yaml': 'on-stop: keep\n',
    },
    partial: ['192.0.2.1 > 0.0.0.0/0'],
    faults: ['config.d/a.yaml:0:0 error wrong-type'],
  },
  {
    name: 'nothing in any',
    files: { 'config.yaml': '', 'config.d/a.yaml': '# x\n' },
    faults: ['config.yaml:1:1 error empty-file'],
  },
  {
    name: 'nothing of the router',
    files: { 'config.yaml': IF, 'config.d/a.yaml': 'on-stop: keep\n' },
    faults: ['config.yaml:1:1 error missing-key'],
  },
  {
    name: 'interfaces with routers of their own, and a stanza of a part',
    files: {
      'config.yaml': 'management-interface:\n  - name: eth0\n    backup-router: {address: 192.0.2.1}\n',
      'config.d/a.yaml': 'backup-router: {destination: 10.0.0.0/8}\n',
    },
    faults: ['config.d/a.yaml:1:1 error conflicting-keys', 'config.d/a.yaml:1:1 error missing-key'],
  },
];

for (const row of ROWS)
  t.test(row.name, async (t) => {
    const file = written(t, row.files);
    const { config, partial, diagnostics, text } = loadConfig(file);
    t.strictSame(routersOf(config), row.routers, 'what it means');
    t.strictSame(routersOf(partial), row.partial ?? row.routers, 'its valid part');
    const faults = diagnostics.map(
      (d) => `${d.file.slice(dirname(file).length + 1)}:${d.line}:${d.column} ${d.severity} ${d.code}`,
    );
    t.strictSame(faults, row.faults ?? []);
    if (row.says !== undefined) t.match(renderDiagnostics(diagnostics), row.says);
    t.equal(text, configText(file), 'one text');
    t.strictSame(
      parseConfig(text!, file).diagnostics,
      diagnostics,
      'which says the same wherever it is kept, faults included',
    );
  });

t.test('the one text', async (t) => {
  const parts = [
    { name: '/a b/"c".yaml', text: 'x: 1' },
    { name: 'd\n.yaml', text: '' },
    { name: 'e.yaml', text: 'y: 1\n' },
  ];
  for (const main of ['', 'a: 1', 'a: 1\n', '# ---- file nonsense\n', 'a: |\n  # ---- file "x"\n']) {
    const whole = joinParts(main, parts);
    const [first, ...others] = splitParts(whole, 'main');
    t.equal(first.text.trimEnd(), main.trimEnd());
    t.strictSame(
      others.map(({ name, text }) => ({ name, text: text.trimEnd() })),
      parts.map(({ name, text }) => ({ name, text: text.trimEnd() })),
    );
    for (const { start, text } of [first, ...others]) t.equal(whole.slice(start, start + text.length), text);
    t.equal(joinParts(main, []), main, 'of one file: the file');
  }
});

t.test('which directory', async (t) => {
  t.equal(partsDirectory('/etc/backup-router/config.yaml'), '/etc/backup-router/config.d');
  t.equal(partsDirectory('blue.yml'), 'blue.d');
  for (const none of ['/dev/fd/63', 'router.conf', '/etc/.yaml', 'config']) t.equal(partsDirectory(none), undefined);
});

t.test('what cannot be read', async (t) => {
  const faultsOf = (file: string): readonly string[] =>
    loadConfig(file).diagnostics.map((d) => `${d.file.slice(dirname(file).length + 1)}:${d.line} ${d.code}`);
  const base = { 'config.yaml': `${IF}backup-router: {address: 192.0.2.1, destination: 10.0.0.0/8}\n` };
  const open = { 'config.yaml': IF + ROUTER };

  await t.test('a link to nothing; the rest is left, but no default that it may have narrowed', async (t) => {
    for (const [files, left] of [
      [base, ['192.0.2.1 > 10.0.0.0/8']],
      [open, undefined],
    ] as const) {
      const file = written(t, { ...files, 'config.d/b.yaml': 'on-stop: keep\n' });
      symlinkSync('nowhere', join(dirname(file), 'config.d/a.yaml'));
      t.strictSame(faultsOf(file), ['config.d/a.yaml:0 unreadable']);
      const { config, partial, text } = loadConfig(file);
      t.strictSame([config, text], [undefined, undefined], 'it is no whole configuration');
      t.strictSame(routersOf(partial), left);
    }
  });
  await t.test('a FIFO, a directory, a device, a huge file: at once', async (t) => {
    const file = written(t, { ...base, 'config.d/x': '' });
    const at = (name: string): string => join(dirname(file), 'config.d', name);
    execFileSync('mkfifo', [at('a.yaml')]);
    mkdirSync(at('b.yaml'));
    symlinkSync('/dev/zero', at('c.yaml'));
    writeFileSync(at('d.yaml'), '');
    truncateSync(at('d.yaml'), 2 ** 32);
    t.strictSame(faultsOf(file), [
      'config.d/a.yaml:0 unreadable',
      'config.d/b.yaml:0 unreadable',
      'config.d/c.yaml:0 unreadable',
      'config.d/d.yaml:0 too-large',
    ]);
    t.strictSame(routersOf(loadConfig(file).partial), ['192.0.2.1 > 10.0.0.0/8']);
  });
  await t.test('too many, and too much of them', async (t) => {
    const many = written(
      t,
      Object.fromEntries([
        ...Object.entries(base),
        ...Array.from({ length: 101 }, (_, i) => [`config.d/${i}.yaml`, '# x\n'] as const),
      ]),
    );
    t.strictSame(faultsOf(many), ['config.d:0 too-large']);
    const comment = `# ${'x'.repeat(100)}\n`.repeat(1_000);
    const much = written(t, {
      ...base,
      'config.d/a.yaml': comment,
      'config.d/b.yaml': comment,
      'config.d/c.yaml': comment,
    });
    t.strictSame(faultsOf(much), ['config.yaml:1 too-large']);
  });
  await t.test('a file in place of the directory, and a directory that is closed', async (t) => {
    t.strictSame(faultsOf(written(t, { ...base, 'config.d': 'x' })), ['config.d:0 unreadable']);
    if (process.getuid!() === 0) return;
    const file = written(t, { ...base, 'config.d/a.yaml': 'on-stop: keep\n' });
    chmodSync(join(dirname(file), 'config.d'), 0);
    t.strictSame(faultsOf(file), ['config.d:0 unreadable']);
    chmodSync(join(dirname(file), 'config.d'), 0o755);
  });
  await t.test('the file itself is gone, or no text', async (t) => {
    const file = written(t, { 'config.d/a.yaml': base['config.yaml'] });
    t.strictSame(faultsOf(file), ['config.yaml:0 unreadable']);
    t.strictSame(routersOf(loadConfig(file).partial), ['192.0.2.1 > 10.0.0.0/8'], 'its parts are left');
  });
  await t.test('a byte that is no UTF-8, a part in UTF-16', async (t) => {
    const file = written(t, { ...base, 'config.d/x': '' });
    const at = (name: string): string => join(dirname(file), 'config.d', name);
    writeFileSync(at('a.yaml'), Buffer.from('on-stop: keep\n# f\xfcr\n', 'latin1'));
    writeFileSync(at('b.yaml'), Buffer.from('role: standby\n', 'utf16le'));
    t.strictSame(faultsOf(file), ['config.d/a.yaml:2 not-utf8', 'config.d/b.yaml:0 not-utf8']);
    t.equal(loadConfig(file).partial?.onStop, 'keep', 'the rest of the part is read');
  });
});
