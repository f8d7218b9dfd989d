/**
 * The systemd unit adapter: in a real cgroup v2 of the test's own where there is one, and in a tree
 * of plain files.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import t, { type Test } from 'tap';
import { cgroupRoot } from '../../../src/health/cgroup.js';
import { findGroup, openUnit } from '../../../src/health/unit.js';
import { systemClock } from '../../../src/host/clock.js';
import type { Verdict } from '../../../src/model/daemon.js';
import { directory, kinds, sleep, until } from './fake-vty.js';

const TIMING = { probeIntervalMs: 1000, probeTimeoutMs: 300 };

function watch(t: Test, root: string | undefined, unit: string, probeIntervalMs = TIMING.probeIntervalMs) {
  const health = openUnit(
    { kind: 'unit', unit, routeProtocols: [99] },
    { ...TIMING, probeIntervalMs },
    systemClock,
    () => root,
  );
  t.teardown(() => health.close());
  const heard: Verdict[] = [];
  health.start((_id, verdict) => heard.push(verdict));
  return { health, heard };
}

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
function run(t: Test, group: string): ChildProcess {
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

const real = { skip: (MOUNT === undefined || process.getuid?.() !== 0) && 'needs cgroup v2 and root' };

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
    const child = run(t, group);
    t.ok(
      await until(() => heard.at(-1)?.kind === 'responsive', 300),
      `life ${life}: found in ${(performance.now() - startedMs).toFixed(1)} ms`,
    );
    await sleep(50);
    const killedMs = performance.now();
    child.kill('SIGKILL');
    t.ok(await until(() => heard.at(-1)?.kind === 'down', 300));
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
    const first = run(t, group);
    await sleep(500);
    const second = run(t, group);
    await sleep(100);
    const { heard } = watch(t, root, 'x.service');
    t.ok(heard[0]?.kind === 'responsive' && heard[0].ageMs >= 80 && heard[0].ageMs < 450, JSON.stringify(heard[0]));
    const third = run(t, join(group, 'below'));
    first.kill('SIGKILL');
    second.kill('SIGKILL');
    await sleep(100);
    t.same(kinds(heard), ['responsive'], 'fact F12: one process is enough');
    third.kill('SIGKILL');
    t.ok(await until(() => heard.length === 2, 300));
    await remove(join(group, 'below'));
    await remove(group);
  },
);

function tree(t: Test, ...groups: readonly string[]): string {
  const { path, remove: clean } = directory();
  t.teardown(clean);
  for (const group of groups) mkdirSync(join(path, group), { recursive: true });
  return path;
}

t.test('where units are looked for', async (t) => {
  const root = tree(
    t,
    'system.slice/a.service',
    'system.slice/system-getty.slice/getty@1.service',
    'routing.slice/routing-bgp.slice/b.service',
    'system.slice/_cpu.service',
    'system.slice/a.service/hidden.service',
    'both.slice/a.service',
  );
  t.equal(findGroup(root, 'a.service'), join(root, 'system.slice/a.service'), 'system.slice first');
  t.equal(findGroup(root, 'getty@1.service'), join(root, 'system.slice/system-getty.slice/getty@1.service'));
  t.equal(findGroup(root, 'b.service'), join(root, 'routing.slice/routing-bgp.slice/b.service'));
  t.equal(findGroup(root, 'cpu.service'), join(root, 'system.slice/_cpu.service'), 'escaped by systemd');
  t.equal(findGroup(root, 'hidden.service'), undefined, "a service's own groups are not units");
  t.equal(findGroup(join(root, 'nowhere'), 'a.service'), undefined);
});

t.test('in another slice: found by the poll, then by events; without cgroup v2: down', async (t) => {
  const root = tree(t, 'system.slice');
  const { heard } = watch(t, root, 'b.service', 100);
  const group = join(root, 'routing.slice', 'b.service');
  const events = join(group, 'cgroup.events');
  for (let life = 0; life < 3; life++) {
    mkdirSync(group, { recursive: true });
    writeFileSync(events, 'populated 1\nfrozen 0\n');
    t.ok(await until(() => heard.at(-1)?.kind === 'responsive', 500));
    writeFileSync(events, 'populated 0\nfrozen 0\n');
    t.ok(await until(() => heard.at(-1)?.kind === 'down', 500));
    rmSync(dirname(group), { recursive: true });
    await sleep(150);
  }
  t.same(kinds(heard), ['down', ...Array.from({ length: 3 }, () => ['responsive', 'down']).flat()]);
  t.match(watch(t, cgroupRoot([join(root, 'x'), root]), 'b.service').heard, [{ kind: 'down', reason: /not mounted/ }]);
});

t.test('removed with processes in it, as seen from here: down', async (t) => {
  const root = tree(t, 'system.slice/a.service');
  const events = join(root, 'system.slice/a.service/cgroup.events');
  writeFileSync(events, 'populated 1\n');
  const { heard } = watch(t, root, 'a.service', 100);
  rmSync(dirname(events), { recursive: true });
  t.ok(await until(() => heard.length === 2, 500));
  t.match(heard[1], { kind: 'down', reason: /no control group/ });
  t.notOk(existsSync(events));
});
