/** A link that is told by the kernel that the process behind its socket is ending: at once, once, and until it is answered. */

import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { ProcessEvents } from '../../../src/core/ports.js';
import { SYSTEM_CLOCK } from '../../../src/health/clock.js';
import { VTY } from '../../../src/health/frr/vty.js';
import { Link } from '../../../src/health/link.js';
import { directory, FakeVty, kinds, listen, obedient, sleep, until } from './fake-vty.js';

/** The kernel of a test: this process listens, so this process is what dies. */
class News implements ProcessEvents {
  readonly live = true;
  readonly listeners = new Map<number, Set<(how: string) => void>>();
  pid: number | undefined = process.pid;

  peer(): number | undefined {
    return this.pid;
  }

  watch(pid: number, listener: (how: string) => void): () => void {
    const all = this.listeners.get(pid) ?? new Set();
    this.listeners.set(pid, all.add(listener));
    return () => void all.delete(listener);
  }

  tell(how: string): void {
    for (const listener of [...(this.listeners.get(process.pid) ?? [])]) listener(how);
  }

  watching(pid = process.pid): number {
    return this.listeners.get(pid)?.size ?? 0;
  }

  close(): void {}
}

async function scene(t: Test, news: News) {
  const { path: root, remove } = directory();
  t.teardown(remove);
  const path = join(root, 'zebra.vty');
  const server = await new FakeVty().listen(path);
  t.teardown(() => server.die());
  const link = new Link({ endpoint: { kind: 'unix', path }, dialect: VTY, clock: SYSTEM_CLOCK, processes: news, probeIntervalMs: 20, probeTimeoutMs: 2000, permissionHint: '', ageMs: () => 42 });
  t.teardown(() => link.close());
  const heard = listen(link);
  t.ok(await until(() => heard.at(-1)?.kind === 'responsive'));
  return { path, server, link, heard };
}

t.test('down within the call; who still accepts is no sign of life; its end of file says nothing more', async (t) => {
  const news = new News();
  const { server, link, heard } = await scene(t, news);
  t.equal(news.watching(), 1);
  // As a dying process: its listening socket accepts, and nobody reads.
  server.answering = () => undefined;
  news.tell('was ended by signal 9');
  t.same(kinds(heard), ['responsive', 'down']);
  t.match(heard[1]!.reason, new RegExp(`^process ${process.pid} \\(.+\\) was ended by signal 9$`));
  await t.rejects(link.ask('more'), /not connected/);
  t.equal(news.watching(), 0);
  t.ok(await until(() => server.connections === 2), 'and it is called again');
  await sleep(250);
  t.same(kinds(heard), ['responsive', 'down'], 'longer than any throes');
  t.equal(news.watching(), 0, 'its other threads tell nothing new');
  server.die();
  await sleep(50);
  t.same(kinds(heard), ['responsive', 'down']);
});

t.test('a wrong alarm: the next answer takes it back, and the news counts again', async (t) => {
  const news = new News();
  const { heard } = await scene(t, news);
  news.tell('was ended by signal 9');
  t.ok(await until(() => heard.length === 3));
  t.same(kinds(heard), ['responsive', 'down', 'responsive']);
  t.equal(news.watching(), 1);
  news.tell('crashed');
  t.same(kinds(heard), ['responsive', 'down', 'responsive', 'down']);
});

t.test('a new life: the former process is forgotten', async (t) => {
  const news = new News();
  const { path, server, heard } = await scene(t, news);
  server.answering = () => undefined;
  news.tell('was ended by signal 9');
  server.die();
  // Another process listens: as seen from here the parent of this one, which is older than the socket too.
  news.pid = process.ppid;
  const next = await new FakeVty(obedient).listen(path);
  t.teardown(() => next.die());
  t.ok(await until(() => heard.at(-1)?.kind === 'responsive'));
  t.equal(news.watching(process.ppid), 1);
});

t.test('several announcements are one death; a connection closed is watched no longer', async (t) => {
  const news = new News();
  const { server, link, heard } = await scene(t, news);
  const [listener] = news.listeners.get(process.pid)!;
  server.answering = () => undefined;
  listener!('was ended by signal 9');
  listener!('was ended by signal 9');
  t.same(kinds(heard), ['responsive', 'down']);
  link.close();
  listener!('was ended by signal 9');
  t.same(kinds(heard), ['responsive', 'down']);
  t.equal(news.watching(), 0);
});

t.test('a peer that cannot be told, or that has no /proc any more, is watched by its end of file', async (t) => {
  for (const pid of [undefined, 0, 0x3ffffe]) {
    const news = new News();
    news.pid = pid;
    const { server, heard } = await scene(t, news);
    t.equal(news.listeners.size, 0);
    server.die();
    t.ok(await until(() => heard.at(-1)?.kind === 'down'));
    t.match(heard.at(-1)!.reason, 'end of file');
  }
});
