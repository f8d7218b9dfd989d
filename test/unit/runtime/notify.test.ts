/**
 * The notifier against a real AF_UNIX datagram socket, which Node has none of: koffi makes the receiving end.
 * Last in this file: the same without koffi, through systemd-notify(1).
 */

import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { disableLibc } from '../../../src/native/libc.js';
import { createNotifier } from '../../../src/runtime/notify.js';

interface Receiver {
  /** The next datagram's lines, or undefined when none comes in time. */
  next(timeoutMs?: number): Promise<readonly string[] | undefined>;
  /** Datagrams that nobody has read yet fill the queue until a sender sees EAGAIN. */
  fill(): number;
  drain(): void;
  close(): void;
}

const koffi = createRequire(import.meta.url)('koffi') as typeof import('koffi');
const libc = koffi.load(null);
const socket = libc.func('int socket(int family, int type, int protocol)');
const bind = libc.func('int bind(int fd, const void *name, uint32_t length)');
const receive = libc.func('int64_t recv(int fd, _Out_ void *bytes, size_t size, int flags)');
const send = libc.func(
  'int64_t sendto(int fd, const void *bytes, size_t size, int flags, const void *name, uint32_t length)',
);
const closeDescriptor = libc.func('int close(int fd)');
const [AF_UNIX, SOCK_DGRAM, MSG_DONTWAIT] = [1, 2, 0x40];

function receiver(path: string): Receiver {
  const name = Buffer.from(path.startsWith('@') ? `\0${path.slice(1)}` : `${path}\0`);
  const address = Buffer.concat([Buffer.from([AF_UNIX, 0]), name]);
  const fd = socket(AF_UNIX, SOCK_DGRAM, 0) as number;
  if (bind(fd, address, address.length) !== 0) throw new Error(`bind ${path}: errno ${koffi.errno()}`);
  const bytes = Buffer.alloc(4096);
  const read = (): number => Number(receive(fd, bytes, bytes.length, MSG_DONTWAIT));
  return {
    async next(timeoutMs = 2000) {
      const end = performance.now() + timeoutMs;
      for (;;) {
        const length = read();
        if (length >= 0) {
          const lines = bytes.toString('utf8', 0, length).split('\n');
          // systemd-notify(1) asks the manager to close a descriptor when all before it is read; recv() has just done so.
          if (lines[0] !== 'BARRIER=1') return lines;
        } else if (performance.now() > end) return undefined;
        else await delay(5);
      }
    },
    fill() {
      const sender = socket(AF_UNIX, SOCK_DGRAM, 0) as number;
      let sent = 0;
      while (Number(send(sender, Buffer.from('x'), 1, MSG_DONTWAIT, address, address.length)) === 1) sent++;
      closeDescriptor(sender);
      return sent;
    },
    drain() {
      while (read() >= 0);
    },
    close: () => void closeDescriptor(fd),
  };
}

const directory = mkdtempSync(join(tmpdir(), 'notify-'));
t.teardown(() => rmSync(directory, { recursive: true }));
let names = 0;
const freshPath = (): string => join(directory, `socket-${++names}`);

t.test('without a service manager every call does nothing', async (t) => {
  for (const env of [{}, { NOTIFY_SOCKET: '' }, { NOTIFY_SOCKET: 'vsock:2:1234' }, { WATCHDOG_USEC: '1000000' }]) {
    const failures: string[] = [];
    const notifier = createNotifier(env, (failure) => failures.push(failure));
    for (const call of [notifier.ready, notifier.watchdog, notifier.reloading, notifier.stopping]) call();
    notifier.status('nobody hears');
    t.equal(notifier.watchdogIntervalMs, undefined);
    t.same(failures, []);
  }
});

t.test('its variables are taken out of the environment', async (t) => {
  const env = { NOTIFY_SOCKET: freshPath(), WATCHDOG_USEC: '20000000', WATCHDOG_PID: '1', PATH: '/bin' };
  createNotifier(env);
  t.same(env, { PATH: '/bin' });
});

t.test('watchdog interval', async (t) => {
  const interval = (env: NodeJS.ProcessEnv): number | undefined =>
    createNotifier({ NOTIFY_SOCKET: freshPath(), ...env }).watchdogIntervalMs;
  t.equal(interval({ WATCHDOG_USEC: '20000000' }), 10_000, 'half the timeout');
  t.equal(interval({ WATCHDOG_USEC: '20000000', WATCHDOG_PID: String(process.pid) }), 10_000);
  t.equal(interval({ WATCHDOG_USEC: '20000000', WATCHDOG_PID: '1' }), undefined, 'meant for another process');
  for (const bad of ['0', '', 'x', '-5']) t.equal(interval({ WATCHDOG_USEC: bad }), undefined, `"${bad}"`);
});

for (const kind of ['path', 'abstract name']) {
  t.test(`datagrams to a socket with a ${kind}`, async (t) => {
    const address = kind === 'path' ? freshPath() : `@backup-router-test-${process.pid}`;
    const manager = receiver(address);
    t.teardown(() => manager.close());
    const notifier = createNotifier({ NOTIFY_SOCKET: address }, (failure) => t.fail(failure));
    notifier.ready();
    t.same(await manager.next(), ['READY=1']);
    notifier.status('backup routes in:\n2 of 2 ');
    t.same(await manager.next(), ['STATUS=backup routes in: 2 of 2'], 'one line, whatever it is given');
    notifier.watchdog();
    t.same(await manager.next(), ['WATCHDOG=1']);
    const before = process.hrtime.bigint() / 1000n;
    notifier.reloading();
    const [reloading, monotonic] = (await manager.next()) ?? [];
    t.equal(reloading, 'RELOADING=1');
    const usec = BigInt(/^MONOTONIC_USEC=([0-9]+)$/.exec(monotonic ?? '')?.[1] ?? 0);
    t.ok(usec >= before && usec <= process.hrtime.bigint() / 1000n, 'CLOCK_MONOTONIC, microseconds');
    notifier.stopping();
    t.same(await manager.next(), ['STOPPING=1']);
  });
}

t.test('a manager that is busy gets the newest of each kind later', async (t) => {
  const address = freshPath();
  const manager = receiver(address);
  t.teardown(() => manager.close());
  const notifier = createNotifier({ NOTIFY_SOCKET: address }, (failure) => t.fail(failure));
  t.ok(manager.fill() > 0);
  notifier.status('first');
  notifier.ready();
  notifier.status('second');
  await delay(120);
  manager.drain();
  t.same(await manager.next(), ['READY=1', 'STATUS=second']);
  t.equal(await manager.next(150), undefined, 'once');
});

t.test('a failing send is reported once and is never fatal', async (t) => {
  const failures: string[] = [];
  const notifier = createNotifier({ NOTIFY_SOCKET: freshPath() }, (failure) => failures.push(failure));
  notifier.ready();
  notifier.watchdog();
  t.same(failures, ['cannot notify the service manager: ENOENT']);
  createNotifier({ NOTIFY_SOCKET: `/${'x'.repeat(200)}` }, (failure) => failures.push(failure)).ready();
  t.match(failures[1], /ENAMETOOLONG/);
});

t.test('without koffi', async (t) => {
  t.teardown(disableLibc());
  const path = process.env['PATH'];
  t.afterEach(() => {
    process.env['PATH'] = path;
  });

  const absent = spawnSync('systemd-notify', ['--version']).status === 0 ? false : 'no systemd-notify on this host';
  t.test('systemd-notify is started, one at a time, with all that is due', { skip: absent }, async (t) => {
    const address = freshPath();
    const manager = receiver(address);
    t.teardown(() => manager.close());
    const notifier = createNotifier({ NOTIFY_SOCKET: address }, (failure) => t.fail(failure));
    const before = process.env['NOTIFY_SOCKET'];
    notifier.ready();
    t.equal(process.env['NOTIFY_SOCKET'], before, 'for no longer than the call');
    notifier.status('waiting for mgmt0');
    notifier.watchdog();
    const first = (await manager.next()) ?? [];
    t.ok(first.includes('READY=1'), first.join(' '));
    const second = (await manager.next()) ?? [];
    t.ok(
      second.includes('STATUS=waiting for mgmt0') && second.includes('WATCHDOG=1') && !second.includes('READY=1'),
      second.join(' '),
    );
    notifier.watchdog();
    const third = (await manager.next()) ?? [];
    t.ok(third.includes('STATUS=waiting for mgmt0') && third.includes('WATCHDOG=1'), 'the status stands');
    t.equal(await manager.next(100), undefined, 'and no more; its barrier has been read');
  });

  t.test('a program that fails, and none at all', async (t) => {
    writeFileSync(join(directory, 'systemd-notify'), '#!/bin/sh\necho "no such manager" >&2\nexit 1\n');
    chmodSync(join(directory, 'systemd-notify'), 0o755);
    for (const [PATH, expected] of [
      [`${directory}:/usr/bin:/bin`, /no such manager/],
      [join(directory, 'nowhere'), /ENOENT/],
    ] as const) {
      process.env['PATH'] = PATH;
      const failures: string[] = [];
      const notifier = createNotifier({ NOTIFY_SOCKET: freshPath() }, (failure) => failures.push(failure));
      notifier.ready();
      notifier.watchdog();
      for (let i = 0; i < 200 && failures.length === 0; i++) await delay(10);
      t.match(failures[0], expected);
    }
  });
});
