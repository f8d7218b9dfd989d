/** Processes by name, those of other namespaces left out. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { openHealth } from '../../../src/health/open.js';
import { findByName } from '../../../src/health/process.js';
import type { Verdict } from '../../../src/model/daemon.js';
import { directory, kinds, sleep, until } from './fake-vty.js';

const TIMING = { probeIntervalMs: 200, probeTimeoutMs: 300 };

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

function watch(t: Test, name: string) {
  const health = openHealth([{ kind: 'process', name, routeProtocols: [] }], TIMING);
  t.teardown(() => health.close());
  const heard: Verdict[] = [];
  health.start((_id, verdict) => heard.push(verdict));
  return { health, heard };
}

t.test('comes, dies, comes back', async (t) => {
  const name = `hl${process.pid}a`;
  const path = program(t, name);
  const { health, heard } = watch(t, name);
  t.same(health.watched, [{ id: `process/${name}`, protocols: [] }]);
  t.match(heard, [{ kind: 'down', reason: `no process ${name}` }]);
  for (let life = 0; life < 3; life++) {
    const child = run(t, path, '600');
    t.ok(await until(() => heard.at(-1)?.kind === 'responsive'));
    const killedMs = performance.now();
    child.kill('SIGKILL');
    t.ok(await until(() => heard.at(-1)?.kind === 'down'));
    t.ok(performance.now() - killedMs < 2000, `${(performance.now() - killedMs).toFixed(1)} ms`);
  }
  t.same(kinds(heard), ['down', ...Array.from({ length: 3 }, () => ['responsive', 'down']).flat()]);
});

t.test('any process of the name; its age is that of the oldest', async (t) => {
  const name = `hl${process.pid}b`;
  const path = program(t, name);
  const first = run(t, path, '600');
  await sleep(300);
  const second = run(t, path, '600');
  await sleep(100);
  const { heard } = watch(t, name);
  t.match(heard[0], { kind: 'responsive', reason: new RegExp(`process ${first.pid} `) });
  const ageMs = heard[0]?.kind === 'responsive' ? (heard[0].ageMs ?? 0) : 0;
  t.ok(ageMs > 350 && ageMs < 10_000, `${ageMs} ms`);
  first.kill('SIGKILL');
  await sleep(300);
  t.same(kinds(heard), ['responsive'], 'the other was there before');
  second.kill('SIGKILL');
  t.ok(await until(() => heard.at(-1)?.kind === 'down'));
});

t.test('a restart between two looks is a death and a new life', async (t) => {
  const name = `hl${process.pid}c`;
  const path = program(t, name);
  const first = run(t, path, '600');
  await sleep(50);
  const { heard } = watch(t, name);
  t.same(kinds(heard), ['responsive']);
  await sleep(150);
  first.kill('SIGKILL');
  // A look that sees both alive would take the second for one that was there before.
  await once(first, 'exit');
  run(t, path, '600');
  t.ok(await until(() => heard.length === 3));
  t.same(kinds(heard), ['responsive', 'down', 'responsive']);
});

t.test('names are cut at 15 bytes, as the kernel does', async (t) => {
  const name = `hl${process.pid}-quite-a-long-name`;
  run(t, program(t, name), '600');
  await sleep(50);
  const found = findByName(name);
  t.equal(found.kind, 'found');
  if (found.kind === 'found') found.process.close();
});
