/**
 * The BIRD adapter with a real BIRD in a namespace: life, death, hang, return, graceful restart,
 * and the routes that it holds.
 */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { openHealth } from '../../src/health/open.js';
import { prefix } from '../../src/model/prefix.js';
import { BIRDS } from './birds.js';
import { Ear, eventually, sleep } from './health-frr-daemons.js';

const TIMING = { probeIntervalMs: 50, probeTimeoutMs: 1_500 };
const ID = 'bird/bird';
const STATIC4 = prefix('10.50.0.0', 16);
const STATIC6 = prefix('2001:db8:50::', 48);

/** 10.52/16 is in BIRD's table and not exported to the kernel; the kernel protocol of IPv6 needs quotes. */
const CONFIG = `
log stderr all;
router id 10.9.0.1;
graceful restart wait 2;
protocol device { }
protocol kernel k4 { ipv4 { import all; export where net != 10.52.0.0/16; }; learn; graceful restart; }
protocol kernel 'kernel-6' { ipv6 { export all; }; }
protocol static s4 { ipv4; route 10.50.0.0/16 via 10.9.0.2; route 10.52.0.0/16 via 10.9.0.2; route 0.0.0.0/0 via 10.9.0.2; }
protocol static s6 { ipv6; route 2001:db8:50::/48 via 2001:db8:9::2; }
protocol bgp p1 { local 10.9.0.1 as 65001; neighbor 10.9.0.2 as 65002; graceful restart on; ipv4 { import all; export none; }; }
`;

/** Not only of the process: a number may be used again beside what a killed run left behind. */
let labs = Date.now();

class BirdLab {
  readonly socket: string;
  readonly #namespace = `hlbird-${process.pid}-${labs++}`;
  readonly #root = mkdtempSync(join(tmpdir(), 'hlbird-'));
  #child: ChildProcess | undefined;

  constructor(readonly program: string) {
    this.socket = join(this.#root, 'bird.ctl');
    writeFileSync(join(this.#root, 'bird.conf'), CONFIG);
    execFileSync('ip', ['netns', 'add', this.#namespace]);
    this.ip('link', 'set', 'lo', 'up');
    this.ip('link', 'add', 'd0', 'type', 'veth', 'peer', 'name', 'd1');
    this.ip('addr', 'add', '10.9.0.1/24', 'dev', 'd0');
    this.ip('addr', 'add', '2001:db8:9::1/64', 'dev', 'd0', 'nodad');
    this.ip('link', 'set', 'd0', 'up');
    this.ip('link', 'set', 'd1', 'up');
  }

  ip(...args: readonly string[]): string {
    return execFileSync('ip', ['-n', this.#namespace, ...args], { encoding: 'utf8' });
  }

  start(...more: readonly string[]): void {
    const argv = [
      'netns',
      'exec',
      this.#namespace,
      this.program,
      '-f',
      '-c',
      join(this.#root, 'bird.conf'),
      '-s',
      this.socket,
      ...more,
    ];
    this.#child = spawn('ip', argv, { stdio: 'ignore' });
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

  async close(): Promise<void> {
    await this.end('SIGKILL');
    execFileSync('ip', ['netns', 'del', this.#namespace]);
    rmSync(this.#root, { recursive: true, force: true });
  }
}

function setUp(t: Test, program: string) {
  const lab = new BirdLab(program);
  const health = openHealth([{ kind: 'bird', socket: lab.socket }], TIMING);
  t.teardown(async () => {
    health.close();
    await lab.close();
  });
  return { lab, health };
}

for (const { name, program, skip } of BIRDS)
  t.test(name, { skip }, async (t) => {
    t.test('start, converge, hang, clean stop', async (t) => {
      const { lab, health } = setUp(t, program);
      const ear = new Ear(health);
      t.match((await ear.until(ID, 'down')).verdict.reason, 'no socket');
      await t.rejects(health.holds([STATIC4]), 'nobody to ask');
      const startedMs = performance.now();
      lab.start();
      const alive = await ear.until(ID, 'responsive');
      t.comment(`spawn to responsive ${(alive.atMs - startedMs).toFixed(1)} ms`);
      t.same(ear.kinds(ID), ['down', 'appeared', 'responsive']);
      t.ok(
        await eventually(async () => (await health.holds([STATIC4, STATIC6])).every(Boolean)),
        'both families, by their kernel protocols',
      );
      t.match(lab.ip('route', 'show', '10.50.0.0/16'), 'proto bird metric 32', 'and they are in the kernel');

      const asked = ['10.52.0.0/16', '10.0.0.0/8', '10.50.1.0/24', '10.99.0.0/16', '10.9.0.0/24', '0.0.0.0/0'].map(
        (text) => {
          const [address, length] = text.split('/');
          return prefix(address!, Number(length));
        },
      );
      t.same(
        await health.holds([...asked, prefix('::', 0)]),
        [false, false, false, false, false, true, false],
        'not exported, absent, or connected: no',
      );
      lab.ip('route', 'add', '10.51.0.0/16', 'via', '10.9.0.2');
      await sleep(300);
      t.same(
        await health.holds([prefix('10.51.0.0', 16)]),
        [false],
        "another's route that BIRD has learned is not its own",
      );

      const from = ear.heard.length;
      const rounds = await Promise.all(Array.from({ length: 100 }, () => health.holds([STATIC4, STATIC6])));
      t.ok(rounds.every((round) => round.every(Boolean)));
      await sleep(300);
      t.equal(ear.heard.length, from, 'bulk questions and a steady heartbeat are silent');

      const late = openHealth([{ kind: 'bird', socket: lab.socket }], TIMING);
      const verdict = (await new Ear(late).until(ID, 'responsive')).verdict;
      late.close();
      const realMs = performance.now() - startedMs;
      t.ok(
        verdict.kind === 'responsive' && Math.abs(verdict.ageMs! - realMs) < 1000,
        `age ${JSON.stringify(verdict)}, spawned ${realMs.toFixed(0)} ms ago`,
      );

      const stoppedMs = performance.now();
      lab.signal('SIGSTOP');
      const hung = await ear.until(ID, 'unresponsive', from);
      t.comment(
        `SIGSTOP to unresponsive ${(hung.atMs - stoppedMs).toFixed(0)} ms at probe-timeout ${TIMING.probeTimeoutMs}`,
      );
      t.ok(hung.atMs - stoppedMs < TIMING.probeTimeoutMs + 5_000);
      lab.signal('SIGCONT');
      await ear.until(ID, 'responsive', from);

      const termMs = performance.now();
      await lab.end('SIGTERM');
      const down = await ear.until(ID, 'down', from);
      t.comment(`SIGTERM to down ${(down.atMs - termMs).toFixed(1)} ms`);
      t.equal(lab.ip('route', 'show', 'proto', 'bird'), '', 'its routes are gone');
      t.same(ear.kinds(ID).slice(from), ['unresponsive', 'responsive', 'down']);
    });

    t.test('SIGKILL and restart, five times', async (t) => {
      const { lab, health } = setUp(t, program);
      const ear = new Ear(health);
      const deathsMs: number[] = [];
      for (let i = 0; i < 5; i++) {
        const from = ear.heard.length;
        lab.start();
        await ear.until(ID, 'responsive', from);
        t.ok(await eventually(async () => (await health.holds([STATIC4])).every(Boolean)));
        const killedMs = performance.now();
        lab.signal('SIGKILL');
        deathsMs.push((await ear.until(ID, 'down', Math.max(1, from))).atMs - killedMs);
        await lab.end('SIGKILL');
        t.ok(existsSync(lab.socket), 'the socket file stays behind');
        t.match(lab.ip('route', 'show', '10.50.0.0/16'), 'proto bird', 'and so does the route');
        await t.rejects(health.holds([STATIC4]), 'a dead BIRD cannot be asked');
      }
      t.comment(`SIGKILL to verdict, ms: ${deathsMs.map((ms) => ms.toFixed(2)).join(' ')}`);
      t.ok(deathsMs.every((ms) => ms < 5_000));
      t.same(
        ear.kinds(ID).filter((kind) => kind !== 'appeared'),
        ['down', ...Array.from({ length: 5 }, () => ['responsive', 'down']).flat()],
      );
    });

    t.test('graceful restart: the leftovers stand, BIRD lives, and is ready when its recovery is over', async (t) => {
      const { lab, health } = setUp(t, program);
      const ear = new Ear(health);
      lab.start();
      await ear.until(ID, 'responsive');
      t.ok(await eventually(async () => (await health.holds([STATIC4])).every(Boolean)));
      await lab.end('SIGKILL');
      await sleep(150);
      const from = ear.heard.length;
      const startedMs = performance.now();
      lab.start('-R');
      t.ok(await eventually(async () => ear.heard.slice(from).some((h) => /Graceful restart/.test(h.verdict.reason))));
      t.same(await health.holds([STATIC4]), [false], 'what the kernel has is of the former life');
      t.match(lab.ip('route', 'show', '10.50.0.0/16'), 'proto bird', 'and it still forwards');
      const ready = await ear.until(ID, 'responsive', from);
      t.comment(`-R to responsive ${(ready.atMs - startedMs).toFixed(0)} ms, graceful restart wait being 2 s`);
      t.ok(ready.atMs - startedMs > 1500, 'not before');
      t.same([...new Set(ear.heard.slice(from).map((h) => h.verdict.kind))], ['appeared', 'responsive']);
      // Fact B4.
      if (name === 'BIRD 3') t.same(await health.holds([STATIC4]), [false], 'its exports are down for good');
      else t.ok(await eventually(async () => (await health.holds([STATIC4])).every(Boolean)));
    });
    t.end();
  });
