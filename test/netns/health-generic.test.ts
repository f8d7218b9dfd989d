/**
 * One real BIRD, watched in every generic way at once: what each kind notices of start, hang,
 * return, death, restart and clean stop, and how soon. This BIRD has no kernel protocol and no
 * neighbour, so it changes nothing and needs no namespace. Its program is a copy with its own
 * name, so that no other BIRD on the host is mistaken for it.
 */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, mkdtempSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { cgroupRoot } from '../../src/health/cgroup.js';
import { openHealth } from '../../src/health/open.js';
import type { RoutingDaemon } from '../../src/model/config.js';
import type { DaemonId } from '../../src/model/daemon.js';
import { Ear, sleep } from './health-frr-daemons.js';

const TIMING = { probeIntervalMs: 200, probeTimeoutMs: 1_500 };
const NAME = `hlb${process.pid}`;
const UNIT = `${NAME}.service`;
const found = spawnSync('bash', ['-c', 'command -v bird birdcl'], { encoding: 'utf8' }).stdout.trim().split('\n');
const MOUNT = cgroupRoot();
const SLICE = join(MOUNT ?? '', 'system.slice');
const skip =
  (found.length < 2 && 'bird is not installed') ||
  (MOUNT === undefined && 'needs cgroup v2') ||
  (process.getuid?.() !== 0 && 'needs root');

class Bird {
  readonly root = mkdtempSync(join(tmpdir(), 'hlgen-'));
  readonly socket = join(this.root, 'bird.ctl');
  readonly pidfile = join(this.root, `${NAME}.pid`);
  /** As systemd would make it, so that the unit and the pid file may both be watched by events. */
  readonly #group = join(SLICE, UNIT);
  #child: ChildProcess | undefined;

  constructor() {
    copyFileSync(found[0]!, join(this.root, NAME));
    writeFileSync(join(this.root, 'bird.conf'), 'router id 10.9.0.1;\nprotocol device { }\n');
    mkdirSync(this.#group, { recursive: true });
  }

  start(): void {
    const args = ['-f', '-c', join(this.root, 'bird.conf'), '-s', this.socket, '-P', this.pidfile];
    // sh puts itself into the group and becomes BIRD, as systemd does: BIRD is never outside.
    this.#child = spawn(
      'sh',
      ['-c', 'echo $$ > "$0" && exec "$@"', join(this.#group, 'cgroup.procs'), join(this.root, NAME), ...args],
      { stdio: 'ignore' },
    );
  }

  signal(signal: NodeJS.Signals): void {
    this.#child!.kill(signal);
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, 'exit');
    child.kill(signal);
    await exit;
  }

  async close(madeSlice: boolean): Promise<void> {
    await this.end('SIGKILL');
    await sleep(50);
    rmdirSync(this.#group);
    // Others that run beside this test may have a group of their own in it.
    if (madeSlice)
      try {
        rmdirSync(SLICE);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EBUSY') throw error;
      }
    rmSync(this.root, { recursive: true, force: true });
  }
}

const EXEC = { intervalMs: 200, timeoutMs: 1_500 };
/** Longest wait for a verdict: a poll of each kind, a busy machine on top. */
const LIMIT_MS: Readonly<Record<string, number>> = {
  unit: 8_000,
  pidfile: 8_000,
  process: 8_000,
  socket: 8_000,
  exec: 10_000,
};

async function each(
  t: Test,
  what: string,
  ids: readonly DaemonId[],
  act: () => void,
  ear: Ear,
  kind: 'down' | 'responsive' | 'unresponsive',
  extraMs = 0,
): Promise<void> {
  const from = ear.heard.length;
  const atMs = performance.now();
  act();
  for (const id of ids) {
    const heard = await ear.until(id, kind, from);
    const tookMs = heard.atMs - atMs;
    t.comment(`${what}: ${id.split('/')[0]} says ${kind} after ${tookMs.toFixed(1)} ms: ${heard.verdict.reason}`);
    t.ok(tookMs < LIMIT_MS[id.split('/')[0]!]! + extraMs, `${what}: ${id}`);
  }
}

t.test('a real BIRD in every generic way', { skip }, async (t) => {
  const madeSlice = spawnSync('test', ['-d', SLICE]).status !== 0;
  const bird = new Bird();
  const daemons: readonly RoutingDaemon[] = [
    { kind: 'unit', unit: UNIT, routeProtocols: [12] },
    { kind: 'pidfile', path: bird.pidfile, routeProtocols: [12] },
    { kind: 'process', name: NAME, routeProtocols: [12] },
    { kind: 'socket', endpoint: { kind: 'unix', path: bird.socket }, routeProtocols: [12] },
    {
      kind: 'exec',
      command: [found[1]!, '-s', bird.socket, 'show', 'status'],
      ...EXEC,
      routeProtocols: [12],
    },
  ];
  const health = openHealth(daemons, TIMING);
  t.teardown(async () => {
    health.close();
    await bird.close(madeSlice);
  });
  const ids = health.watched.map(({ id }) => id);
  const [unit, pidfile, named, socket, exec] = ids as [DaemonId, DaemonId, DaemonId, DaemonId, DaemonId];
  const ear = new Ear(health);
  for (const id of ids) await ear.until(id, 'down');

  // The socket is believed after it has lasted 100 ms.
  await each(t, 'start', ids, () => bird.start(), ear, 'responsive', 250);
  const told = ear.heard.length;
  await sleep(1200);
  t.equal(ear.heard.length, told, 'a healthy daemon is silent news');

  const from = ear.heard.length;
  await each(
    t,
    'hang',
    [pidfile, named, exec],
    () => bird.signal('SIGSTOP'),
    ear,
    'unresponsive',
    TIMING.probeTimeoutMs + 250,
  );
  await sleep(500);
  t.same(
    ear.heard.slice(from).filter((h) => h.id === unit || h.id === socket),
    [],
    'unit and socket cannot notice a hang',
  );
  await each(t, 'SIGCONT', [pidfile, named, exec], () => bird.signal('SIGCONT'), ear, 'responsive', 250);

  for (const round of [1, 2, 3]) {
    await each(t, `SIGKILL ${round}`, ids, () => bird.signal('SIGKILL'), ear, 'down');
    await bird.end('SIGKILL');
    // The stale socket and the stale pid file are in place.
    await each(t, `restart ${round}`, ids, () => bird.start(), ear, 'responsive', 250);
    await sleep(150);
  }
  await each(t, 'clean stop', ids, () => bird.signal('SIGTERM'), ear, 'down');
});

t.test('a restart between two runs of exec is not seen', { skip }, async (t) => {
  const madeSlice = spawnSync('test', ['-d', SLICE]).status !== 0;
  const bird = new Bird();
  const health = openHealth(
    [
      {
        kind: 'exec',
        command: [found[1]!, '-s', bird.socket, 'show', 'status'],
        intervalMs: 2000,
        timeoutMs: 1000,
        routeProtocols: [12],
      },
    ],
    TIMING,
  );
  t.teardown(async () => {
    health.close();
    await bird.close(madeSlice);
  });
  const ear = new Ear(health);
  const id = health.watched[0]!.id;
  bird.start();
  const ready = await ear.until(id, 'responsive', 0, 10_000);
  for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
    // A moment after a run, well before the next.
    await sleep(2000 - ((performance.now() - ready.atMs) % 2000) + 300);
    await bird.end(signal);
    bird.start();
  }
  await sleep(2500);
  t.same(ear.heard.slice(ear.heard.indexOf(ready) + 1), [], 'nothing was heard of either');
  await bird.end('SIGKILL');
  await ear.until(id, 'down', ear.heard.indexOf(ready), 20_000);
  t.pass('and it still listens');
});
