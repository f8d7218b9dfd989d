/** Silence and nonsense: what is there but does not answer, or not with an answer. */

import { spawn } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { FakeClock } from '../fake-clock.js';
import { directory, FakeVty, kinds, listen, obedient, sleep, until, vtySession } from '../fake-vty.js';

function place(t: Test): string {
  const { path, remove } = directory();
  t.teardown(remove);
  return join(path, 'zebra.vty');
}

const mute = (): undefined => undefined;

t.test('a connection alone proves nothing; the late answer on the same connection does', async (t) => {
  const path = place(t);
  const server = await new FakeVty(mute).listen(path);
  t.teardown(() => server.die());
  const clock = new FakeClock();
  const session = vtySession(path, { clock, probeIntervalMs: 1000, probeTimeoutMs: 10_000 });
  t.teardown(() => session.close());
  const heard = listen(session);
  t.ok(await until(() => server.commands.length === 1));
  clock.advance(9_999);
  await sleep(5);
  t.same(heard, [], 'not yet');
  clock.advance(1);
  t.ok(await until(() => heard.length === 1));
  t.match(heard[0], { kind: 'unresponsive', reason: `no answer on ${path} for 10000 ms` });
  clock.advance(60_000);
  await sleep(5);
  t.equal(heard.length, 1, 'told once');
  t.equal(server.commands.length, 1, 'and nothing more is sent to somebody who does not read');
  for (const socket of server.sockets) socket.write('ok\n\0\0\0\0');
  t.ok(await until(() => heard.length === 2));
  t.same(kinds(heard), ['unresponsive', 'responsive']);
  t.equal(server.connections, 1);
  clock.advance(1000);
  t.ok(await until(() => server.commands.length === 2), 'the heartbeat goes on');
});

t.test('answers that take long, but less than the timeout, are life', async (t) => {
  const path = place(t);
  const server = await new FakeVty((command, socket) => void setTimeout(() => obedient(command, socket), 80)).listen(
    path,
  );
  t.teardown(() => server.die());
  const session = vtySession(path, { probeTimeoutMs: 300 });
  t.teardown(() => session.close());
  const heard = listen(session);
  t.ok(await until(() => server.commands.length >= 6));
  t.same(kinds(heard), ['responsive']);
});

t.test('an answer that waits while this process itself was stopped counts', async (t) => {
  const path = place(t);
  const clock = new FakeClock();
  const server = await new FakeVty().listen(path);
  t.teardown(() => server.die());
  const session = vtySession(path, { clock, probeIntervalMs: 1000, probeTimeoutMs: 10_000 });
  t.teardown(() => session.close());
  const heard = listen(session);
  t.ok(await until(() => heard.length === 1));
  server.answering = mute;
  clock.advance(1000);
  t.ok(await until(() => server.commands.length === 2));
  // In one turn of the loop: the answer reaches the socket's buffer, and the timer fires before it
  // is read.
  for (const socket of server.sockets) socket.write('ok\0\0\0\0');
  clock.advance(20_000);
  await sleep(20);
  t.same(kinds(heard), ['responsive']);
});

t.test('a question keeps the heartbeat: its answer is a sign of life, its silence a hang', async (t) => {
  const path = place(t);
  const server = await new FakeVty((command, socket) =>
    command === 'stall' ? undefined : obedient(command, socket),
  ).listen(path);
  t.teardown(() => server.die());
  const session = vtySession(path);
  t.teardown(() => session.close());
  const heard = listen(session);
  t.ok(await until(() => heard.length === 1));
  t.equal((await session.ask('echo question')).text, 'question\n');
  await t.rejects(session.ask('stall'), /'stall' within 150 ms/);
  t.ok(await until(() => heard.length === 2));
  t.equal(heard[1]?.kind, 'unresponsive');
});

const nonsense: readonly (readonly [string, string | Buffer])[] = [
  ['garbage', 'a\0b\0c'],
  ['a banner nobody asked for', 'hello\0\0\0\0ok\0\0\0\0'],
  ['another answer', 'FRRouting\0\0\0\0'],
  ['an answer of 8 MB', Buffer.alloc(8 << 20, 'x')],
];
for (const [name, bytes] of nonsense) {
  t.test(`${name}: reconnect, a hang if it goes on, life when it ends`, async (t) => {
    const path = place(t);
    const server = await new FakeVty((_command, socket) => void socket.write(bytes)).listen(path);
    t.teardown(() => server.die());
    const session = vtySession(path);
    t.teardown(() => session.close());
    const heard = listen(session);
    t.ok(await until(() => heard.some((verdict) => verdict.kind === 'unresponsive')));
    t.ok(await until(() => server.connections > 1), 'it connects again');
    t.ok(server.connections < 20, `${server.connections} connections, with back-off`);
    t.ok(server.sockets.size <= 2, 'old ones are closed');
    server.answering = obedient;
    t.ok(await until(() => heard.at(-1)?.kind === 'responsive'));
    t.same(kinds(heard), ['unresponsive', 'responsive']);
  });
}

t.test('a full backlog is a hang, not a death; it ends when somebody accepts', async (t) => {
  const path = place(t);
  const script = `require('net').createServer((s) => { s.on('error', () => {}); s.on('data', () => s.write('ok\\0\\0\\0\\0')); })
    .listen({ path: ${JSON.stringify(path)}, backlog: 1 }, () => process.stdout.write('up'))`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const fillers: Socket[] = [];
  t.teardown(() => {
    for (const socket of fillers) socket.destroy();
    child.kill('SIGKILL');
  });
  await new Promise((resolve) => child.stdout.once('data', resolve));
  child.kill('SIGSTOP');
  await sleep(50);
  let full = '';
  for (let i = 0; i < 10 && full === ''; i++) {
    full = await new Promise<string>((resolve) => {
      const socket = connect({ path }, () => resolve(''));
      socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''));
      fillers.push(socket);
    });
  }
  t.equal(full, 'EAGAIN', 'unix(7)');
  const session = vtySession(path);
  t.teardown(() => session.close());
  const heard = listen(session);
  t.ok(await until(() => heard.length === 1));
  t.equal(heard[0]?.kind, 'unresponsive');
  child.kill('SIGCONT');
  t.ok(await until(() => heard.length === 2));
  t.equal(heard[1]?.kind, 'responsive');
});

t.test('a socket file that nobody listens on, and a file that is no socket', async (t) => {
  const path = place(t);
  writeFileSync(path, '');
  const session = vtySession(path);
  t.teardown(() => session.close());
  const heard = listen(session);
  t.ok(await until(() => heard.length === 1));
  t.match(heard[0], { kind: 'down', reason: `nobody listens on ${path}` });
});

t.test('no permission is down, with the remedy, and is news even after another down', async (t) => {
  // Root has every permission, so it becomes somebody else meanwhile; anybody else takes away what is its own.
  const root = process.geteuid?.() === 0;
  const become = (uid: number): void => void (root && process.seteuid?.(uid));
  const path = place(t);
  chmodSync(join(path, '..'), 0o755);
  const session = vtySession(path);
  t.teardown(() => session.close());
  become(65534);
  t.teardown(() => become(0));
  const heard = listen(session);
  t.ok(await until(() => heard.length === 1));
  become(0);
  const server = new FakeVty();
  t.teardown(() => server.die());
  const listening = server.listen(path);
  chmodSync(path, root ? 0o700 : 0);
  become(65534);
  await listening;
  t.ok(await until(() => heard.length === 2));
  t.match(heard[1], { kind: 'down', reason: /no permission.*counts as down: join the group/ });
  become(0);
  chmodSync(path, 0o777);
  t.ok(await until(() => heard.at(-1)?.kind === 'responsive'), 'a change of mode is an event too');
});
