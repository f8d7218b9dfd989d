/**
 * Deaths reported by the kernel's process events: the real zebra, bgpd and BIRD, and programs that
 * end in various ways. The test runs where the events are, in the first network namespace.
 * Elsewhere (in a container) it is skipped by name.
 */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { ProcessEvents } from '../../src/core/ports.js';
import { openHealth } from '../../src/health/open.js';
import { systemClock } from '../../src/host/clock.js';
import { openProcessEvents } from '../../src/kernel/process/process-events.js';
import { Ear, FrrLab, sleep } from './health-frr-daemons.js';

const TIMING = { probeIntervalMs: 50, probeTimeoutMs: 15_000 };

/** What the kernel does here: undefined when it tells of processes. */
async function whyNot(): Promise<string | false> {
  let reason: string | undefined;
  const processes = openProcessEvents({ onAbsent: (text) => (reason = text) });
  processes.watch(process.pid, () => undefined);
  for (let i = 0; i < 150 && !processes.live && reason === undefined; i++) await sleep(10);
  processes.close();
  return reason === undefined ? false : `process events are not to be had: ${reason}`;
}

const skip = await whyNot();

/** Waits until it is so, 15 s at most. */
async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 1500 && !condition(); i++) await sleep(10);
}

function events(t: Test): ProcessEvents {
  const processes = openProcessEvents();
  t.teardown(() => processes.close());
  return processes;
}

function spawned(t: Test, command: string, ...args: readonly string[]): ChildProcess {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  t.teardown(() => child.kill('SIGKILL'));
  return child;
}

/** Compiles a program of threads; undefined without a compiler. */
function compiled(t: Test, source: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'hlthread-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  writeFileSync(join(directory, 'p.c'), source);
  const result = spawnSync('gcc', ['-pthread', '-o', join(directory, 'p'), join(directory, 'p.c')], {
    encoding: 'utf8',
  });
  t.equal(result.status, 0, result.stderr);
  return join(directory, 'p');
}

t.test('how processes end, and threads', { skip }, async (t) => {
  const processes = events(t);
  const heard: string[] = [];
  const ending = async (child: ChildProcess, act: () => void): Promise<readonly string[]> => {
    const told: string[] = [];
    const stop = processes.watch(child.pid!, (how) => told.push(how));
    await until(() => processes.live);
    await sleep(20);
    const exit = once(child, 'exit');
    act();
    await exit;
    // The kernel tells the parent first (exit_notify, then proc_exit_connector).
    await until(() => told.length > 0);
    await sleep(20);
    stop();
    return told;
  };
  const killed = spawned(t, '/bin/sleep', '60');
  t.same(await ending(killed, () => killed.kill('SIGKILL')), ['was ended by signal 9']);
  const failing = spawned(t, 'sh', '-c', 'trap "exit 3" TERM; echo ready; while :; do sleep 0.05; done');
  await once(failing.stdout!, 'data');
  t.same(await ending(failing, () => failing.kill('SIGTERM')), ['has ended with status 3']);

  await t.test('threads that come and go are no end; the first of many killed is', async (t) => {
    const program = compiled(
      t,
      '#include <pthread.h>\n#include <unistd.h>\nstatic void *go(void *x) { usleep(100); return x; }\nstatic void *stay(void *x) { for (;;) pause(); return x; }\nint main(void) { pthread_t p; pthread_create(&p, 0, stay, 0); for (int i = 0; i < 500; i++) { pthread_create(&p, 0, go, 0); pthread_join(p, 0); }\n write(1, "done", 4); for (;;) pause(); }\n',
    );
    const child = spawned(t, program);
    const told: string[] = [];
    processes.watch(child.pid!, (how) => told.push(how));
    await once(child.stdout!, 'data');
    await sleep(50);
    t.same(told, [], '500 threads have ended');
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
    await until(() => told.length > 0);
    t.ok(told.length >= 1 && told.every((how) => how === 'was ended by signal 9'), told.join(', '));
  });

  await t.test('nobody else is heard of, and 2000 processes of others cost next to nothing', async (t) => {
    processes.watch(process.pid, (how) => heard.push(how));
    const before = process.cpuUsage();
    const shell = spawn('sh', ['-c', 'i=0; while [ $i -lt 2000 ]; do /bin/true; i=$((i+1)); done'], {
      stdio: 'ignore',
    });
    await once(shell, 'exit');
    const { user, system } = process.cpuUsage(before);
    t.comment(`CPU of ours: ${(user + system) / 1000} ms`);
    t.same(heard, []);
    t.ok(user + system < 200_000, `${user + system} us`);
  });
});

t.test('zebra and bgpd: killed, crashed, stopped, restarted', { skip }, async (t) => {
  const lab = new FrrLab();
  const processes = events(t);
  const health = openHealth(
    [{ kind: 'frr', daemons: ['zebra', 'bgpd'], socketDirectory: lab.directory }],
    TIMING,
    systemClock,
    processes,
  );
  t.teardown(async () => {
    health.close();
    await lab.close();
  });
  const ear = new Ear(health);
  for (const signal of ['SIGKILL', 'SIGSEGV'] as const) {
    const reasons: string[] = [];
    const from = ear.heard.length;
    lab.start('zebra');
    lab.start('bgpd');
    await ear.until('frr/zebra', 'responsive', from);
    await ear.until('frr/bgpd', 'responsive', from);
    await t.test('what is no death tells nothing', async (t) => {
      const quiet = ear.heard.length;
      lab.signal('zebra', 'SIGSTOP');
      await sleep(300);
      lab.signal('zebra', 'SIGCONT');
      for (const harmless of ['SIGHUP', 'SIGUSR1'] as const) lab.signal('zebra', harmless);
      spawnSync('vtysh', ['--vty_socket', lab.directory, '-c', 'show version'], { stdio: 'ignore' });
      await sleep(300);
      t.same(ear.heard.slice(quiet), []);
      t.ok(processes.live);
    });
    for (const daemon of ['bgpd', 'zebra']) {
      const at = ear.heard.length;
      const killedMs = performance.now();
      lab.signal(daemon, signal);
      const dead = await ear.until(`frr/${daemon}`, 'down', at);
      t.comment(`${daemon}: ${signal} to verdict ${(dead.atMs - killedMs).toFixed(2)} ms: ${dead.verdict.reason}`);
      reasons.push(dead.verdict.reason);
      await lab.end(daemon, 'SIGKILL');
    }
    // Their sockets close in less than a millisecond; where the machine is busy, both are read in
    // one turn of the loop, and the end of file may be the first.
    const news = signal === 'SIGKILL' ? /^process \d+ .* was ended by signal 9$/ : /^process \d+ .* crashed$/;
    t.ok(
      reasons.every((reason) => news.test(reason) || /^(?:end of file|ECONNRESET|EPIPE) on /.test(reason)),
      reasons.join(', '),
    );
    if (signal === 'SIGKILL') t.ok(reasons.some((reason) => news.test(reason)));
    await sleep(200);
    for (const id of ['frr/zebra', 'frr/bgpd']) {
      const life = ear.heard.slice(from).filter((one) => one.id === id);
      const lastAnswer = life.findLastIndex(({ verdict }) => verdict.kind === 'responsive');
      const [death, ...more] = life.slice(lastAnswer + 1).map(({ verdict }) => verdict);
      t.equal(death?.kind, 'down');
      // An end of file that was the first says nothing of how the process went; the news says it, once.
      t.ok(
        more.length <= (news.test(death!.reason) ? 0 : 1) &&
          more.every(({ kind, reason }) => kind === 'down' && news.test(reason)),
        `${id}: death is told once: ${JSON.stringify(more)}`,
      );
    }
  }
});

t.test('a stopped daemon that is killed; a process by name and by pid file', { skip }, async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'hlproc-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  const name = `pe${process.pid}`;
  const [program, pidfile] = [join(directory, name), join(directory, 'x.pid')];
  copyFileSync('/bin/sleep', program);
  const processes = events(t);
  const slow = { probeIntervalMs: 30_000, probeTimeoutMs: 60_000 };
  const child = spawned(t, program, '600');
  await once(child, 'spawn');
  writeFileSync(pidfile, `${child.pid}\n`);
  const health = openHealth(
    [
      { kind: 'process', name, routeProtocols: [] },
      { kind: 'pidfile', path: pidfile, routeProtocols: [] },
    ],
    slow,
    systemClock,
    processes,
  );
  t.teardown(() => health.close());
  const ear = new Ear(health);
  for (const { id } of health.watched) await ear.until(id, 'responsive');
  await until(() => processes.live);
  child.kill('SIGSTOP');
  await sleep(50);
  const killedMs = performance.now();
  child.kill('SIGKILL');
  for (const { id } of health.watched) {
    const dead = await ear.until(id, 'down');
    t.comment(`${id}: ${(dead.atMs - killedMs).toFixed(2)} ms: ${dead.verdict.reason}`);
    t.match(dead.verdict.reason, /was ended by signal 9/);
    t.ok(dead.atMs - killedMs < 15_000, 'by the event, not by the look each 30 s');
  }
});

t.test('a socket older than its process is another one: a number used again is not watched', { skip }, async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'hlpid-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  const path = join(directory, 's');
  const server = createServer().listen(path);
  await once(server, 'listening');
  t.teardown(() => server.close());
  const watched: number[] = [];
  const fake = (pid: number): ProcessEvents => ({
    live: true,
    peer: () => pid,
    watch: (one) => (watched.push(one), () => undefined),
    close: () => undefined,
  });
  const young = spawned(t, '/bin/sleep', '60');
  await sleep(3000);
  const younger = spawned(t, '/bin/sleep', '60');
  await sleep(50);
  for (const pid of [process.pid, young.pid!, younger.pid!]) {
    const health = openHealth(
      [{ kind: 'socket', endpoint: { kind: 'unix', path }, routeProtocols: [] }],
      TIMING,
      systemClock,
      fake(pid),
    );
    const ear = new Ear(health);
    await ear.until(health.watched[0]!.id, 'responsive');
    health.close();
  }
  t.notOk(watched.includes(younger.pid!));
  t.ok(watched.includes(process.pid));
});
