/** inotify at a path whose directories come, go and are replaced. */

import { mkdirSync, renameSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { PathWatch } from '../../../src/host/path-watch.js';
import { directory, sleep, until } from '../health/fake-vty.js';

function watchIn(t: Test, ...parts: readonly string[]) {
  const { path: root, remove } = directory();
  const path = join(root, ...parts);
  let events = 0;
  const watch = new PathWatch(path, () => events++);
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
    t.ok(await until(() => count() > before, 500), `round ${round}`);
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
    t.ok(await until(() => count() > before, 500), `round ${round}`);
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
  t.ok(await until(() => count() > before, 500));
});

t.test('closed is closed', async (t) => {
  const { path, watch, count } = watchIn(t, 'x.vty');
  watch.close();
  writeFileSync(path, '');
  await sleep(30);
  t.equal(count(), 0);
  t.equal(watch.rearm(), false);
});
