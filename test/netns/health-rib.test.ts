/**
 * `holds` with a real zebra: a route that it has installed since its start counts, one that it
 * found in the kernel does not (docs/FACTS.md, F13: "A leftover and a route of this
 * life").
 */

import t from 'tap';
import { openHealth } from '../../src/health/open.js';
import { prefix } from '../../src/model/prefix.js';
import { Ear, eventually, FrrLab, sleep } from './health-frr-daemons.js';

const TIMING = { probeIntervalMs: 50, probeTimeoutMs: 400 };
/** Where nothing hangs: time enough for a machine that is busy with other tests. */
const PATIENT = { ...TIMING, probeTimeoutMs: 10_000 };
const STATIC4 = prefix('10.50.0.0', 16);
const STATIC6 = prefix('2001:db8:50::', 48);
const BOTH = [STATIC4, STATIC6];

t.test('an installed route is held, another prefix is not, a leftover is not', async (t) => {
  const lab = new FrrLab();
  const health = openHealth([{ kind: 'frr', daemons: ['zebra', 'staticd'], socketDirectory: lab.directory }], PATIENT);
  t.teardown(async () => {
    health.close();
    await lab.close();
  });
  const ear = new Ear(health);
  await t.rejects(health.holds(BOTH), 'nobody to ask');
  lab.start('zebra');
  await ear.until('frr/zebra', 'responsive');
  lab.start('staticd');
  await ear.until('frr/staticd', 'responsive');
  t.ok(await eventually(async () => (await health.holds(BOTH)).every(Boolean)), 'both families are held');
  t.same(
    await health.holds([
      prefix('10.50.1.0', 24),
      prefix('10.0.0.0', 8),
      prefix('0.0.0.0', 0),
      prefix('::', 0),
      prefix('10.9.0.0', 24),
      STATIC4,
    ]),
    [false, false, false, false, true, true],
    'exactly that prefix; connected counts; answers keep their order',
  );

  lab.ip('route', 'add', '10.51.0.0/16', 'via', '10.9.0.2', 'metric', '4278194176');
  await sleep(300);
  t.same(await health.holds([prefix('10.51.0.0', 16)]), [false], "a kernel route is not zebra's, though selected");

  await t.test('while asked in bulk it neither loses an answer nor its heartbeat', async (t) => {
    const from = ear.heard.length;
    const rounds = await Promise.all(Array.from({ length: 200 }, () => health.holds(BOTH)));
    t.ok(rounds.every((round) => round.every(Boolean)));
    t.equal(ear.heard.length, from);
  });

  await t.test('restart with -K 30', async (t) => {
    const from = ear.heard.length;
    // In this order: a zebra that outlives staticd takes its routes out.
    await lab.end('zebra', 'SIGKILL');
    await lab.end('staticd', 'SIGKILL');
    await ear.until('frr/zebra', 'down', from);
    await t.rejects(health.holds(BOTH), 'a dead zebra cannot be asked');
    t.match(lab.ip('route', 'show', '10.50.0.0/16'), 'proto static', 'the leftover is in the FIB');
    lab.start('zebra', '-K', '30');
    await ear.until('frr/zebra', 'responsive', from);
    for (let i = 0; i < 20; i++) {
      t.same(await health.holds(BOTH), [false, false], 'the leftover is not held');
      await sleep(10);
    }
    t.match(lab.ip('route', 'show', '10.50.0.0/16'), 'proto static', 'though it still stands');
    lab.start('staticd');
    t.ok(
      await eventually(async () => (await health.holds(BOTH)).every(Boolean), 20_000),
      'and is, once staticd has said it again',
    );
  });
});

t.test(
  'a hung zebra: the question is given up after the time limit, the answer that comes late confuses nobody',
  async (t) => {
    const lab = new FrrLab();
    lab.start('zebra');
    const health = openHealth([{ kind: 'frr', daemons: ['zebra'], socketDirectory: lab.directory }], TIMING);
    t.teardown(async () => {
      health.close();
      await lab.close();
    });
    const ear = new Ear(health);
    await ear.until('frr/zebra', 'responsive');
    lab.signal('zebra', 'SIGSTOP');
    const askedMs = performance.now();
    await t.rejects(health.holds(BOTH), /within 400 ms/);
    t.ok(performance.now() - askedMs < 5000);
    await ear.until('frr/zebra', 'unresponsive');
    const from = ear.heard.length;
    lab.signal('zebra', 'SIGCONT');
    await ear.until('frr/zebra', 'responsive', from);
    t.same(await health.holds([prefix('10.9.0.0', 24), STATIC4]), [true, false]);
  },
);

t.test('zebra is asked even when only another daemon is watched', async (t) => {
  const lab = new FrrLab();
  lab.start('zebra');
  const health = openHealth([{ kind: 'frr', daemons: ['staticd'], socketDirectory: lab.directory }], PATIENT);
  t.teardown(async () => {
    health.close();
    await lab.close();
  });
  const ear = new Ear(health);
  await sleep(500);
  lab.start('staticd');
  await ear.until('frr/staticd', 'responsive');
  t.same(
    await health.holds([prefix('10.9.0.0', 24), prefix('10.99.0.0', 16)]),
    [true, false],
    'the first question opens the link',
  );
  await lab.end('zebra', 'SIGKILL');
  await sleep(50);
  await t.rejects(health.holds(BOTH));
  t.notOk(
    ear.heard.some((h) => h.id === 'frr/zebra'),
    "zebra's health is nobody's verdict",
  );
});
