/**
 * The life of a session against a server that behaves: appears, answers, dies, comes back, in every
 * kind of directory.
 */

import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { FakeClock } from '../fake-clock.js';
import { directory, FakeVty, kinds, listen, obedient, sleep, until, vtySession } from '../fake-vty.js';

function place(t: Test): string {
  const { path, remove } = directory();
  t.teardown(remove);
  return path;
}

t.test('no socket: down at once; then it appears and answers', async (t) => {
  const path = join(place(t), 'zebra.vty');
  const session = vtySession(path);
  t.teardown(() => session.close());
  const heard = listen(session);
  t.ok(await until(() => heard.length === 1));
  t.match(heard[0], { kind: 'down', reason: `no socket ${path}` });
  const server = await new FakeVty().listen(path);
  t.teardown(() => server.die());
  t.ok(await until(() => heard.length === 3));
  t.same(kinds(heard), ['down', 'appeared', 'responsive']);
  t.match(heard[2], { ageMs: 42 });
  await sleep(200);
  t.equal(heard.length, 3);
  t.ok(server.commands.length > 3 && server.commands.every((command) => command === 'echo ok'));
  t.equal(server.connections, 1, 'exactly one connection');
});

t.test('beside a daemon that runs, the first verdict is its answer', async (t) => {
  const path = join(place(t), 'zebra.vty');
  const server = await new FakeVty().listen(path);
  t.teardown(() => server.die());
  const session = vtySession(path);
  t.teardown(() => session.close());
  const heard = listen(session);
  t.ok(await until(() => heard.length > 0));
  t.same(kinds(heard), ['responsive']);
});

t.test('death is told inside the event, before those who wait for an answer hear of it', async (t) => {
  const path = join(place(t), 'zebra.vty');
  const server = await new FakeVty((command, socket) => {
    if (command === 'die') return server.die();
    socket.write('ok\0\0\0\0');
  }).listen(path);
  const session = vtySession(path);
  t.teardown(() => session.close());
  const order: string[] = [];
  session.start((verdict) => order.push(verdict.kind));
  t.ok(await until(() => order.length === 1));
  await session.ask('die').catch((error: Error) => order.push(error.message));
  t.same(order, ['responsive', 'down', `end of file on ${path}, which it had removed`]);
  await t.rejects(session.ask('more'), /not connected/);
});

t.test('a socket that is taken away before its end of file: a stop; one that is left behind: a death', async (t) => {
  for (const left of [false, true]) {
    const path = join(place(t), 'bird.ctl');
    const server = await new FakeVty().listen(path);
    t.teardown(() => server.die());
    const session = vtySession(path);
    t.teardown(() => session.close());
    const heard = listen(session);
    t.ok(await until(() => heard.length > 0));
    if (left) for (const socket of server.sockets) socket.destroy();
    else server.die();
    t.ok(await until(() => heard.length > 1));
    t.match(heard[1], left ? { kind: 'down', orderly: undefined } : { kind: 'down', orderly: true });
  }
});

t.test('end of file in the middle of an answer', async (t) => {
  const path = join(place(t), 'zebra.vty');
  const server = await new FakeVty((_command, socket) => socket.end('o')).listen(path);
  t.teardown(() => server.die());
  const session = vtySession(path);
  t.teardown(() => session.close());
  const heard = listen(session);
  t.ok(await until(() => heard.length > 0));
  t.match(heard[0], { kind: 'down', reason: /end of file/ });
  server.answering = (_command, socket) => socket.write('ok\0\0\0\0');
  t.ok(await until(() => heard.at(-1)?.kind === 'responsive'), 'and recovers');
});

t.test('a dying process that still accepts is not a sign of life', async (t) => {
  const path = join(place(t), 'zebra.vty');
  const server = await new FakeVty().listen(path);
  const session = vtySession(path);
  t.teardown(() => session.close());
  const heard = listen(session);
  t.ok(await until(() => heard.length === 1));
  // By a timer that is due before the session's own, however late the loop turns.
  const asked = new Promise<void>((resolve) => {
    server.answering = () => void setTimeout(() => resolve(server.die()), 20);
  });
  for (const socket of server.sockets) socket.destroy();
  await asked;
  await sleep(150);
  t.same(kinds(heard), ['responsive', 'down']);
});

t.test('directories come and go', async (t) => {
  const root = place(t);
  const dir = join(root, 'run', 'frr');
  const path = join(dir, 'zebra.vty');
  const session = vtySession(path);
  t.teardown(() => session.close());
  const heard = listen(session);
  t.ok(await until(() => heard.length === 1));
  for (let life = 0; life < 3; life++) {
    // Long enough for the back-off to reach its end: from here only inotify is quick.
    await sleep(1600);
    mkdirSync(dir, { recursive: true });
    await sleep(5);
    const server = await new FakeVty().listen(path);
    const listeningMs = performance.now();
    const from = heard.length;
    t.ok(await until(() => heard.slice(from).some((verdict) => verdict.kind === 'responsive')));
    const tookMs = performance.now() - listeningMs;
    t.ok(tookMs < 900, `life ${life}: found ${tookMs.toFixed(1)} ms after listen()`);
    server.die();
    t.ok(await until(() => heard.at(-1)?.kind === 'down'));
    rmSync(life % 2 === 0 ? join(root, 'run') : dir, { recursive: true });
  }
});

t.test('without any event the poll finds it, in virtual time', async (t) => {
  const path = join(place(t), 'zebra.vty');
  const clock = new FakeClock();
  const session = vtySession(path, { clock, probeIntervalMs: 1000, probeTimeoutMs: 10_000 });
  const heard = listen(session);
  t.ok(await until(() => heard.length === 1));
  // 1 + 2 + ... + 512 ms of back-off, then a try a second.
  for (let i = 0; i < 12; i++) {
    t.ok(await until(() => clock.pending >= 1), 'a retry is always due');
    clock.advance(1000);
  }
  t.same(kinds(heard), ['down'], 'the same refusal is told once');
  session.close();
  t.equal(clock.pending, 0, 'close leaves no timer');
});

t.test('who answers and hangs up is called once a second and told of once; who then stays is believed', async (t) => {
  const path = join(place(t), 'zebra.vty');
  const server = await new FakeVty((_command, socket) => void socket.end('ok\0\0\0\0')).listen(path);
  t.teardown(() => server.die());
  const session = vtySession(path);
  t.teardown(() => session.close());
  const heard = listen(session);
  const fromMs = performance.now();
  t.ok(await until(() => server.connections >= 8));
  const tookS = (performance.now() - fromMs) / 1000;
  t.ok(server.connections <= 6.4 * Math.max(2.5, tookS), `${server.connections} connections in ${tookS.toFixed(1)} s`);
  t.same(kinds(heard), ['responsive', 'down', 'responsive', 'down', 'responsive', 'down']);
  t.match(
    heard.at(-1)?.reason,
    /end of file .*, as on each recent connection: it counts again once a connection lasts 1 s$/,
  );
  server.answering = obedient;
  t.ok(await until(() => heard.length > 6));
  t.equal(heard.at(-1)?.kind, 'responsive');
  // The connection that stays may be there already.
  t.ok(performance.now() - fromMs >= 1000, 'not before it has lasted');
});
