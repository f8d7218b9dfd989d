/**
 * A process by its name or pid file, of which the kernel says that it is ending while /proc still
 * shows it alive.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { openHealth } from '../../../src/health/open.js';
import { systemClock } from '../../../src/host/clock.js';
import type { RoutingDaemon } from '../../../src/model/config.js';
import type { Verdict } from '../../../src/model/daemon.js';
import { News } from './fake-news.js';
import { directory, kinds, sleep, until } from './fake-vty.js';

let programs = 0;

/** A program that does nothing, under a name of its own, and how to run it. */
function program(t: Test) {
  const { path, remove } = directory();
  t.teardown(remove);
  const name = `hle${process.pid}${String.fromCharCode(97 + programs++)}`;
  copyFileSync('/bin/sleep', join(path, name));
  const run = async (): Promise<ChildProcess> => {
    const child = spawn(join(path, name), ['600'], { stdio: 'ignore' });
    t.teardown(() => child.kill('SIGKILL'));
    await once(child, 'spawn');
    // Start times have a grain of 10 ms.
    await sleep(30);
    return child;
  };
  return { path, name, run };
}

function watch(t: Test, daemon: RoutingDaemon, news: News, probeIntervalMs = 100) {
  const health = openHealth([daemon], { probeIntervalMs, probeTimeoutMs: 2000 }, systemClock, news);
  t.teardown(() => health.close());
  const heard: Verdict[] = [];
  health.start((_id, verdict) => heard.push(verdict));
  return { health, heard };
}

t.test('by name: down within the call, told once, and /proc does not bring it back', async (t) => {
  const news = new News();
  const { name, run } = program(t);
  const child = await run();
  const { heard } = watch(t, { kind: 'process', name, routeProtocols: [] }, news);
  t.same(kinds(heard), ['responsive']);
  t.equal(news.watching(child.pid), 1);
  // The child lives, as one that gives its memory back does.
  news.tell('was ended by signal 9', true, child.pid);
  t.match(heard, [
    { kind: 'responsive' },
    { kind: 'down', reason: `process ${child.pid} (${name}) was ended by signal 9` },
  ]);
  t.equal(news.watching(child.pid), 0);
  await sleep(350);
  t.same(heard.filter(({ kind }) => kind === 'responsive').length, 1, 'several looks later');
  const next = await run();
  t.ok(await until(() => heard.at(-1)?.kind === 'responsive'), 'another one is another life');
  t.match(heard.at(-1)!.reason, String(next.pid));
  t.equal(news.watching(next.pid), 1);
});

t.test('by name: another that was there before takes its place without a word', async (t) => {
  const news = new News();
  const { name, run } = program(t);
  const first = await run();
  const second = await run();
  const { heard } = watch(t, { kind: 'process', name, routeProtocols: [] }, news);
  t.match(heard.at(-1)!.reason, String(first.pid));
  news.tell('was ended by signal 9', true, first.pid);
  t.same(kinds(heard), ['responsive']);
  t.equal(news.watching(second.pid), 1);
  news.tell('crashed', true, second.pid);
  t.match(heard.at(-1), { kind: 'down', reason: `process ${second.pid} (${name}) crashed` });
});

t.test('by pid file: down within the call, though the file still names it', async (t) => {
  const news = new News();
  const { path, run } = program(t);
  const child = await run();
  const file = join(path, 'x.pid');
  writeFileSync(file, `${child.pid}\n`);
  const { heard } = watch(t, { kind: 'pidfile', path: file, routeProtocols: [] }, news);
  news.tell('crashed', true, child.pid);
  t.same(kinds(heard), ['responsive', 'down']);
  t.match(heard[1]!.reason, /crashed$/);
  await sleep(350);
  t.notOk(kinds(heard).slice(2).includes('responsive'));
});

t.test('the first thread ends peacefully: no death, and the look goes on', async (t) => {
  const news = new News();
  const { name, run } = program(t);
  const child = await run();
  const { heard } = watch(t, { kind: 'process', name, routeProtocols: [] }, news);
  news.tell('exited with status 0', false, child.pid);
  await sleep(250);
  t.same(kinds(heard), ['responsive']);
  child.kill('SIGKILL');
  t.ok(await until(() => heard.at(-1)?.kind === 'down'));
});

t.test('news that are lost, and news that there are none: the look', async (t) => {
  for (const [live, probeIntervalMs] of [
    [true, 100],
    [false, 60_000],
  ] as const) {
    const news = new News();
    news.live = live;
    const { name, run } = program(t);
    const child = await run();
    const { heard } = watch(t, { kind: 'process', name, routeProtocols: [] }, news, probeIntervalMs);
    child.kill('SIGKILL');
    t.ok(await until(() => heard.at(-1)?.kind === 'down'), live ? 'each probe-interval' : 'each 100 ms');
    t.equal(news.watching(child.pid), 0);
  }
});

t.test('closed: nothing is watched and nothing told', async (t) => {
  const news = new News();
  const { name, run } = program(t);
  const child = await run();
  const { health, heard } = watch(t, { kind: 'process', name, routeProtocols: [] }, news);
  const [listener] = news.listeners.get(child.pid!)!;
  health.close();
  t.equal(news.watching(child.pid), 0);
  listener!('was ended by signal 9', true);
  t.same(kinds(heard), ['responsive']);
});
