/**
 * Down by sight: only what has no socket, told at once; everything else waits for its adapter,
 * which begins when it is told to.
 */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Health } from '../../../src/core/ports.js';
import { absentSockets, downAtOnce } from '../../../src/health/absent.js';
import { openHealth } from '../../../src/health/open.js';
import { watchedBySight } from '../../../src/health/watched.js';
import type { RoutingDaemon } from '../../../src/model/config.js';

t.test('missing sockets, in the order of what is watched', async (t) => {
  const directory = t.testdir();
  writeFileSync(join(directory, 'bgpd.vty'), '');
  const daemons: readonly RoutingDaemon[] = [
    { kind: 'process', name: 'x', routeProtocols: [] },
    { kind: 'frr', daemons: ['zebra', 'bgpd'], socketDirectory: directory },
    { kind: 'bird', socket: join(directory, 'bird.ctl') },
  ];
  t.strictSame(absentSockets(daemons), [
    undefined,
    join(directory, 'zebra.vty'),
    undefined,
    join(directory, 'bird.ctl'),
  ]);
  const health = openHealth(daemons, { probeIntervalMs: 1000, probeTimeoutMs: 10_000 });
  t.strictSame(
    health.watched.map(({ id }) => id),
    ['process/x', 'frr/zebra', 'frr/bgpd', 'bird'].map((id, i) => (i === 3 ? health.watched[3]!.id : id)),
  );
  health.close();
});

t.test('down at once; the adapter begins later, and not after the end', async (t) => {
  let started = 0;
  const inner: Health = {
    watched: [
      { id: 'a', protocols: [] },
      { id: 'b', protocols: [] },
    ],
    start: () => void started++,
    holds: async () => [],
    close: () => undefined,
  };
  let begin = (): void => undefined;
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const heard: string[] = [];
  const open = (): Health => inner;
  const other: RoutingDaemon = { kind: 'process', name: 'x', routeProtocols: [] };
  downAtOnce([other], open, [undefined, '/run/b.sock'], begun).start((id, { kind, reason }) =>
    heard.push(`${id} ${kind}: ${reason}`),
  );
  const closed = downAtOnce([other], open, [undefined, undefined], begun);
  closed.start(() => heard.push('never'));
  closed.close();
  t.strictSame([...heard, started], ['b down: no socket /run/b.sock', 0]);
  begin();
  await begun;
  t.equal(started, 1);
});

t.test('what is watched is told without the adapters as they tell it themselves', async (t) => {
  const timing = { probeIntervalMs: 1000, probeTimeoutMs: 10_000 };
  const frr = (...daemons: readonly string[]): RoutingDaemon => ({
    kind: 'frr',
    daemons,
    socketDirectory: '/nonexistent',
  });
  const bird: RoutingDaemon = { kind: 'bird', socket: '/nonexistent/bird.ctl' };
  const unix: RoutingDaemon = {
    kind: 'socket',
    endpoint: { kind: 'unix', path: '/nonexistent/x' },
    routeProtocols: [5],
  };
  const tcp: RoutingDaemon = {
    kind: 'socket',
    endpoint: { kind: 'tcp', host: '::1', port: 179 },
    routeProtocols: [],
  };
  for (const daemons of [
    [frr('zebra', 'bgpd')],
    [frr('bgpd', 'ospfd', 'mgmtd')],
    [bird],
    [frr('zebra'), bird, unix, tcp],
  ]) {
    const health = openHealth(daemons, timing);
    t.strictSame(watchedBySight(daemons), health.watched);
    health.close();
  }
  t.equal(watchedBySight([frr('zebra'), frr('zebra')]), undefined, 'names that adapters tell apart');
  t.equal(
    watchedBySight([frr('zebra'), { kind: 'process', name: 'x', routeProtocols: [] }]),
    undefined,
    'a kind without a socket',
  );
});

t.test('adapters are opened when all begins, and never after the end', async (t) => {
  let opened = 0;
  let begin = (): void => undefined;
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const open = (): Health => (
    opened++, { watched: [], start: () => undefined, holds: async () => [true], close: () => undefined }
  );
  const daemons: readonly RoutingDaemon[] = [{ kind: 'bird', socket: '/nonexistent/bird.ctl' }];
  const [health, closed] = [
    downAtOnce(daemons, open, ['/nonexistent/bird.ctl'], begun),
    downAtOnce(daemons, open, ['/nonexistent/bird.ctl'], begun),
  ];
  health.start(() => undefined);
  closed.start(() => undefined);
  closed.close();
  t.equal(opened, 0);
  await t.rejects(health.holds([]), 'nobody can be asked yet');
  begin();
  await begun;
  t.equal(opened, 1);
  t.strictSame(await health.holds([]), [true]);
});
