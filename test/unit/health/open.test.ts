/** Several routing daemons as one Health. */

import { join } from 'node:path';
import t from 'tap';
import type { Adapter } from '../../../src/health/adapter.js';
import { merge, openHealth } from '../../../src/health/open.js';
import type { Verdict } from '../../../src/model/daemon.js';
import { prefix } from '../../../src/model/prefix.js';
import { directory, FakeVty, until } from './fake-vty.js';

const P = [prefix('10.0.0.0', 8), prefix('10.1.0.0', 16)];

function part(
  id: string,
  answer: readonly boolean[] | Error,
  asksDaemon = true,
): Adapter & { closed: boolean; say: (verdict: Verdict) => void } {
  let listener: (id: string, verdict: Verdict) => void = () => undefined;
  return {
    asksDaemon,
    closed: false,
    watched: [{ id, protocols: [] }],
    start: (given) => void (listener = given),
    holds: async () => {
      if (answer instanceof Error) throw answer;
      return answer;
    },
    close() {
      this.closed = true;
    },
    say: (verdict) => listener(id, verdict),
  };
}

t.test('held by one is held; unknown is unknown', async (t) => {
  const gone = new Error('gone');
  t.same(await merge([part('a', [true, false]), part('b', [false, false])]).holds(P), [true, false]);
  t.same(await merge([part('a', [true, true]), part('b', gone)]).holds(P), [true, true]);
  await t.rejects(merge([part('a', [true, false]), part('b', gone)]).holds(P), gone);
  await t.rejects(merge([part('a', gone)]).holds(P), gone);
});

t.test('who cannot ask has no say beside who can', async (t) => {
  const yes = part('unit/x.service', [true, true], false);
  t.same(
    await merge([part('frr/zebra', [true, false]), yes]).holds(P),
    [true, false],
    "a generic yes does not outweigh zebra's no",
  );
  t.same(await merge([yes, yes]).holds(P), [true, true], 'where nobody can ask, the FIB is believed');
  await t.rejects(merge([yes, part('frr/zebra', new Error('gone'))]).holds(P), /gone/, 'nor its silence');
});

t.test('names are unique, verdicts bear them, close reaches all', async (t) => {
  const parts = [part('frr/zebra', []), part('frr/zebra', [])];
  const health = merge(parts);
  t.same(
    health.watched.map((w) => w.id),
    ['frr/zebra', 'frr/zebra#2'],
  );
  const heard: string[] = [];
  health.start((id, verdict) => heard.push(`${id} ${verdict.kind}`));
  parts[1]!.say({ kind: 'down', reason: 'x' });
  parts[0]!.say({ kind: 'down', reason: 'x' });
  t.same(heard, ['frr/zebra#2 down', 'frr/zebra down']);
  health.close();
  t.ok(parts.every((p) => p.closed));
});

t.test('two FRRs', async (t) => {
  const [a, b] = [directory(), directory()];
  const server = await new FakeVty().listen(join(b.path, 'zebra.vty'));
  const health = openHealth(
    [
      { kind: 'frr', daemons: ['zebra', 'bgpd'], socketDirectory: a.path },
      { kind: 'frr', daemons: ['zebra'], socketDirectory: b.path },
    ],
    { probeIntervalMs: 50, probeTimeoutMs: 200 },
  );
  t.teardown(() => {
    health.close();
    server.die();
    a.remove();
    b.remove();
  });
  await t.rejects(health.holds(P), /does not run/, 'before start');
  const heard = new Map<string, string>();
  health.start((id, verdict) => heard.set(id, verdict.kind));
  t.ok(await until(() => heard.size === 3));
  t.same(Object.fromEntries(heard), { 'frr/zebra': 'down', 'frr/bgpd': 'down', 'frr/zebra#2': 'responsive' });
});
