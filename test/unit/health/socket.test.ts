/**
 * The generic socket adapter: a connection that lasts is life, its end is death; unix and loopback
 * TCP.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { openHealth } from '../../../src/health/open.js';
import { calledItself, type Endpoint } from '../../../src/health/session/endpoint.js';
import type { Verdict } from '../../../src/model/daemon.js';
import { prefix } from '../../../src/model/prefix.js';
import { directory, kinds, sleep, until } from './fake-vty.js';

const TIMING = { probeIntervalMs: 50, probeTimeoutMs: 400 };

function watch(t: Test, endpoint: Endpoint) {
  const health = openHealth([{ kind: 'socket', endpoint, routeProtocols: [99] }], TIMING);
  t.teardown(() => health.close());
  const heard: Verdict[] = [];
  health.start((_id, verdict) => heard.push(verdict));
  return { health, heard };
}

interface Served {
  readonly server: Server;
  readonly sockets: Set<Socket>;
  die(): void;
}

async function serve(
  where: { path: string } | { host: string; port: number },
  onSocket: (socket: Socket) => void = () => undefined,
): Promise<Served> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    onSocket(socket);
  }).listen(where);
  await once(server, 'listening');
  return {
    server,
    sockets,
    die: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** A loopback port that was free a moment ago. */
async function freePort(): Promise<number> {
  const { server, die } = await serve({ host: '127.0.0.1', port: 0 });
  const { port } = server.address() as AddressInfo;
  die();
  await once(server, 'close');
  return port;
}

t.test('names, protocols, and a yes to every prefix', async (t) => {
  const unix = watch(t, { kind: 'unix', path: '/nonexistent/x.sock' });
  t.same(unix.health.watched, [{ id: 'socket//nonexistent/x.sock', protocols: [99] }]);
  t.same(await unix.health.holds([prefix('10.0.0.0', 8), prefix('::', 0)]), [true, true]);
  t.equal(watch(t, { kind: 'tcp', host: '::1', port: 9 }).health.watched[0]?.id, 'socket/[::1]:9');
});

t.test('unix: comes, is believed after it has lasted, goes, comes back', async (t) => {
  const { path: root, remove } = directory();
  t.teardown(remove);
  const path = join(root, 'x.sock');
  const { heard } = watch(t, { kind: 'unix', path });
  t.ok(await until(() => heard.length === 1));
  t.match(heard[0], { kind: 'down', reason: `no socket ${path}` });
  for (let life = 1; life <= 3; life++) {
    // Data that nobody asked for is read and forgotten.
    const served = await serve({ path }, (socket) => void socket.write('hello\n'.repeat(100_000)));
    const listeningMs = performance.now();
    t.ok(await until(() => heard.at(-1)?.kind === 'responsive'));
    const tookMs = performance.now() - listeningMs;
    t.ok(tookMs >= 95 && tookMs < 5_000, `life ${life}: believed after ${tookMs.toFixed(0)} ms`);
    t.match(heard.at(-1)?.reason, /no heartbeat/);
    await sleep(2 * TIMING.probeTimeoutMs);
    t.equal(heard.at(-1)?.kind, 'responsive', 'silence is no fault where nothing was asked');
    const diedMs = performance.now();
    served.die();
    t.ok(await until(() => heard.at(-1)?.kind === 'down'));
    t.ok(performance.now() - diedMs < 2_000, 'death at once');
  }
  t.same(
    kinds(heard).filter((kind) => kind !== 'appeared'),
    ['down', 'responsive', 'down', 'responsive', 'down', 'responsive', 'down'],
  );
});

t.test('TCP: the same, by the poll', async (t) => {
  const port = await freePort();
  const { heard } = watch(t, { kind: 'tcp', host: '127.0.0.1', port });
  t.ok(await until(() => heard.length === 1));
  t.match(heard[0], { kind: 'down', reason: `nobody listens on 127.0.0.1:${port}` });
  await sleep(1500);
  const served = await serve({ host: '127.0.0.1', port });
  t.ok(await until(() => heard.at(-1)?.kind === 'responsive'), 'within a second and the time to settle');
  t.equal(served.sockets.size, 1, 'one connection');
  for (const socket of served.sockets) socket.resetAndDestroy();
  t.ok(await until(() => heard.at(-1)?.kind === 'down'));
  t.match(heard.at(-1)?.reason, /ECONNRESET|end of file|closed/);
  t.ok(
    await until(() => heard.at(-1)?.kind === 'responsive'),
    'a connection lost is a death; if it still listens, a new life',
  );
  served.die();
  t.ok(await until(() => heard.at(-1)?.kind === 'down'));
});

t.test('a connection that met itself is nobody', async (t) => {
  const port = await freePort();
  const self = connect({ host: '127.0.0.1', port, localPort: port });
  t.teardown(() => self.destroy());
  await once(self, 'connect');
  t.ok(calledItself(self));
  const served = await serve({ host: '127.0.0.1', port: 0 });
  t.teardown(() => served.die());
  const other = connect({ host: '127.0.0.1', port: (served.server.address() as AddressInfo).port });
  t.teardown(() => other.destroy());
  await once(other, 'connect');
  t.notOk(calledItself(other));
});

t.test('who accepts and hangs up is not alive, and is not pestered', async (t) => {
  const { path: root, remove } = directory();
  t.teardown(remove);
  let connections = 0;
  const served = await serve({ path: join(root, 'x.sock') }, (socket) => {
    connections++;
    socket.end();
  });
  t.teardown(() => served.die());
  const { heard } = watch(t, { kind: 'unix', path: join(root, 'x.sock') });
  await sleep(1000);
  t.same(kinds(heard), ['down']);
  t.ok(connections < 15, `${connections} connections in a second`);
});

t.test('a stopped process with a full backlog on TCP is silence, then a hang', async (t) => {
  const script = `require('net').createServer(() => {}).listen({ host: '127.0.0.1', port: 0, backlog: 1 }, function () { process.stdout.write(String(this.address().port)); })`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.teardown(() => child.kill('SIGKILL'));
  const port = Number(String(await new Promise((resolve) => child.stdout.once('data', resolve))));
  child.kill('SIGSTOP');
  await sleep(50);
  const fillers: Socket[] = [];
  for (let i = 0; i < 4; i++) fillers.push(connect({ host: '127.0.0.1', port }).on('error', () => undefined));
  t.teardown(() => fillers.forEach((socket) => socket.destroy()));
  await sleep(50);
  const { heard } = watch(t, { kind: 'tcp', host: '127.0.0.1', port });
  t.ok(await until(() => heard.length > 0));
  t.match(heard[0], { kind: 'unresponsive', reason: /no answer on 127.0.0.1/ });
  child.kill('SIGCONT');
  t.ok(await until(() => heard.at(-1)?.kind === 'responsive'));
});
