/** inotify at a path whose directories come, go, are replaced or change without pause. */

import { appendFileSync, mkdirSync, renameSync, rmdirSync, rmSync, watch as watchFiles, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import t, { type Test } from 'tap';
import { type Clock, systemClock } from '../../../src/host/clock.js';
import { PathWatch } from '../../../src/host/path-watch.js';
import { FakeClock } from '../health/fake-clock.js';
import { directory, sleep, until } from '../health/fake-vty.js';

function watchIn(t: Test, ...parts: readonly string[]) {
  return watchBeside(t, [], systemClock, ...parts);
}

/** In a directory that has these files. */
function watchBeside(t: Test, files: readonly string[], clock: Clock, ...parts: readonly string[]) {
  const { path: root, remove } = directory();
  for (const file of files) writeFileSync(join(root, file), '');
  const path = join(root, ...parts);
  let events = 0;
  const watch = new PathWatch(path, () => events++, clock);
  t.teardown(() => {
    watch.close();
    remove();
  });
  return { root, path, watch, count: () => events };
}

t.test('sees its own path, not its neighbours', async (t) => {
  const { root, path, count } = watchIn(t, 'x.vty');
  writeFileSync(join(root, 'y.vty'), '');
  await sleep(50);
  t.equal(count(), 0);
  writeFileSync(path, '');
  t.ok(await until(() => count() > 0));
});

t.test('climbs down as directories are made, up as they are removed', async (t) => {
  const { root, path, count } = watchIn(t, 'a', 'b', 'x.vty');
  for (let round = 0; round < 3; round++) {
    mkdirSync(join(root, 'a'));
    await sleep(10);
    mkdirSync(join(root, 'a', 'b'));
    await sleep(10);
    const before = count();
    writeFileSync(path, '');
    t.ok(await until(() => count() > before), `round ${round}`);
    rmSync(join(root, 'a'), { recursive: true });
    await sleep(10);
  }
});

t.test('a directory removed and made again between two turns of the loop, perhaps with the same inode', async (t) => {
  const { root, path, count } = watchIn(t, 'run', 'x.vty');
  mkdirSync(join(root, 'run'));
  t.ok(await until(() => count() > 0));
  for (let round = 0; round < 5; round++) {
    rmdirSync(join(root, 'run'));
    mkdirSync(join(root, 'run'));
    await sleep(30);
    const before = count();
    writeFileSync(path, '');
    t.ok(await until(() => count() > before), `round ${round}`);
    rmSync(path);
    await sleep(10);
  }
});

t.test('what inotify cannot see, rearm finds', async (t) => {
  const { root, path, watch, count } = watchIn(t, 'a', 'b', 'x.vty');
  mkdirSync(join(root, 'other', 'b'), { recursive: true });
  mkdirSync(join(root, 'a', 'b'), { recursive: true });
  t.ok(await until(() => count() > 0));
  // A renamed grandparent: nothing happens to the directory watched.
  renameSync(join(root, 'a'), join(root, 'gone'));
  renameSync(join(root, 'other'), join(root, 'a'));
  t.equal(watch.rearm(), true);
  t.equal(watch.rearm(), false);
  const before = count();
  writeFileSync(path, '');
  t.ok(await until(() => count() > before));
});

t.test('closed is closed', async (t) => {
  const { path, watch, count } = watchIn(t, 'x.vty');
  watch.close();
  writeFileSync(path, '');
  await sleep(30);
  t.equal(count(), 0);
  t.equal(watch.rearm(), false);
});

/** Changes a file so often, each time as an event of its own, and waits until all events were delivered. */
async function storm(path: string, changes: number): Promise<void> {
  let heard = 0;
  // inotify delivers the events of a directory to all its watches in order.
  const witness = watchFiles(dirname(path), (_event, name) => {
    if (name === basename(path)) heard++;
  });
  for (let i = 1; i <= changes; i++) {
    const before = heard;
    appendFileSync(path, 'x');
    if (!(await until(() => heard > before))) throw new Error(`change ${i} was not heard of`);
  }
  witness.close();
}

t.test('a file that is written without pause: at once, then one report each 100 ms', async (t) => {
  const clock = new FakeClock();
  const { path, watch, count } = watchBeside(t, ['x.vty'], clock, 'x.vty');
  await storm(path, 1);
  t.equal(count(), 1, 'the first one is not delayed');
  await storm(path, 50);
  t.equal(count(), 20, 'what a daemon that starts causes is not delayed either');
  t.equal(clock.pending, 1);
  t.equal(watch.rearm(), false, 'a poll of the caller does not end the pause');
  clock.advance(99);
  t.equal(count(), 20);
  clock.advance(1);
  t.equal(count(), 21, 'what happened in the pause is reported at its end');
  for (let pauses = 1; pauses <= 3; pauses++) {
    await storm(path, 10);
    t.equal(count(), 20 + pauses);
    clock.advance(100);
    t.equal(count(), 21 + pauses);
  }
  clock.advance(100);
  t.equal(count(), 24, 'nothing happened since');
  await storm(path, 3);
  t.equal(count(), 27, 'calm again: at once');
});

t.test('neighbours of the path that are written without pause', async (t) => {
  const clock = new FakeClock();
  const { root, path, watch, count } = watchBeside(t, ['other'], clock, 'x.vty');
  await storm(join(root, 'other'), 30);
  t.equal(count(), 0);
  t.equal(clock.pending, 1, 'a pause');
  writeFileSync(path, '');
  clock.advance(100);
  t.equal(count(), 1, 'the path itself changed in the pause');
  watch.close();
  t.equal(clock.pending, 0);
});
