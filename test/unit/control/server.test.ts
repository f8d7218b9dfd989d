/** The control socket towards those who follow: what they get, when they are dropped, and that nobody keeps the server from closing. */

import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { subscribe } from '../../../src/control/client.js';
import type { Response } from '../../../src/control/protocol.js';
import { type ControlServer, startControlServer } from '../../../src/control/server.js';
import { eventually } from '../../../src/drill/lab/wait.js';

const made = mkdtempSync(join(tmpdir(), 'br-control-'));
t.teardown(() => rmSync(made, { recursive: true, force: true }));

interface Following {
  readonly path: string;
  readonly server: ControlServer;
  readonly senders: Set<(response: Response) => void>;
}

/** A server whose every answer goes on. */
function following(t: { teardown(run: () => void): void }, name: string): Following {
  const path = join(made, name);
  const senders = new Set<(response: Response) => void>();
  const answer = async (): Promise<{
    readonly follow: (send: (response: Response) => void) => () => void;
  }> => ({
    follow(send) {
      senders.add(send);
      send({ ok: true, message: 'first' });
      return () => senders.delete(send);
    },
  });
  const server = startControlServer(path, answer, (error) => {
    throw error;
  });
  t.teardown(() => server.close());
  return { path, server, senders };
}

async function connected(path: string): Promise<Socket> {
  const socket = await eventually(
    () =>
      new Promise<Socket>((resolve, reject) => {
        const one = connect(path, () => resolve(one));
        one.on('error', reject);
      }),
    { what: 'the server' },
  );
  socket.on('error', () => undefined);
  return socket;
}

t.test('a line for each piece of news, until either side ends', async (t) => {
  const { path, server, senders } = following(t, 'news');
  await (await connected(path)).destroy();
  const heard: string[] = [];
  const ends: string[] = [];
  const stop = subscribe(
    path,
    { command: 'status', follow: true },
    (response) => void heard.push('message' in response ? response.message : '?'),
    (why) => void ends.push(`${why.exitStatus} ${why.message}`),
  );
  await eventually(() => heard.length === 1, { what: 'the first line' });
  for (const send of senders) send({ ok: true, message: 'second' });
  await eventually(() => heard.length === 2, { what: 'the second line' });
  t.same(heard, ['first', 'second']);
  stop();
  await eventually(() => senders.size === 0, { what: 'the server notices' });
  t.same(ends, [], 'who stops is not told that it stopped');

  subscribe(
    path,
    { command: 'status', follow: true },
    () => undefined,
    (why) => void ends.push(`${why.exitStatus} ${why.message}`),
  );
  await eventually(() => senders.size === 1, { what: 'the second follower' });
  server.close();
  await eventually(() => ends.length === 1, { what: 'the end' });
  t.match(ends, [/^69 .*hung up/]);
  subscribe(
    path,
    { command: 'status', follow: true },
    () => undefined,
    (why) => void ends.push(`${why.exitStatus} ${why.message}`),
  );
  await eventually(() => ends.length === 2, { what: 'nobody there' });
  t.match(ends[1], /^69 .*does not run/);
});

t.test('one follower for each connection', async (t) => {
  const { path, senders } = following(t, 'again');
  const socket = await connected(path);
  t.teardown(() => socket.destroy());
  let text = '';
  socket.on('data', (chunk) => (text += String(chunk)));
  for (let i = 1; i <= 3; i++) {
    socket.write('{"command":"status","follow":true}\n');
    await eventually(() => text.split('first').length === i + 1, { what: `answer ${i}` });
  }
  t.equal(senders.size, 1, 'the last one takes the place of those before');
});

t.test('who does not read is dropped; others are not', async (t) => {
  const { path, senders } = following(t, 'slow');
  const slow = await connected(path);
  let closed = false;
  slow.on('close', () => (closed = true));
  slow.pause();
  slow.write('{"command":"status","follow":true}\n');
  let heard = 0;
  const stop = subscribe(
    path,
    { command: 'status', follow: true },
    () => void heard++,
    () => undefined,
  );
  t.teardown(stop);
  await eventually(() => senders.size === 2, { what: 'both' });
  const line: Response = { ok: true, message: 'x'.repeat(50_000) };
  let sent = 0;
  while (senders.size === 2 && sent < 200) {
    for (const send of senders) send(line);
    sent++;
    await new Promise(setImmediate);
  }
  t.ok(sent > 20 && sent < 200, `dropped after ${sent} lines of 50 kB`);
  t.equal(senders.size, 1);
  await eventually(() => heard === sent + 1, { what: `all ${sent + 1} lines for the other, not ${heard}` });
  slow.resume();
  await eventually(() => closed, { what: 'its end' });
});

t.test('a path that no socket can have, and a directory that goes away: told, and nothing else', async (t) => {
  const errors: string[] = [];
  const answer = async (): Promise<Response> => ({ ok: true, message: '' });
  const start = (path: string): void => {
    const server = startControlServer(path, answer, (error) => errors.push(error.message));
    t.teardown(() => server.close());
  };
  const long = join(made, 'x'.repeat(108));
  start(long);
  t.match(errors, [/longer than the 107 bytes of a unix socket's path/]);
  t.notOk(existsSync(long.slice(0, 107)) || existsSync(long), 'nor is there one with half the name');
  const gone = join(made, 'gone');
  start(join(gone, 'socket'));
  rmSync(gone, { recursive: true });
  await eventually(() => errors.length === 2, { what: 'the error' });
  t.match(errors[1], /ENOENT.*chmod/);
});

t.test('an order whose client has gone is not carried out; one who only ends its own half is answered', async (t) => {
  const path = join(made, 'gone');
  const done: string[] = [];
  const server = startControlServer(
    path,
    async (request) => {
      done.push(request.command);
      return { ok: true, message: 'done' };
    },
    (error) => {
      throw error;
    },
  );
  t.teardown(() => server.close());
  const gone = await connected(path);
  gone.write('{"command":"hold","durationMs":1000}\n');
  gone.destroy();
  const half = await connected(path);
  const heard: string[] = [];
  half.on('data', (chunk) => heard.push(String(chunk)));
  half.end('{"command":"role","role":"standby"}\n');
  await eventually(() => heard.length === 1, { what: 'the answer' });
  t.same(done, ['role']);
});
