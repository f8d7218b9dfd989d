/** Down by sight: only what has no socket, told at once; everything else waits for its adapter, which begins when it is told to. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Health } from '../../../src/core/ports.js';
import { absentSockets, downAtOnce } from '../../../src/health/absent.js';
import { openHealth } from '../../../src/health/open.js';
import type { RoutingDaemon } from '../../../src/model/config.js';

t.test('missing sockets, in the order of what is watched', async (t) => {
  const directory = t.testdir();
  writeFileSync(join(directory, 'bgpd.vty'), '');
  const daemons: readonly RoutingDaemon[] = [
    { kind: 'process', name: 'x', routeProtocols: [] },
    { kind: 'frr', daemons: ['zebra', 'bgpd'], socketDirectory: directory },
    { kind: 'bird', socket: join(directory, 'bird.ctl') },
  ];
  t.strictSame(absentSockets(daemons), [undefined, join(directory, 'zebra.vty'), undefined, join(directory, 'bird.ctl')]);
  const health = openHealth(daemons, { probeIntervalMs: 1000, probeTimeoutMs: 10_000 });
  t.strictSame(health.watched.map(({ id }) => id), ['process/x', 'frr/zebra', 'frr/bgpd', 'bird'].map((id, i) => (i === 3 ? health.watched[3]!.id : id)));
  health.close();
});

t.test('down at once; the adapter begins later, and not after the end', async (t) => {
  let started = 0;
  const inner: Health = { watched: [{ id: 'a', protocols: [] }, { id: 'b', protocols: [] }], start: () => void started++, holds: async () => [], close: () => undefined };
  let begin = (): void => undefined;
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const heard: string[] = [];
  downAtOnce(inner, [undefined, '/run/b.sock'], begun).start((id, { kind, reason }) => heard.push(`${id} ${kind}: ${reason}`));
  const closed = downAtOnce(inner, [undefined, undefined], begun);
  closed.start(() => heard.push('never'));
  closed.close();
  t.strictSame([...heard, started], ['b down: no socket /run/b.sock', 0]);
  begin();
  await begun;
  t.equal(started, 1);
});
