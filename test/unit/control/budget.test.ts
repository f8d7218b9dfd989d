/** What clients of the control socket may cost: each has a budget, and whoever waits for the loop is not kept waiting. */

import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { request } from '../../../src/control/client.js';
import type { Response } from '../../../src/control/protocol.js';
import { startControlServer } from '../../../src/control/server.js';
import { ClientSession } from '../../../src/control/session.js';
import { createTurns } from '../../../src/control/turns.js';
import { eventually } from '../../../src/drill/lab/wait.js';

const made = mkdtempSync(join(tmpdir(), 'br-budget-'));
t.teardown(() => rmSync(made, { recursive: true, force: true }));
const ASK = '{"command":"status"}\n';
/** As large as the status of a router with a few hundred destinations. */
const ANSWER: Response = { ok: true, message: 'x'.repeat(20_000) };

function server(
  t: { teardown(run: () => void): void },
  name: string,
): { readonly path: string; asked(): number; close(): void } {
  const path = join(made, name);
  let asked = 0;
  const control = startControlServer(
    path,
    async () => {
      asked++;
      return ANSWER;
    },
    (error) => {
      throw error;
    },
  );
  t.teardown(() => control.close());
  return { path, asked: () => asked, close: () => control.close() };
}

async function connected(t: { teardown(run: () => void): void }, path: string): Promise<Socket> {
  const socket = connect(path);
  socket.on('error', () => undefined);
  t.teardown(() => socket.destroy());
  await new Promise<void>((resolve) => socket.once('connect', () => resolve()));
  return socket;
}

t.test('requests without end from one who reads nothing: bounded memory, and others are answered', async (t) => {
  const { path, asked } = server(t, 'deaf');
  const deaf = await connected(t, path);
  deaf.pause();
  const flood = Buffer.from(ASK.repeat(3_000));
  const before = process.memoryUsage().rss;
  let written = 0;
  for (let i = 0; i < 500 && written < 500; i++) {
    if (deaf.write(flood)) written++;
    await new Promise(setImmediate);
  }
  const served = asked();
  t.ok(served < 100, `${served} of its requests are answered`);
  t.match(await request(path, { command: 'status' }), { ok: true }, 'another client');
  t.ok(process.memoryUsage().rss - before < 100 << 20, 'memory');
  deaf.resume();
  await eventually(() => asked() > 1_000, { what: 'it is answered once it reads' });
});

t.test('whatever the sizes and separators, the loop turns', async (t) => {
  const { path } = server(t, 'loop');
  const garbage = [
    '\n',
    ' \n',
    '{}\n',
    '[[[[[[[[\n',
    ASK,
    '\r\n',
    '\u0000\n',
    `${'x'.repeat(4000)}\n`,
    'x'.repeat(70_000),
  ];
  const sockets: Socket[] = [];
  for (let i = 0; i < 60; i++) {
    const socket = await connected(t, path);
    socket.resume();
    const piece = Buffer.from(garbage[i % garbage.length]!.repeat(20_000 / garbage[i % garbage.length]!.length + 1));
    const more = (): void => {
      for (let n = 0; n < 4; n++) if (!socket.destroyed) socket.write(piece);
    };
    socket.on('drain', more);
    more();
    sockets.push(socket);
  }
  // The clients are in this process too: what they do is measured by the same loop. So only the server's part is asked for.
  const turns: number[] = [];
  const until = performance.now() + 1_500;
  while (performance.now() < until) {
    const begin = performance.now();
    await new Promise(setImmediate);
    turns.push(performance.now() - begin);
  }
  turns.sort((a, b) => a - b);
  const median = turns[Math.floor(turns.length / 2)]!;
  t.ok(median < 10, `${turns.length} turns of ${median.toFixed(1)} ms`);
  for (const socket of sockets) socket.destroy();
  t.match(await request(path, { command: 'status' }), { ok: true });
});

t.test('the memory of what was read is free before any collection of garbage', async (t) => {
  const path = join(made, 'free');
  const chunks: Buffer[] = [];
  const sockets: Socket[] = [];
  let asked = 0;
  const turns = createTurns();
  const server = createServer({ pauseOnConnect: true, highWaterMark: 1 << 14 }, (socket) => {
    sockets.push(socket);
    // As Readable.push() has it, before any listener: also what nobody takes from the stream.
    const push = socket.push.bind(socket);
    socket.push = (chunk: Buffer | null, ...more) => {
      if (chunk !== null) chunks.push(chunk);
      return push(chunk, ...more);
    };
    new ClientSession(socket, () => (asked++, { ok: true, message: '' }), turns);
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  t.teardown(() => server.close());
  const held = (): number => chunks.filter(({ buffer }) => buffer.byteLength > 4096).length;

  const client = await connected(t, path);
  client.resume().write(ASK.repeat(1_000));
  await eventually(() => asked === 1_000 && held() === 0, { what: 'all answered, and freed' });
  t.ok(chunks.length > 0);
  client.write(ASK.slice(1));
  client.write(`${' '.repeat(1_000)}\n${ASK.slice(0, 5)}`);
  client.write(`${ASK.slice(5)}${ASK}`);
  await eventually(() => asked === 1_002, { what: 'what was cut between chunks is whole' });

  const greedy = await connected(t, path);
  greedy.pause().write(ASK.repeat(100_000));
  await eventually(() => held() >= 2, { what: 'chunks that wait: one is being answered, one was read ahead' });
  sockets[1]!.destroy();
  await eventually(() => held() === 0, { what: 'the end of a client frees both' });
});

t.test('more clients than there is room for: the newest is served', async (t) => {
  const { path } = server(t, 'many');
  let closed = 0;
  for (let i = 0; i < 100; i++) (await connected(t, path)).on('close', () => closed++).resume();
  await eventually(() => closed >= 36, { what: 'those that asked for nothing the longest to be closed' });
  t.match(await request(path, { command: 'status' }), { ok: true });
});

t.test('a turn has a budget, and everybody gets a piece', async (t) => {
  let now = 0;
  const turns = createTurns(() => now);
  const done: string[] = [];
  const work = (name: string, left: number) => (): void => {
    now += 0.5;
    done.push(name);
    if (left > 1) turns.add(work(name, left - 1));
  };
  for (const name of ['a', 'b', 'c']) turns.add(work(name, 3));
  await new Promise(setImmediate);
  t.equal(done.join(''), 'ab', 'a millisecond, and no more in this turn');
  await eventually(() => done.length === 9, { what: 'the rest' });
  t.equal(done.join(''), 'abcabcabc');
});

t.test('whatever it takes to answer is part of the budget, its text too', async (t) => {
  const path = join(made, 'costly');
  let written = 0;
  const message = {
    toJSON() {
      written++;
      for (const until = performance.now() + 1; performance.now() < until; );
      return '';
    },
  } as unknown as string;
  const control = startControlServer(
    path,
    () => ({ ok: true, message }),
    (error) => t.fail(error.message),
  );
  t.teardown(() => control.close());
  for (let i = 0; i < 20; i++) (await connected(t, path)).resume().write(ASK.repeat(5));
  let most = 0;
  for (let before = 0; written < 100; before = written) {
    await new Promise(setImmediate);
    most = Math.max(most, written - before);
  }
  t.ok(most <= 6, `${most} answers of a millisecond in one turn of the loop`);
});

t.test('an answer in pieces: made as it is read, in order, and others come in between', async (t) => {
  const path = join(made, 'gradual');
  const PIECES = 2_000;
  let begun = 0;
  const control = startControlServer(
    path,
    ({ command }) =>
      command === 'metrics'
        ? { ok: true, metrics: 'short' }
        : {
            *pieces() {
              yield '{"ok":true,"message":"';
              for (let i = 0; i < PIECES; i++) {
                begun++;
                yield i % 2 === 0 ? 'x'.repeat(1_000) : '';
              }
              return '"}\n';
            },
          },
    (error) => t.fail(error.message),
  );
  t.teardown(() => control.close());
  const slow = await connected(t, path);
  slow.pause();
  slow.write(`${ASK}{"command":"metrics"}\n`);
  await eventually(() => begun > 100, { what: 'it has begun' });
  t.match(await request(path, { command: 'metrics' }), { metrics: 'short' }, 'another client');
  for (let before = -1; before !== begun; ) {
    before = begun;
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  t.ok(begun < PIECES, `${begun} pieces wait for who reads nothing`);
  t.equal(((await request(path, { command: 'status' })) as { message: string }).message.length, (PIECES / 2) * 1_000);
  let text = '';
  slow.on('data', (chunk) => (text += String(chunk))).resume();
  await eventually(() => text.split('\n').length === 3, { what: 'both answers' });
  t.same(
    text
      .split('\n')
      .slice(0, 2)
      .map((line) => Object.keys(JSON.parse(line) as object)[1]),
    ['message', 'metrics'],
  );
});

t.test('who ends its own half with many requests has all their answers', async (t) => {
  const { path } = server(t, 'half');
  const socket = await connected(t, path);
  let text = '';
  let over = false;
  socket.on('data', (chunk) => (text += String(chunk))).on('close', () => (over = true));
  socket.end(ASK.repeat(500));
  await eventually(() => over, { what: 'the end' });
  t.equal(text.split('\n').length, 501);
});

t.test('a socket that was removed is opened anew, and connected clients stay', async (t) => {
  const path = join(made, 'renewed');
  const control = startControlServer(
    path,
    async () => ANSWER,
    (error) => t.fail(error.message),
  );
  t.teardown(() => control.close());
  const old = await connected(t, path);
  t.equal(control.present(), true);
  rmSync(path);
  t.equal(control.present(), false);
  control.renew();
  t.equal(control.present(), true);
  t.match(await request(path, { command: 'status' }), { ok: true });
  let text = '';
  old.on('data', (chunk) => (text += String(chunk)));
  old.write(ASK);
  await eventually(() => text.endsWith('\n'), { what: 'an answer to who was connected before' });
});
