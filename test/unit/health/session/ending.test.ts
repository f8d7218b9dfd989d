/**
 * A session that is told by the kernel that the process behind its socket is ending: at once, once,
 * and until it is answered.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { VTY } from '../../../../src/health/frr/dialect.js';
import { openHealth } from '../../../../src/health/open.js';
import { Session } from '../../../../src/health/session/session.js';
import { systemClock } from '../../../../src/host/clock.js';
import type { Verdict } from '../../../../src/model/daemon.js';
import { News } from '../fake-news.js';
import { directory, FakeVty, kinds, listen, obedient, sleep, until } from '../fake-vty.js';

/** What a closed socket says, by whether something had just been written to it. */
const BY_SOCKET = /^(?:end of file|EPIPE|ECONNRESET) on /;

async function scene(t: Test, news: News, servesItself = false) {
  const { path: root, remove } = directory();
  t.teardown(remove);
  const path = join(root, 'zebra.vty');
  const server = await new FakeVty().listen(path);
  t.teardown(() => server.die());
  const session = new Session({
    endpoint: { kind: 'unix', path },
    dialect: VTY,
    clock: systemClock,
    processes: news,
    probeIntervalMs: 20,
    probeTimeoutMs: 2000,
    permissionHint: '',
    servesItself,
    ageMs: () => 42,
  });
  t.teardown(() => session.close());
  const heard = listen(session);
  t.ok(await until(() => heard.at(-1)?.kind === 'responsive'));
  return { path, server, session, heard };
}

t.test('down within the call; who still accepts is no sign of life; its end of file says nothing more', async (t) => {
  const news = new News();
  const { server, session, heard } = await scene(t, news);
  t.equal(news.watching(), 1);
  // As a dying process: its listening socket accepts, and nobody reads.
  server.answering = () => undefined;
  news.tell('was ended by signal 9');
  t.same(kinds(heard), ['responsive', 'down']);
  t.match(heard[1]!.reason, new RegExp(`^process ${process.pid} \\(.+\\) was ended by signal 9$`));
  await t.rejects(session.ask('more'), /not connected/);
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
  // Another process listens: as seen from here the parent of this one, which is older than the
  // socket too.
  news.pid = process.ppid;
  const next = await new FakeVty(obedient).listen(path);
  t.teardown(() => next.die());
  t.ok(await until(() => heard.at(-1)?.kind === 'responsive'));
  t.equal(news.watching(process.ppid), 1);
});

t.test('several announcements are one death; a connection closed is watched no longer', async (t) => {
  const news = new News();
  const { server, session, heard } = await scene(t, news);
  const [listener] = news.listeners.get(process.pid)!;
  server.answering = () => undefined;
  listener!('was ended by signal 9', true);
  listener!('was ended by signal 9', true);
  t.same(kinds(heard), ['responsive', 'down']);
  session.close();
  listener!('was ended by signal 9', true);
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
    t.match(heard.at(-1)!.reason, BY_SOCKET);
  }
});

t.test(
  'a first thread that leaves in peace is no death: others may serve; its number is watched no longer',
  async (t) => {
    const news = new News();
    const { server, heard } = await scene(t, news);
    news.tell('has ended with status 0', false);
    t.equal(news.watching(), 0);
    news.tell('was ended by signal 9');
    await sleep(100);
    t.same(kinds(heard), ['responsive'], 'whoever has that number now');
    t.equal(server.connections, 1, 'the connection stands');
    server.die();
    t.ok(await until(() => heard.at(-1)?.kind === 'down'));
    t.match(heard.at(-1)!.reason, BY_SOCKET);
  },
);

t.test('news that come late, after calls that were refused, tell how it went', async (t) => {
  for (const [how, certain, orderly] of [
    ['was ended by signal 9', true, undefined],
    ['has ended with status 0', false, true],
  ] as const) {
    const news = new News();
    const { server, heard } = await scene(t, news);
    server.die();
    t.ok(await until(() => heard.at(-1)?.kind === 'down'));
    await sleep(100);
    t.same(kinds(heard), ['responsive', 'down']);
    news.tell(how, certain);
    t.same(kinds(heard), ['responsive', 'down', 'down']);
    t.match(heard.at(-1), { kind: 'down', reason: how });
    t.equal((heard.at(-1) as { orderly?: true }).orderly, orderly);
    t.equal(news.watching(), 0);
  }
});

t.test('news that are lost: the end of file', async (t) => {
  const news = new News();
  const { server, session, heard } = await scene(t, news);
  t.equal(news.watching(), 1);
  server.die();
  t.ok(await until(() => heard.at(-1)?.kind === 'down'));
  t.match(heard.at(-1)!.reason, BY_SOCKET);
  t.equal(news.watching(), 1, 'how it went may still be told');
  session.close();
  t.equal(news.watching(), 0);
});

t.test(
  'without a heartbeat: who is known to die is believed only after probe-timeout, a wrong alarm is over then',
  async (t) => {
    const { path: root, remove } = directory();
    t.teardown(remove);
    const path = join(root, 'x.sock');
    const server = await new FakeVty(() => undefined).listen(path);
    t.teardown(() => server.die());
    const news = new News();
    const health = openHealth(
      [{ kind: 'socket', endpoint: { kind: 'unix', path }, routeProtocols: [] }],
      { probeIntervalMs: 20, probeTimeoutMs: 600 },
      systemClock,
      news,
    );
    t.teardown(() => health.close());
    const heard: Verdict[] = [];
    health.start((_id, verdict) => heard.push(verdict));
    t.ok(await until(() => heard.at(-1)?.kind === 'responsive'));
    const toldMs = performance.now();
    news.tell('was ended by signal 9');
    t.equal(heard.at(-1)?.kind, 'down');
    t.ok(await until(() => heard.at(-1)?.kind === 'responsive'));
    t.ok(performance.now() - toldMs >= 590, 'it might have been writing its core');
    t.equal(news.watching(), 1, 'and its end counts again');
  },
);

t.test(
  'where no ends are announced: who has closed its socket and carries no mark of a signal has stopped',
  async (t) => {
    for (const servesItself of [true, false]) {
      const news = new News();
      news.live = false;
      const { path, server, heard } = await scene(t, news, servesItself);
      // As FRR does, the socket stays behind.
      for (const socket of server.sockets) socket.destroy();
      t.ok(await until(() => heard.at(-1)?.kind === 'down'));
      const down = heard.at(-1)!;
      t.match(
        down.reason,
        servesItself
          ? new RegExp(` on ${path}, process ${process.pid} \\(.+\\) ended by itself$`)
          : new RegExp(` on ${path}$`),
      );
      t.equal((down as { orderly?: true }).orderly, servesItself ? true : undefined);
      t.equal(news.watching(), 0, 'nothing more is to be told');
    }
  },
);

t.test(
  'where no ends are announced: a zombie with the mark of a signal has died, without it has stopped',
  async (t) => {
    for (const [ending, orderly] of [
      ['kill -KILL $$', undefined],
      ['kill -SEGV $$', undefined],
      ['exit 0', true],
    ] as const) {
      const news = new News();
      news.live = false;
      // Its parent reaps nothing.
      const parent = spawn('/bin/sh', ['-c', `exec 3<&0; sh -c 'read x; ${ending}' <&3 & echo $!; exec sleep 60`], {
        stdio: ['pipe', 'pipe', 'ignore'],
      });
      t.teardown(() => parent.kill('SIGKILL'));
      news.pid = Number(await new Promise((resolve) => parent.stdout.once('data', resolve)));
      const { server, heard } = await scene(t, news, true);
      parent.stdin.end('x\n');
      t.ok(await until(() => / Z /.test(readFileSync(`/proc/${news.pid}/stat`, 'latin1')), 15_000));
      for (const socket of server.sockets) socket.destroy();
      t.ok(await until(() => heard.at(-1)?.kind === 'down'));
      t.match(heard.at(-1)!.reason, orderly === true ? /ended by itself$/ : /was ended by a signal$/);
      t.equal((heard.at(-1) as { orderly?: true }).orderly, orderly);
    }
  },
);

t.test('where no ends are announced: who is gone when its socket closes counts as dead', async (t) => {
  const news = new News();
  news.live = false;
  const child = spawn('/bin/sleep', ['60']);
  news.pid = child.pid;
  const { server, heard } = await scene(t, news, true);
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  await gone;
  for (const socket of server.sockets) socket.destroy();
  t.ok(await until(() => heard.at(-1)?.kind === 'down'));
  t.match(heard.at(-1)!.reason, BY_SOCKET);
  t.equal((heard.at(-1) as { orderly?: true }).orderly, undefined);
});
