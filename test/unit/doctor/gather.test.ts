/** The edges of doctor: what is read from files and /proc, byte by byte, and what happens where something may not be read. */

import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import t from 'tap';
import { parseConfig } from '../../../src/config/parse.js';
import { birdConfig, matches } from '../../../src/doctor/bird-config.js';
import { filesIn, textOf } from '../../../src/doctor/files.js';
import { daemonsOption, frrLines, linesOf } from '../../../src/doctor/frr-config.js';
import { gatherFiles } from '../../../src/doctor/gather/files.js';
import { withForgotten } from '../../../src/doctor/gather/kernel.js';
import { gatherOthers, identityOf, parseStat } from '../../../src/doctor/gather/processes.js';
import { gatherSockets, stepsTo } from '../../../src/doctor/gather/sockets.js';
import { parseIni, systemdFiles, valuesOf } from '../../../src/doctor/ini.js';
import type { Config } from '../../../src/model/config.js';

const root = mkdtempSync(join(tmpdir(), 'br-doctor-'));
t.teardown(() => rmSync(root, { recursive: true, force: true }));
function put(path: string, text: string): void {
  mkdirSync(dirname(root + path), { recursive: true });
  writeFileSync(root + path, text);
}

t.test('a gateway that has failed stays failed when the kernel forgets it', (t) => {
  const [one, other] = [
    { interfaceIndex: 3, address: '192.0.2.1' },
    { interfaceIndex: 3, address: '2001:db8::1' },
  ] as const;
  const failed = withForgotten(
    [],
    [
      { ...one, state: 'failed' },
      { ...other, state: 'incomplete' },
    ],
  );
  const forgotten = withForgotten(failed, [{ ...other, state: 'incomplete' }]);
  t.match(
    [...forgotten].sort((a, b) => a.address.length - b.address.length),
    [
      { ...one, state: 'failed' },
      { ...other, state: 'incomplete' },
    ],
  );
  t.same(withForgotten(forgotten, [{ ...one, state: 'reachable' }]), [{ ...one, state: 'reachable' }], 'asked anew');
  t.same(withForgotten([{ ...other, state: 'incomplete' }], []), [], 'what was never answered for is nobody');
  t.end();
});

t.test('files below another root', async (t) => {
  put('/etc/frr/frr.conf', 'a\n');
  put('/etc/frr/notes.txt', 'b\n');
  put('/etc/frr/core1/frr.conf', 'c\n');
  put('/etc/bird/bird.conf', 'include "more/*.conf";\n');
  put('/etc/bird/more/a.conf', 'include "/etc/bird/b.conf";\n');
  put('/etc/bird/more/a.txt', 'x\n');
  put('/etc/bird/b.conf', 'd\n');
  put('/lib/systemd/system/real.service', '[Service]\nUser=x\n');
  mkdirSync(`${root}/etc/systemd/system/multi-user.target.wants`, { recursive: true });
  symlinkSync('/lib/systemd/system/real.service', `${root}/etc/systemd/system/backup-router.service`);
  symlinkSync(
    '/nowhere/backup-router.service',
    `${root}/etc/systemd/system/multi-user.target.wants/backup-router.service`,
  );
  mkdirSync(`${root}/run/systemd/system`, { recursive: true });
  const tree = gatherFiles({ root }, ['lo']);
  t.match(textOf(tree, '/etc/frr/core1/frr.conf'), { value: 'c\n' }, 'a pathspace of FRR');
  t.match(textOf(tree, '/etc/bird/b.conf'), { value: 'd\n' }, 'what an included file includes');
  t.notOk(tree.has('/etc/bird/more/a.txt'));
  t.strictSame(filesIn(tree, '/etc/frr', '.conf'), [{ path: '/etc/frr/frr.conf', text: 'a\n' }]);
  t.match(
    tree.get('/etc/systemd/system/backup-router.service'),
    { kind: 'file', text: '[Service]\nUser=x\n', target: '/lib/systemd/system/real.service' },
    'an absolute link is meant from that root',
  );
  t.match(
    tree.get('/etc/systemd/system/multi-user.target.wants/backup-router.service'),
    { target: '/nowhere/backup-router.service' },
    'a link that enables counts by itself',
  );
  t.strictSame(tree.get('/run/systemd/system'), { kind: 'directory' });
  t.notOk(tree.has('/etc/passwd'), 'nothing of this host');
  t.match(
    tree.get('/proc/sys/net/ipv4/conf/lo/rp_filter'),
    { kind: 'file', text: /^\d\n$/ },
    'sysctls are those of the kernel',
  );
  rmSync(`${root}/etc/systemd/system/backup-router.service`);
  symlinkSync('/dev/null', `${root}/etc/systemd/system/backup-router.service`);
  t.match(gatherFiles({ root }, []).get('/etc/systemd/system/backup-router.service'), {
    kind: 'file',
    text: '',
    target: '/dev/null',
  });
});

t.test('a file that may not be read is unseen, and so is what lies below a closed directory', async (t) => {
  const tree = new Map([['/etc/frr', { kind: 'unreadable', why: 'no permission to read it' }]] as const);
  t.match(textOf(tree, '/etc/frr/frr.conf'), { kind: 'unseen', why: '/etc/frr: no permission to read it' });
  t.strictSame(textOf(tree, '/etc/other'), { kind: 'seen', value: undefined });
  if (process.getuid?.() === 0) return;
  put('/etc/frr/closed.conf', 'x');
  chmodSync(`${root}/etc/frr/closed.conf`, 0);
  t.match(gatherFiles({ root }, []).get('/etc/frr/closed.conf'), { kind: 'unreadable' });
});

t.test('whatever is in the place of a file: no wait, no exception, and it is not absent', async (t) => {
  const host = mkdtempSync(join(tmpdir(), 'br-doctor-any-'));
  t.teardown(() => rmSync(host, { recursive: true, force: true }));
  const [frr, bird] = ['/etc/frr', '/etc/bird'].map((path) => `${host}${path}`) as [string, string];
  const kinds: Readonly<Record<string, readonly [make: (path: string) => void, why: RegExp | undefined]>> = {
    'a FIFO': [(path) => t.equal(spawnSync('mkfifo', [path]).status, 0), /not a regular file/],
    'a device': [(path) => symlinkSync('../../dev-zero', path), /not a regular file/],
    'a link to itself': [(path) => symlinkSync(basename(path), path), /ELOOP/],
    'a terabyte': [(path) => (writeFileSync(path, ''), truncateSync(path, 2 ** 40)), /too large/],
    'a directory': [(path) => mkdirSync(path), undefined],
    'a link to nothing': [(path) => symlinkSync('nothing', path), undefined],
  };
  for (const [what, [make, why]] of Object.entries(kinds)) {
    rmSync(`${host}/etc`, { recursive: true, force: true });
    for (const directory of [frr, bird]) mkdirSync(directory, { recursive: true });
    rmSync(`${host}/dev-zero`, { force: true });
    symlinkSync('/dev/zero', `${host}/dev-zero`);
    writeFileSync(`${bird}/bird.conf`, 'include "more.conf";\n');
    for (const path of [`${frr}/frr.conf`, `${frr}/daemons`, `${bird}/more.conf`]) make(path);
    const files = gatherFiles({ root: host }, []);
    const { why: frrWhy } = frrLines({
      config: { routingDaemons: [] } as unknown as Config,
      files,
      running: [],
      runningComplete: { kind: 'seen', value: true } as never,
    });
    t.match(frrWhy, why ?? /no configuration of FRR/, `${what} as frr.conf`);
    t.match(birdConfig(files).why, why ?? /includes .*more\.conf, which was not read/, `${what} as an included file`);
    t.equal(daemonsOption({ files }, '/etc/frr/daemons', 'bgpd'), undefined);
  }
});

t.test('whatever is in a file: it ends soon, and what was left out is told', async (t) => {
  const bird = (text: string, more: Readonly<Record<string, string>> = {}) =>
    birdConfig(
      new Map(
        Object.entries({ 'bird.conf': text, ...more }).map(([name, one]) => [
          `/etc/bird/${name}`,
          { kind: 'file', text: one },
        ]),
      ),
    );
  t.match(bird('{a;'.repeat(40_000)), { why: /blocks in blocks/ });
  t.match(bird(`include "bird.conf";\n${'a b;\n'.repeat(2_000)}`), { why: /includes itself/ });
  t.match(bird('include "*.conf";\n', { 'a.conf': 'include "*.conf";\nx y;' }), { why: /includes itself/ });
  t.match(bird('include "none.conf";\n'.repeat(5_000)), { why: /none\.conf/ });
  t.match(bird('include "a.conf";\n'.repeat(20), { 'a.conf': 'a'.repeat(2 << 20) }), { why: /too large/ });
  t.strictSame(
    bird('a "b;\nc d; "x { y" {\n\n e; }').statements.map(({ text, where }) => `${where} ${text}`),
    ['/etc/bird/bird.conf:1 a "b', '/etc/bird/bird.conf:2 c d', '/etc/bird/bird.conf:4 e'],
  );
  const files = new Map([['/etc/frr/daemons', { kind: 'file', text: `bgpd=x${' '.repeat(200_000)}y\n` }]] as const);
  t.match(daemonsOption({ files }, '/etc/frr/daemons', 'bgpd'), { value: /^x +y$/ });
});

t.test('patterns of included files', async (t) => {
  for (const [pattern, path, fits] of [
    ['/a/*.conf', '/a/b.conf', true],
    ['/a/*.conf', '/a/.conf', true],
    ['/a/*.conf', '/a/b/c.conf', false],
    ['/*/?.conf', '/a/b.conf', true],
    ['/*/?.conf', '/a/.conf', false],
    ['/a/b?c', '/a/b/c', false],
    ['/a/*b*c', '/a/abcbc', true],
    ['/a/*b*c', '/a/abcbd', false],
    ['/a/*', '/a/', true],
    ['/a/b**', '/a/b', true],
    ['/a/b', '/a/bc', false],
    ['/a/b*', '/a/', false],
    [`/a/${'*a'.repeat(60)}b`, `/a/${'a'.repeat(250)}`, false],
  ] as const)
    t.equal(matches(pattern, path), fits, `${pattern} ${path}`);
});

t.test('an option of the daemons file: the last line counts, with quotes and comments', async (t) => {
  for (const [line, value] of [
    ['bgpd=yes', 'yes'],
    [' bgpd = yes # no', 'yes'],
    ['bgpd="a # b" # c', 'a # b'],
    ["bgpd='a b'", 'a b'],
    ['bgpd="a" b', '"a" b'],
    ['bgpd=', ''],
    ['#bgpd=yes', undefined],
    ['bgpd', undefined],
  ] as const) {
    const files = new Map([['/d', { kind: 'file', text: line }]] as const);
    t.equal(daemonsOption({ files }, '/d', 'bgpd')?.value, value, line);
  }
});

t.test('/proc', async (t) => {
  t.strictSame(parseStat('71 (a) b (c)) Z 1 71 71 0 -1'), {
    pid: 71,
    name: 'a) b (c)',
    state: 'Z',
    parent: 1,
  });
  t.equal(parseStat('garbage'), undefined);
  const self = identityOf('self', 'me');
  t.match(self, { who: 'me', uid: process.geteuid?.() ?? -1 });
  t.ok(
    self?.groups.every((gid) => Number.isInteger(gid)),
    `${self?.groups.join()}`,
  );
  t.equal(identityOf(2 ** 30, 'nobody'), undefined);
  // Another user's processes may hide their namespaces.
  t.match(gatherOthers(undefined).kind, process.getuid?.() === 0 ? /^seen$/ : /^(un)?seen$/);
});

t.test("systemd's files", async (t) => {
  t.strictSame(parseIni({ path: 'f', text: '# c\n[A]\nX=1 \\\n# between\n  2\n; c\n[B]\nX = 3\nno assignment\n' }), [
    { section: 'A', key: 'X', value: '1 2', where: 'f:3' },
    { section: 'B', key: 'X', value: '3', where: 'f:8' },
  ]);
  const file = (text: string): { readonly kind: 'file'; readonly text: string } => ({ kind: 'file', text });
  const tree = new Map([
    ['/usr/lib/systemd/networkd.conf', file('[Network]\nA=vendor\n')],
    ['/etc/systemd/networkd.conf', file('[Network]\nA=etc\n')],
    ['/usr/lib/systemd/networkd.conf.d/50-b.conf', file('[Network]\nA=vendor50\n')],
    ['/run/systemd/networkd.conf.d/20-a.conf', file('[Network]\nA=run20\n')],
    ['/usr/lib/systemd/networkd.conf.d/20-a.conf', file('[Network]\nA=hidden\n')],
  ]);
  const files = systemdFiles(tree, 'networkd.conf');
  t.strictSame(
    files.map(({ path }) => path),
    [
      '/etc/systemd/networkd.conf',
      '/run/systemd/networkd.conf.d/20-a.conf',
      '/usr/lib/systemd/networkd.conf.d/50-b.conf',
    ],
    'the first main file; drop-ins by name, of one name the first directory',
  );
  t.strictSame(
    valuesOf(files, 'Network', 'A').map(({ value }) => value),
    ['etc', 'run20', 'vendor50'],
  );
  t.strictSame(
    valuesOf([{ path: 'f', text: '[S]\nL=a\nL=\nL=b\n' }], 'S', 'L').map(({ value }) => value),
    ['b'],
    'an empty value resets',
  );
});

t.test("FRR's blocks", async (t) => {
  const lines = linesOf(
    '! c\nhostname x\nrouter bgp 1\n address-family ipv4\n  redistribute kernel\n exit-address-family\nexit\nip route 10.0.0.0/8 10.1.1.1\n',
  );
  t.strictSame(
    lines.map(({ number, within, text }) => `f:${number} [${within.join(' > ')}] ${text}`),
    [
      'f:2 [] hostname x',
      'f:3 [] router bgp 1',
      'f:4 [router bgp 1] address-family ipv4',
      'f:5 [router bgp 1 > address-family ipv4] redistribute kernel',
      'f:6 [router bgp 1] exit-address-family',
      'f:7 [] exit',
      'f:8 [] ip route 10.0.0.0/8 10.1.1.1',
    ],
  );
});

t.test('sockets: answers, hangs up, silent, leftover, absent, no directory', async (t) => {
  mkdirSync(`${root}/run`, { recursive: true });
  const at = (name: string): string => join(root, 'run', `${name}.vty`);
  const serve = async (name: string, answer: string | undefined): Promise<void> => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.on('data', () => (answer === undefined ? undefined : answer === '' ? socket.end() : socket.write(answer)));
    });
    await new Promise<void>((resolve) => server.listen(at(name), resolve));
    t.teardown(() => server.close());
  };
  await serve('zebra', 'ok\n\0\0\0\0');
  await serve('ospfd', '');
  await serve('isisd', undefined);
  const { config } = parseConfig(
    JSON.stringify({
      'management-interface': 'x',
      'backup-router': { address: '10.0.0.1' },
      'routing-daemon': [
        { frr: { daemons: ['zebra', 'ospfd', 'isisd', 'bgpd'], 'socket-directory': `${root}/run` } },
        { bird: { socket: `${root}/none/bird.ctl` } },
      ],
      detect: { 'probe-interval': '100ms', 'probe-timeout': '1500ms' },
    }),
    'f',
  );
  const found = await gatherSockets(config!);
  t.strictSame(
    found.sockets.map(({ id, outcome, detail }) => `${id} ${outcome} ${detail}`),
    [
      'frr/zebra answers ',
      'frr/ospfd fault it hung up',
      'frr/isisd silent no answer in 1500 ms',
      'frr/bgpd absent ENOENT',
      'bird no-directory ENOENT',
    ],
  );
  t.match(found.runningComplete, { kind: 'unseen' }, 'not all of them told their configuration');
  t.strictSame(stepsTo(at('zebra')).at(-1)?.path, at('zebra'));
  t.ok(stepsTo('/no/such/thing').length === 0);
});
