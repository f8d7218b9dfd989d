/**
 * Hidden backup routes: behind a rule, behind a table before main, and behind a route of lower
 * metric in placement main. They are reported before they are needed, and confirmed in the kernel
 * once they are in. Also the effect of the remedy of `doctor`.
 */

import t from 'tap';
import type { Family } from '../../src/model/address.js';
import type { Status } from '../../src/model/status.js';
import { STANDARD } from '../lab/standard.js';
import {
  agentIn,
  expected,
  FAMILIES,
  laboratory,
  mark,
  restartAgent,
  settles,
  statusWhere,
  turned,
  zebraOnly,
} from './agent-support.js';
import { examine } from './doctor-support.js';

const DESTINATIONS = { inet: ['10.99.0.0/16'], inet6: ['2001:db8:99::/48'] };
const HALVES = {
  inet: ['10.99.0.0/17', '10.99.128.0/17'],
  inet6: ['2001:db8:99::/49', '2001:db8:99:8000::/49'],
} as const;
/** Beyond a link without carrier. */
const BEYOND = { inet: '10.66.0.1', inet6: '2001:db8:66::1' } as const;
const FLAG: Readonly<Record<Family, string>> = { inet: '', inet6: '-6 ' };

interface Obstacle {
  readonly what: string;
  readonly make: (family: Family) => readonly string[];
  readonly remove: (family: Family) => readonly string[];
  readonly told: RegExp;
}

const OBSTACLES: readonly Obstacle[] = [
  {
    what: 'a rule that refuses everything',
    make: (family) => [`${FLAG[family]}rule add pref 100 prohibit`],
    remove: (family) => [`${FLAG[family]}rule del pref 100 prohibit`],
    told: /^hidden by rule 100: from all prohibit/,
  },
  {
    what: 'a rule that leads past main',
    make: (family) => [`${FLAG[family]}rule add pref 32799 lookup 99`, `${FLAG[family]}rule add pref 100 goto 32799`],
    remove: (family) => [`${FLAG[family]}rule del pref 100`, `${FLAG[family]}rule del pref 32799`],
    told: /^hidden by the rules, which lead past it/,
  },
  {
    what: 'a table before main that refuses',
    make: (family) => [
      `${FLAG[family]}route add unreachable default table 100`,
      `${FLAG[family]}rule add pref 100 lookup 100`,
    ],
    remove: (family) => [`${FLAG[family]}rule del pref 100`, `${FLAG[family]}route flush table 100`],
    told: /^hidden by unreachable default \(proto 3\) of table 100/,
  },
  {
    what: 'a table before main that leads to a link without carrier',
    make: (family) => [
      `${FLAG[family]}route add default via ${family === 'inet' ? '10.66.0.1' : '2001:db8:66::1'} dev dead0 table 100`,
      `${FLAG[family]}rule add pref 100 lookup 100`,
    ],
    remove: (family) => [`${FLAG[family]}rule del pref 100`, `${FLAG[family]}route flush table 100`],
    told: /^hidden by default \(proto 3\) of table 100, which leads nowhere \(no carrier\)/,
  },
  {
    what: 'a nexthop object that drops, in main',
    make: (family) => [
      `${FLAG[family]}nexthop replace id ${family === 'inet' ? 44 : 66} blackhole`,
      `${FLAG[family]}route add ${family === 'inet' ? '10.0.0.0/8' : '2001:db8::/32'} nhid ${family === 'inet' ? 44 : 66}`,
    ],
    // zebra puts a nexthop object back that it knows.
    remove: (family) => [
      `${FLAG[family]}route del ${family === 'inet' ? '10.0.0.0/8' : '2001:db8::/32'} nhid ${family === 'inet' ? 44 : 66}`,
      `nexthop del id ${family === 'inet' ? 44 : 66}`,
    ],
    told: /^hidden by .*(10\.0\.0\.0\/8|2001:db8::\/32) \(proto 3\) of the main table; remove it, or use placement: main/,
  },
  {
    what: 'halves of it, to a link without carrier',
    make: (family) => HALVES[family].map((half) => `${FLAG[family]}route add ${half} via ${BEYOND[family]} dev dead0`),
    remove: (family) => HALVES[family].map((half) => `${FLAG[family]}route del ${half}`),
    told: /^hidden by .*(10\.99\.0\.0\/17|2001:db8:99::\/49) .* and .*(10\.99\.128\.0\/17|2001:db8:99:8000::\/49) \(proto 3\) of the main table, which leads nowhere \(no carrier\): longer prefixes take all of it/,
  },
  {
    what: 'a rule that leads past the backup routes to a shorter route that leads nowhere',
    make: (family) => [
      `${FLAG[family]}route add ${family === 'inet' ? '10.0.0.0/8' : '2001:db8::/32'} via ${BEYOND[family]} dev dead0`,
      `${FLAG[family]}rule add pref 200 goto 32766`,
    ],
    remove: (family) => [
      `${FLAG[family]}rule del pref 200`,
      `${FLAG[family]}route del ${family === 'inet' ? '10.0.0.0/8' : '2001:db8::/32'}`,
    ],
    told: /^hidden by rule 200: from all goto 32766, which leads past it to (10\.0\.0\.0\/8|2001:db8::\/32) \(proto 3\) of the main table, which leads nowhere \(no carrier\); remove that rule/,
  },
];

t.test('placement local: told while the routes are out, and true once they are in', async (t) => {
  const std = laboratory(t);
  const { router } = std;
  router.ipBatch([
    'link add dead0 type veth peer name dead1',
    'link set dead0 up',
    'addr add 10.66.0.2/24 dev dead0',
    'addr add 2001:db8:66::2/64 dev dead0 nodad',
  ]);
  const frr = zebraOnly(std);
  const agent = agentIn(std, { frr, daemons: ['zebra'], convergence: 0, destinations: DESTINATIONS });
  await frr.start();
  await turned(agent, 'out');
  const both = (lines: (family: Family) => readonly string[]): void => {
    for (const line of FAMILIES.flatMap(lines)) router.ip(line);
  };
  const subjects = FAMILIES.map((family) => DESTINATIONS[family][0]);
  const isTold = (told: RegExp, { waiting }: Status): boolean =>
    subjects.every((subject) => waiting.some((wait) => wait.subject === subject && told.test(wait.reason)));
  for (const { what, make, remove, told } of OBSTACLES) {
    both(make);
    const { waiting } = await statusWhere(agent, (s) => s.routes.phase === 'out' && isTold(told, s), 15_000);
    t.equal(waiting.length, 2, `${what}: told while they are out, and nothing else`);
    both(remove);
    await statusWhere(agent, (s) => s.waiting.length === 0, 15_000);
  }
  both(OBSTACLES[0]!.make);
  t.match((await examine(std, agent)).of('refusal-hides'), [{ severity: 'error' }], 'by doctor, too');
  both(OBSTACLES[0]!.remove);

  const from = mark(agent);
  await frr.kill();
  await turned(agent, 'in', from);
  await settles(t, router, expected({ destinations: DESTINATIONS }), 'in');
  const carried = (): readonly boolean[] =>
    FAMILIES.map((family) => {
      const { status, stdout } = router.tryRun(['ip', 'route', 'get', STANDARD[family].noc]);
      return status === 0 && / dev mgmt0 /.test(stdout);
    });
  for (const { what, make, remove, told } of OBSTACLES) {
    t.same(carried(), [true, true], `${what}: carried before`);
    both(make);
    const { gateways } = await statusWhere(
      agent,
      (s) => isTold(told, s) && s.backupRoutes.every(({ hiddenBy }) => hiddenBy !== undefined),
      15_000,
    );
    t.same(carried(), [false, false], 'and the kernel carries nothing by them');
    t.strictSame(
      gateways.filter(({ state }) => state !== 'alive' && state !== 'unknown'),
      [],
      'no backup router is said to be dead',
    );
    both(remove);
    await statusWhere(agent, (s) => s.backupRoutes.every(({ hiddenBy }) => hiddenBy === undefined), 15_000);
  }
  await agent.stop();
});

t.test('a route of somebody else in our table, before ours: told, and no longer once it is gone', async (t) => {
  const std = laboratory(t);
  const { router } = std;
  const agent = agentIn(std, {});
  await turned(agent, 'in');
  await settles(t, router, expected(), 'in');
  const usurpers = [
    `route prepend default via ${STANDARD.inet.peer} dev data0 table 25500`,
    `-6 route add default via ${STANDARD.inet6.peer} dev data0 table 25500 metric 5`,
  ];
  for (const line of usurpers) router.ip(line);
  const theirs = ({ carriesNothing = '' }: Status['backupRoutes'][number]): boolean =>
    /^default via \S+ dev data0 table 25500/.test(carriesNothing);
  const told = await statusWhere(agent, ({ backupRoutes }) => backupRoutes.every(theirs), 45_000);
  t.equal(told.backupRoutes.length, 2);
  t.equal((await agent.cli('status')).status, 1);
  t.match(
    (await examine(std, agent)).of('table-in-use'),
    [{ severity: 'warning', evidence: [/^default via .* dev data0/, /^-6 default via .* dev data0/] }],
    'doctor: they carry, and the kernel refuses nothing',
  );
  for (const line of usurpers) router.ip(line.replace(/prepend|add/, 'del'));
  await statusWhere(agent, (s) => s.backupRoutes.every(({ carriesNothing }) => carriesNothing === undefined), 45_000);
  t.equal((await agent.cli('status')).status, 0);
  await agent.stop();
});

t.test('placement main: behind a broken default of metric 0, and a throw; placement local is the remedy', async (t) => {
  const std = laboratory(t);
  const { router } = std;
  router.ipBatch(['link add dead0 type veth peer name dead1', 'link set dead0 up', 'addr add 10.66.0.2/24 dev dead0']);
  const agent = agentIn(std, { placement: 'main', more: { 'inet6-backup-router': undefined as never } });
  const get = (): string => router.tryRun(['ip', 'route', 'get', STANDARD.inet.noc]).stdout;
  for (const obstacle of ['default via 10.66.0.1 dev dead0', 'throw default']) {
    router.ip(`route add ${obstacle}`);
    const status = await statusWhere(
      agent,
      ({ waiting, backupRoutes }) =>
        backupRoutes.some(({ hiddenBy }) => hiddenBy !== undefined) &&
        waiting.some(({ reason }) => /^hidden by .*placement: local/.test(reason)),
      15_000,
    );
    t.ok(status, `${obstacle}: told`);
    t.equal((await agent.cli('status')).status, 1, 'with exit status 1');
    t.notMatch(get(), 'dev mgmt0', 'and the kernel does not use the backup route');
    t.match(router.ip('route show default'), obstacle, 'the foreign route stays');
    const [found] = (await examine(std, agent)).of('refusal-hides');
    t.match(found, { severity: 'error', remedy: /placement: local$/ }, 'doctor');
    router.ip(`route del ${obstacle}`);
    await statusWhere(agent, ({ waiting }) => waiting.length === 0, 15_000);
  }
  router.ip('route add default via 10.66.0.1 dev dead0');
  await agent.stop();
  const local = restartAgent(std, agent, { more: { 'inet6-backup-router': undefined as never } });
  await statusWhere(local, ({ backupRoutes }) => backupRoutes.some(({ preempting }) => preempting), 15_000);
  t.match(get(), 'dev mgmt0', 'placement local: reachable');
  await statusWhere(local, ({ waiting }) => waiting.length === 0, 15_000);
  await local.stop();
});

t.test('a table for user 0 alone, who asks the kernel: not covered, and no disagreement', async (t) => {
  const std = laboratory(t);
  const { router } = std;
  const frr = zebraOnly(std);
  for (const family of FAMILIES) {
    router.ip(`${FLAG[family]}route add default via ${STANDARD[family].peer} dev data0 proto static`);
    router.ip(`${FLAG[family]}route add unreachable default table 100`);
    router.ip(`${FLAG[family]}rule add pref 100 uidrange 0-0 lookup 100`);
  }
  const agent = agentIn(std, { frr, daemons: ['zebra'], convergence: 'never' });
  await frr.start();
  const hidden = ({ routes, backupRoutes }: Status): boolean =>
    routes.cause === 'converging' &&
    backupRoutes.length === 2 &&
    backupRoutes.every(({ carriesNothing }) => carriesNothing !== undefined);
  const status = await statusWhere(agent, hidden, 15_000);
  for (const { carriesNothing } of status.backupRoutes)
    t.match(carriesNothing, /^unreachable/, 'what carries nothing is in nobody’s way itself');
  t.equal((await agent.cli('status')).status, 1);
  for (const family of FAMILIES) router.ip(`${FLAG[family]}rule del pref 100`);
  await turned(agent, 'out');
  t.notMatch(agent.log.join('\n'), /disagree/, 'the judge has read that table');
  await agent.stop();
});
