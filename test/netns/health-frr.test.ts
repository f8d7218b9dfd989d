/**
 * The FRR adapter with real zebra, bgpd and staticd: life, death, hang and return, as in facts
 * F5-F13. Routes and `holds` are in health-rib.test.ts.
 */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { openHealth } from '../../src/health/open.js';
import { Ear, FrrLab, sleep } from './health-frr-daemons.js';

const TIMING = { probeIntervalMs: 50, probeTimeoutMs: 1_200 };
/** Where nothing hangs: time enough for a machine that is busy with other tests. */
const PATIENT = { ...TIMING, probeTimeoutMs: 15_000 };

function open(lab: FrrLab, daemons: readonly string[], timing = PATIENT) {
  return openHealth([{ kind: 'frr', daemons, socketDirectory: lab.directory }], timing);
}

t.test('started before FRR: down at once, then appeared and responsive when each daemon comes', async (t) => {
  const lab = new FrrLab();
  const health = open(lab, ['zebra', 'bgpd', 'staticd'], TIMING);
  t.teardown(async () => {
    health.close();
    await lab.close();
  });
  t.same(
    health.watched.map((w) => w.id),
    ['frr/zebra', 'frr/bgpd', 'frr/staticd'],
  );
  const ear = new Ear(health);
  for (const { id } of health.watched) {
    const first = await ear.until(id, 'down');
    t.match(first.verdict.reason, 'no socket');
  }
  const startedMs = performance.now();
  lab.start('zebra');
  const zebra = await ear.until('frr/zebra', 'responsive');
  t.comment(`zebra: spawn to responsive ${(zebra.atMs - startedMs).toFixed(1)} ms`);
  lab.start('bgpd');
  lab.start('staticd');
  await ear.until('frr/bgpd', 'responsive');
  await ear.until('frr/staticd', 'responsive');
  for (const { id } of health.watched) t.same(ear.kinds(id), ['down', 'appeared', 'responsive'], id);
  await sleep(6 * TIMING.probeIntervalMs + TIMING.probeTimeoutMs);
  t.equal(ear.heard.length, 9, 'a steady heartbeat is silent');

  await t.test('an adapter started later knows how long the daemon has lived', async (t) => {
    const late = open(lab, ['zebra']);
    t.teardown(() => late.close());
    const lateEar = new Ear(late);
    const verdict = (await lateEar.until('frr/zebra', 'responsive')).verdict;
    t.same(lateEar.kinds('frr/zebra'), ['responsive'], 'its first verdict is the answer');
    const realMs = performance.now() - startedMs;
    if (verdict.kind !== 'responsive') throw new Error('unreachable');
    t.ok(Math.abs(verdict.ageMs! - realMs) < 2_000, `age ${verdict.ageMs} ms, spawned ${realMs.toFixed(0)} ms ago`);
  });

  await t.test('only bgpd dies', async (t) => {
    const from = ear.heard.length;
    const killedMs = performance.now();
    lab.signal('bgpd', 'SIGKILL');
    const dead = await ear.until('frr/bgpd', 'down', from);
    t.comment(`bgpd: SIGKILL to verdict ${(dead.atMs - killedMs).toFixed(2)} ms`);
    t.ok(dead.atMs - killedMs < 5_000);
    await sleep(300);
    t.same(
      ear.heard.slice(from).map((h) => h.id),
      ['frr/bgpd'],
      'and nothing is said of the others, and death is told once',
    );
  });

  await t.test('a hang is found by silence, and the same connection brings the answer after SIGCONT', async (t) => {
    const from = ear.heard.length;
    const stoppedMs = performance.now();
    lab.signal('zebra', 'SIGSTOP');
    const hung = await ear.until('frr/zebra', 'unresponsive', from);
    const silence = hung.atMs - stoppedMs;
    t.comment(`zebra: SIGSTOP to unresponsive ${silence.toFixed(0)} ms: ${hung.verdict.reason}`);
    // A question may have been under way.
    t.ok(silence >= TIMING.probeTimeoutMs / 2 && silence < TIMING.probeTimeoutMs + 5_000);
    await sleep(2 * TIMING.probeTimeoutMs);
    lab.signal('zebra', 'SIGCONT');
    await ear.until('frr/zebra', 'responsive', from);
    t.same(ear.kinds('frr/zebra').slice(-2), ['unresponsive', 'responsive']);
  });

  await t.test('a hung daemon that is killed is down', async (t) => {
    const from = ear.heard.length;
    lab.signal('staticd', 'SIGSTOP');
    await ear.until('frr/staticd', 'unresponsive', from);
    const killedMs = performance.now();
    lab.signal('staticd', 'SIGKILL');
    const dead = await ear.until('frr/staticd', 'down', from);
    t.ok(dead.atMs - killedMs < 5_000);
  });
});

t.test('SIGKILL, stale socket, restart; ten times', async (t) => {
  const lab = new FrrLab();
  const health = open(lab, ['zebra']);
  t.teardown(async () => {
    health.close();
    await lab.close();
  });
  const ear = new Ear(health);
  const deathsMs: number[] = [];
  for (let i = 0; i < 10; i++) {
    const from = ear.heard.length;
    lab.start('zebra');
    await ear.until('frr/zebra', 'responsive', from);
    const killedMs = performance.now();
    lab.signal('zebra', 'SIGKILL');
    deathsMs.push((await ear.until('frr/zebra', 'down', Math.max(from, 1))).atMs - killedMs);
    await lab.end('zebra', 'SIGKILL');
    t.ok(existsSync(join(lab.directory, 'zebra.vty')), 'the socket file stays behind');
  }
  deathsMs.sort((a, b) => a - b);
  t.comment(`zebra: SIGKILL to verdict, ms: ${deathsMs.map((ms) => ms.toFixed(2)).join(' ')}`);
  t.ok(deathsMs[5]! < 2_000, `median ${deathsMs[5]!.toFixed(2)} ms`);
  // Back within 100 ms of its death, zebra answers before its accepting is believed: `appeared` may be left out.
  t.same(
    ear.kinds('frr/zebra').filter((kind) => kind !== 'appeared'),
    ['down', ...Array.from({ length: 10 }, () => ['responsive', 'down']).flat()],
  );
});

t.test('a clean stop is down; a directory removed and made again is found at once', async (t) => {
  const lab = new FrrLab();
  lab.start('zebra');
  const health = open(lab, ['zebra']);
  t.teardown(async () => {
    health.close();
    await lab.close();
  });
  const ear = new Ear(health);
  await ear.until('frr/zebra', 'responsive');
  const from = ear.heard.length;
  await lab.end('zebra', 'SIGTERM');
  await ear.until('frr/zebra', 'down', from);
  lab.removeDirectory();
  await sleep(2500);
  lab.makeDirectory();
  lab.start('zebra');
  while (!existsSync(join(lab.directory, 'zebra.vty'))) await sleep(5);
  const bornMs = performance.now();
  const back = await ear.until('frr/zebra', 'responsive', from);
  t.comment(`zebra: socket to responsive ${(back.atMs - bornMs).toFixed(1)} ms, the directory being new`);
  t.ok(back.atMs - bornMs < 900, 'by inotify, not by the poll');
  t.same(
    ear.heard.slice(from).map((h) => h.verdict.kind),
    ['down', 'appeared', 'responsive'],
  );
});
