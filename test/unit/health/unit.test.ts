/** The systemd unit adapter, in a tree of plain files; test/netns/health-host.test.ts has it in a real cgroup v2. */

import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
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
    t.ok(await until(() => heard.at(-1)?.kind === 'responsive'));
    writeFileSync(events, 'populated 0\nfrozen 0\n');
    t.ok(await until(() => heard.at(-1)?.kind === 'down'));
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
  t.ok(await until(() => heard.length === 2));
  t.match(heard[1], { kind: 'down', reason: /no control group/ });
  t.notOk(existsSync(events));
});
