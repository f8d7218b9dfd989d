/** Real processes behind pid files: death, zombies, reused numbers, stops, handovers. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { openHealth } from '../../../src/health/open.js';
import { findByPidfile } from '../../../src/health/pidfile.js';
import { mayMean } from '../../../src/health/proc.js';
import type { Verdict } from '../../../src/model/daemon.js';
import { directory, kinds, sleep, until } from './fake-vty.js';

const TIMING = { probeIntervalMs: 1000, probeTimeoutMs: 300 };

function place(t: Test): string {
  const { path, remove } = directory();
  t.teardown(remove);
  return path;
}

function sleeper(t: Test): ChildProcess & { readonly pid: number } {
  const child = spawn('sleep', ['600'], { stdio: 'ignore' });
  t.teardown(() => child.kill('SIGKILL'));
  return child as ChildProcess & { readonly pid: number };
}

function watch(t: Test, path: string) {
  const health = openHealth([{ kind: 'pidfile', path, routeProtocols: [] }], TIMING);
  t.teardown(() => health.close());
  const heard: Verdict[] = [];
  health.start((_id, verdict) => heard.push(verdict));
  return { health, heard };
}

t.test('comes with its file, at once; dies without a trace in the file; comes back', async (t) => {
  const root = place(t);
  const path = join(root, 'run', 'x.pid');
  const { health, heard } = watch(t, path);
  t.same(health.watched, [{ id: 'pidfile/x', protocols: [] }]);
  t.match(heard, [{ kind: 'down', reason: `no pid file ${path}` }]);
  mkdirSync(join(root, 'run'));
  await sleep(20);
  for (let life = 0; life < 5; life++) {
    const child = sleeper(t);
    writeFileSync(path, `${child.pid}\n`);
    const writtenMs = performance.now();
    t.ok(await until(() => heard.at(-1)?.kind === 'responsive'));
    t.ok(performance.now() - writtenMs < 900, `found ${(performance.now() - writtenMs).toFixed(1)} ms after the file`);
    await sleep(37 * life);
    const killedMs = performance.now();
    child.kill('SIGKILL');
    t.ok(await until(() => heard.at(-1)?.kind === 'down'));
    const tookMs = performance.now() - killedMs;
    t.comment(`SIGKILL to verdict ${tookMs.toFixed(1)} ms`);
    t.ok(tookMs < 900);
    t.match(heard.at(-1)?.reason, new RegExp(`process ${child.pid} of ${path} does not run`));
  }
  t.same(kinds(heard), ['down', ...Array.from({ length: 5 }, () => ['responsive', 'down']).flat()]);
});

t.test('the file removed, as in a clean stop, is down at once', async (t) => {
  const path = join(place(t), 'x.pid');
  writeFileSync(path, String(sleeper(t).pid));
  const { heard } = watch(t, path);
  t.equal(heard[0]?.kind, 'responsive', 'beside a process that runs, the first verdict is life');
  rmSync(path);
  t.ok(await until(() => heard.length === 2));
  t.equal(heard[1]?.kind, 'down');
});

t.test('a zombie is dead', async (t) => {
  const path = join(place(t), 'x.pid');
  // sh starts a child and becomes sleep, which never waits for it (fact S4).
  const parent = spawn('sh', ['-c', 'sleep 600 & echo $!; exec sleep 600'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  t.teardown(() => parent.kill('SIGKILL'));
  const pid = Number(String((await once(parent.stdout, 'data'))[0]));
  writeFileSync(path, String(pid));
  const { heard } = watch(t, path);
  t.equal(heard[0]?.kind, 'responsive');
  await sleep(50);
  process.kill(pid, 'SIGKILL');
  t.ok(await until(() => heard.length === 2));
  t.match(readFileSync(`/proc/${pid}/stat`, 'latin1'), /\) Z /, 'it is a zombie');
  t.match(heard[1], { kind: 'down', reason: /not reaped it/ });
  t.match(findByPidfile(path), { kind: 'none', reason: /not reaped it/ });
});

t.test('a number reused: the process is younger than its file', async (t) => {
  const path = join(place(t), 'x.pid');
  const child = sleeper(t);
  writeFileSync(path, String(child.pid));
  const hourAgo = Date.now() / 1000 - 3600;
  utimesSync(path, hourAgo, hourAgo);
  const { heard } = watch(t, path);
  t.match(heard, [{ kind: 'down', reason: /is stale: process \d+ \(sleep\) began after the file/ }]);
  writeFileSync(path, String(child.pid));
  t.ok(await until(() => heard.at(-1)?.kind === 'responsive'), 'written anew it is right');
  utimesSync(path, Date.now() / 1000, hourAgo);
  await sleep(1500);
  t.same(kinds(heard), ['down', 'responsive', 'down'], 'and is judged anew when the file changes its time');
});

t.test('times', async (t) => {
  const wallMs = Date.UTC(2026, 0, 1);
  const hour = 3_600_000;
  const at = { uptimeMs: 10 * hour, wallMs, volatile: false };
  t.ok(mayMean({ ...at, startMs: 2 * hour, mtimeMs: wallMs - 8 * hour }));
  t.ok(mayMean({ ...at, startMs: 2 * hour, mtimeMs: wallMs - hour }), 'written late, or rewritten');
  t.notOk(mayMean({ ...at, startMs: 2 * hour, mtimeMs: wallMs - 9 * hour }), 'left by a crash, number reused');
  t.notOk(mayMean({ ...at, startMs: 2 * hour, mtimeMs: wallMs - 20 * hour }), 'left from before the boot, on a disk');
  t.ok(
    mayMean({ ...at, volatile: true, startMs: 2 * hour, mtimeMs: 1000 }),
    'in /run from 1970: the clock was set since',
  );
  t.notOk(mayMean({ ...at, volatile: true, startMs: 2 * hour, mtimeMs: wallMs - 9 * hour }), 'in /run from this boot');
});

t.test('stopped for the probe timeout is a hang; a short stop is none', async (t) => {
  const path = join(place(t), 'x.pid');
  const child = sleeper(t);
  writeFileSync(path, String(child.pid));
  const { heard } = watch(t, path);
  child.kill('SIGSTOP');
  await sleep(150);
  child.kill('SIGCONT');
  await sleep(300);
  t.same(kinds(heard), ['responsive']);
  child.kill('SIGSTOP');
  t.ok(await until(() => heard.length === 2));
  t.match(heard[1], { kind: 'unresponsive', reason: /is stopped, state T/ });
  child.kill('SIGCONT');
  t.ok(await until(() => heard.length === 3));
  t.equal(heard[2]?.kind, 'responsive');
  child.kill('SIGSTOP');
  t.ok(await until(() => heard.length === 4));
  child.kill('SIGKILL');
  // On a busy machine it is seen to run on before it is gone.
  t.ok(await until(() => heard.at(-1)?.kind === 'down'));
});

t.test('another process takes over', async (t) => {
  const path = join(place(t), 'x.pid');
  const [first, second] = [sleeper(t), sleeper(t)];
  writeFileSync(path, String(first.pid));
  const { heard } = watch(t, path);
  // Both are seen alive, and neither is younger than the last look.
  await sleep(250);
  writeFileSync(`${path}.new`, String(second.pid));
  renameSync(`${path}.new`, path);
  await sleep(300);
  t.same(kinds(heard), ['responsive'], 'a handover: both lived');
  first.kill('SIGKILL');
  await sleep(300);
  t.same(kinds(heard), ['responsive'], 'the former is nobody now');
  second.kill('SIGKILL');
  await sleep(30);
  writeFileSync(path, String(sleeper(t).pid));
  t.ok(await until(() => heard.length === 3));
  t.match(kinds(heard), ['responsive', 'down', 'responsive'], 'a restart is a death and a new life');
});

t.test('rewriting the file is no death; nonsense in it is no life', async (t) => {
  const path = join(place(t), 'x.pid');
  const child = sleeper(t);
  writeFileSync(path, `  ${child.pid}\nmore\n`);
  const { heard } = watch(t, path);
  t.equal(heard[0]?.kind, 'responsive');
  writeFileSync(path, '');
  await sleep(100);
  writeFileSync(path, String(child.pid));
  await sleep(100);
  t.same(kinds(heard), ['responsive']);
  for (const text of ['', 'soon', '0', '-1', '12x', '99999999999']) {
    writeFileSync(path, text);
    t.match(findByPidfile(path), { kind: 'unclear', reason: /no process id/ }, JSON.stringify(text));
  }
  t.match(watch(t, path).heard, [{ kind: 'down', reason: /no process id/ }]);
  t.match(findByPidfile(place(t)), { kind: 'none', reason: /EISDIR/ });
});
