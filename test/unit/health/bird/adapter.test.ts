/** The BIRD adapter against a server that speaks well or badly. */

import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { Health } from '../../../../src/core/ports.js';
import { openHealth } from '../../../../src/health/open.js';
import type { Verdict } from '../../../../src/model/daemon.js';
import { prefix } from '../../../../src/model/prefix.js';
import { directory, kinds, sleep, until } from '../fake-vty.js';

const TIMING = { probeIntervalMs: 20, probeTimeoutMs: 200 };
const UP = '1000-BIRD 2.0.12\n1011-Router ID is 1.2.3.4\n0013 Daemon is up and running\n';

interface Bird {
  readonly path: string;
  greeting: string;
  answers: Record<string, string>;
  readonly commands: string[];
  readonly sockets: Set<Socket>;
  connections: number;
}

async function fakeBird(t: Test, answers: Record<string, string> = {}): Promise<Bird> {
  const { path: root, remove } = directory();
  const bird: Bird = {
    path: join(root, 'bird.ctl'),
    greeting: '0001 BIRD 2.0.12 ready.\n',
    answers: { restrict: '0016 Access restricted\n', 'show status': UP, ...answers },
    commands: [],
    sockets: new Set(),
    connections: 0,
  };
  const server = createServer((socket) => {
    bird.connections++;
    bird.sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => bird.sockets.delete(socket));
    socket.write(bird.greeting);
    socket.on('data', (chunk) => {
      for (const command of chunk.toString().split('\n').slice(0, -1)) {
        bird.commands.push(command);
        socket.write(bird.answers[command] ?? '9001 syntax error\n');
      }
    });
  }).listen(bird.path);
  await once(server, 'listening');
  t.teardown(() => {
    server.close();
    for (const socket of bird.sockets) socket.destroy();
    remove();
  });
  return bird;
}

function watch(t: Test, bird: Bird): { health: Health; heard: Verdict[] } {
  const health = openHealth([{ kind: 'bird', socket: bird.path }], TIMING);
  t.teardown(() => health.close());
  const heard: Verdict[] = [];
  health.start((_id, verdict) => heard.push(verdict));
  return { health, heard };
}

t.test('greeting, restrict, then the heartbeat; in this order', async (t) => {
  const bird = await fakeBird(t);
  const { health, heard } = watch(t, bird);
  t.same(health.watched, [{ id: 'bird/bird', protocols: [12] }]);
  t.ok(await until(() => heard.length > 0));
  t.equal(heard[0]?.kind, 'responsive');
  t.ok(heard[0]?.kind === 'responsive' && heard[0].ageMs! < 5000, 'it tells no times, so it is as old as its socket');
  t.ok(await until(() => bird.commands.length > 4));
  t.same(bird.commands.slice(0, 3), ['restrict', 'show status', 'show status']);
  t.equal(bird.commands.filter((command) => command === 'restrict').length, 1);
  t.equal(bird.connections, 1);
});

t.test('no greeting is a hang, another greeting is nonsense', async (t) => {
  const mute = await fakeBird(t);
  mute.greeting = '';
  const { heard } = watch(t, mute);
  t.ok(await until(() => heard.length > 0));
  t.same([kinds(heard), mute.commands], [['unresponsive'], []], 'and nothing is sent to it');
  for (const greeting of ['SSH-2.0-OpenSSH_9.2\r\n', '0013 Daemon is up and running\n', '0'.repeat(3 << 20)]) {
    const odd = await fakeBird(t);
    odd.greeting = greeting;
    const { heard } = watch(t, odd);
    t.ok(await until(() => heard.length > 0));
    t.same(kinds(heard), ['unresponsive'], greeting.slice(0, 10));
    t.same(odd.commands, []);
    t.ok(odd.connections < 20);
  }
});

t.test('who does not restrict is not trusted', async (t) => {
  const bird = await fakeBird(t, { restrict: '9001 syntax error\n' });
  const { heard } = watch(t, bird);
  t.ok(await until(() => heard.length > 0));
  t.same(kinds(heard), ['unresponsive']);
  t.notOk(bird.commands.includes('show status'));
});

t.test('graceful restart: alive, not ready, until it is over', async (t) => {
  const bird = await fakeBird(t, {
    'show status': UP.replace('0013', '0024-Graceful restart recovery in progress\n   Wait timer is 3/4\n0013'),
  });
  const { heard } = watch(t, bird);
  t.ok(await until(() => heard.length > 0));
  await sleep(300);
  t.same(
    heard,
    [{ kind: 'appeared', reason: 'BIRD says: Graceful restart recovery in progress' }],
    'told once; it answers, so it does not hang',
  );
  bird.answers['show status'] = UP;
  t.ok(await until(() => heard.length > 1));
  t.same(kinds(heard), ['appeared', 'responsive']);
});

t.test('in shutdown it is down before its socket closes, and this is told once', async (t) => {
  const bird = await fakeBird(t);
  const { heard } = watch(t, bird);
  t.ok(await until(() => heard.length > 0));
  bird.answers['show status'] = UP.replace('Daemon is up and running', 'Shutdown in progress');
  t.ok(await until(() => heard.length > 1));
  t.match(heard[1], { kind: 'down', reason: 'BIRD says: Shutdown in progress', orderly: true });
  for (const socket of bird.sockets) socket.destroy();
  await sleep(30);
  t.same(kinds(heard), ['responsive', 'down']);
});

t.test('holds asks each kernel protocol that is up; a no of all is a no', async (t) => {
  const bird = await fakeBird(t, {
    'show protocols':
      '2002-Name       Proto      Table      State  Since         Info\n1002-k4         Kernel     master4    up     x  \n k6         Kernel     master6    up     x  \n0000 \n',
    "show route 10.0.0.0/8 exported 'k4'": '0000 \n',
    "show route 10.0.0.0/8 exported 'k6'": '9001 No valid tables\n',
    "show route 2001:db8::/32 exported 'k4'": '9001 No valid tables\n',
    "show route 2001:db8::/32 exported 'k6'":
      '1007-Table master6:\n 2001:db8::/32        unicast [s6 1] * (200)\n0000 \n',
  });
  const { health, heard } = watch(t, bird);
  t.ok(await until(() => heard.length > 0));
  t.same(await health.holds([prefix('10.0.0.0', 8), prefix('2001:db8::', 32)]), [false, true]);
  bird.answers['show protocols'] = '8007 Access denied\n';
  await t.rejects(health.holds([prefix('10.0.0.0', 8)]), /refused/);
});
