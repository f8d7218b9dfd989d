/**
 * What health learns of processes and control groups that only root can create: another namespace,
 * a real cgroup v2.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { cgroupRoot } from '../../src/health/cgroup.js';
import { findByName } from '../../src/health/process.js';
import { openUnit } from '../../src/health/unit.js';
import { systemClock } from '../../src/host/clock.js';
import type { Verdict } from '../../src/model/daemon.js';
import { directory, kinds, sleep, until } from '../unit/health/fake-vty.js';

/** No poll during a test: what is heard in time is heard by an event. */
const TIMING = { probeIntervalMs: 60_000, probeTimeoutMs: 300 };

/** A program of that name that does nothing; its name is ours alone. */
function program(t: Test, name: string): string {
  const { path, remove } = directory();
  t.teardown(remove);
  copyFileSync('/bin/sleep', join(path, name));
  return join(path, name);
}

function run(t: Test, ...argv: readonly [string, ...string[]]): ChildProcess {
  const child = spawn(argv[0], argv.slice(1), { stdio: 'ignore' });
  t.teardown(() => child.kill('SIGKILL'));
  return child;
}

function watch(t: Test, root: string | undefined, unit: string) {
  const health = openUnit({ kind: 'unit', unit, routeProtocols: [99] }, TIMING, systemClock, () => root);
  t.teardown(() => health.close());
  const heard: Verdict[] = [];
  health.start((_id, verdict) => heard.push(verdict));
  return { health, heard };
}

t.test("another namespace's process is not ours", async (t) => {
  for (const [letter, flags] of [
    ['d', ['--net']],
    ['e', ['--pid', '--fork', '--kill-child']],
  ] as const) {
    const name = `hl${process.pid}${letter}`;
    const path = program(t, name);
    run(t, 'unshare', ...flags, path, '600');
    await until(() => /1 in other/.test(JSON.stringify(findByName(name))));
    t.match(
      findByName(name),
      { kind: 'none', reason: `no process ${name} here, 1 in other namespaces` },
      flags.join(' '),
    );
    run(t, path, '600');
    await until(() => findByName(name).kind === 'found');
    const found = findByName(name);
    t.equal(found.kind, 'found', 'and ours is found beside it');
    if (found.kind === 'found') found.process.close();
  }
});

const MOUNT = cgroupRoot();

/** A subtree of the real cgroup v2, which passes for its root. */
function subtree(t: Test): string {
  const root = join(MOUNT!, `hlunit-${process.pid}`);
  const made = [root, join(root, 'system.slice')];
  for (const path of made) mkdirSync(path);
  t.teardown(() => made.reverse().forEach((path) => rmdirSync(path)));
  return root;
}

/** A process in the group, begun there. */
function runIn(t: Test, group: string): ChildProcess {
  const child = spawn('sleep', ['600'], { stdio: 'ignore' });
  t.teardown(() => child.kill('SIGKILL'));
  writeFileSync(join(group, 'cgroup.procs'), String(child.pid));
  return child;
}

/** As systemd does: the group goes when it is empty. */
async function remove(group: string): Promise<void> {
  for (let i = 0; i < 100; i++) {
    try {
      return rmdirSync(group);
    } catch {
      await sleep(5);
    }
  }
  rmdirSync(group);
}

const real = { skip: MOUNT === undefined && 'no cgroup v2 on this host' };

t.test('a real control group: made, filled, emptied, removed, made again', real, async (t) => {
  const root = subtree(t);
  const unit = 'x.service';
  const group = join(root, 'system.slice', unit);
  const { health, heard } = watch(t, root, unit);
  t.same(health.watched, [{ id: 'unit/x.service', protocols: [99] }]);
  t.match(heard, [{ kind: 'down', reason: 'x.service is not running, it has no control group' }]);
  const deathsMs: number[] = [];
  for (let life = 0; life < 6; life++) {
    mkdirSync(group);
    await sleep(life % 2 === 0 ? 0 : 30);
    const startedMs = performance.now();
    const child = runIn(t, group);
    t.ok(
      await until(() => heard.at(-1)?.kind === 'responsive'),
      `life ${life}: found in ${(performance.now() - startedMs).toFixed(1)} ms`,
    );
    await sleep(50);
    const killedMs = performance.now();
    child.kill('SIGKILL');
    t.ok(await until(() => heard.at(-1)?.kind === 'down'));
    deathsMs.push(performance.now() - killedMs);
    t.equal(heard.at(-1)?.reason, 'x.service has no process left');
    await remove(group);
    if (life === 3) await sleep(1100);
  }
  t.comment(`SIGKILL to verdict, ms: ${deathsMs.map((ms) => ms.toFixed(1)).join(' ')}`);
  t.same(kinds(heard), ['down', ...Array.from({ length: 6 }, () => ['responsive', 'down']).flat()]);
});

t.test(
  'a real control group: the last process counts, also of a group below; age is that of the youngest',
  real,
  async (t) => {
    const root = subtree(t);
    const group = join(root, 'system.slice', 'x.service');
    mkdirSync(join(group, 'below'), { recursive: true });
    const first = runIn(t, group);
    await sleep(2_000);
    const second = runIn(t, group);
    await sleep(100);
    const { heard } = watch(t, root, 'x.service');
    const ageMs = heard[0]?.kind === 'responsive' ? heard[0].ageMs : undefined;
    t.ok(ageMs !== undefined && ageMs >= 80 && ageMs < 1_900, JSON.stringify(heard[0]));
    const third = runIn(t, join(group, 'below'));
    first.kill('SIGKILL');
    second.kill('SIGKILL');
    await sleep(100);
    t.same(kinds(heard), ['responsive'], 'fact F12: one process is enough');
    third.kill('SIGKILL');
    t.ok(await until(() => heard.length === 2));
    await remove(join(group, 'below'));
    await remove(group);
  },
);
