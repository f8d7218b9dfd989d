/**
 * Foreign state does not change: through a cycle of boot, withdrawal, death, interference, reload
 * and flush, everything foreign stays the same to the byte. If a foreign route occupies the slot
 * of a backup route, the agent yields and reports it.
 */

import t from 'tap';
import { sleep } from '../../src/drill/lab/wait.js';
import { ownRoutes, routes, snapshotText } from '../lab/inspect.js';
import { STANDARD } from '../lab/standard.js';
import {
  agentIn,
  configText,
  expected,
  FAMILIES,
  laboratory,
  mark,
  owned,
  PLACEMENTS,
  settles,
  statusWhere,
  turned,
  zebraOnly,
} from './agent-support.js';

const { inet, inet6 } = STANDARD;

/** Foreign state as near to ours as it can be. */
const NEIGHBOURS: readonly string[] = [
  // Main: ordinary statics, another default, a multipath route, our gateway, our own destinations.
  `route add default via ${inet.peer} metric 4000 proto 4`,
  `route add ::/0 via ${inet6.peer} metric 4000 proto 4`,
  `route add default via ${inet.gateway} dev mgmt0 metric 77 proto 16`,
  `route add ::/0 via ${inet6.gatewayLinkLocal} dev mgmt0 metric 4001 proto 9`,
  `route add 203.0.113.0/24 proto 4 nexthop via ${inet.peer} weight 1 nexthop via ${inet.gateway} weight 2`,
  'route add blackhole 198.51.100.0/24 proto 4',
  `route add 10.99.0.0/16 via ${inet.peer} metric 4000 proto 99`,
  // Our tables, other metrics, other protocols; and one more specific.
  `route add default via ${inet.gateway} dev mgmt0 table 25500 metric 5 proto 4`,
  `route add ::/0 via ${inet6.gatewayLinkLocal} dev mgmt0 table 25500 metric 5 proto 4`,
  'route add prohibit 198.51.100.7/32 table 25500 proto 4',
  // Rules beside, between and equal in priority to ours.
  'rule add pref 30999 from 198.51.100.0/24 lookup 4000',
  'rule add pref 32765 from 198.51.100.0/24 lookup 4000',
  'rule add pref 32766 iif lo from 198.51.100.0/24 lookup 25500',
  'rule add pref 32000 fwmark 7 lookup 25500',
];

for (const placement of PLACEMENTS) {
  t.test(`a whole cycle leaves foreign state byte-identical, placement ${placement}`, async (t) => {
    const std = laboratory(t);
    const { router } = std;
    const frr = zebraOnly(std);
    router.ipBatch(NEIGHBOURS);
    for (const rule of [
      'pref 32765 from 2001:db8:c6::/48 lookup 4000',
      'pref 32766 iif lo from 2001:db8:c6::/48 lookup 25500',
    ])
      router.run(['ip', '-6', 'rule', 'add', ...rule.split(' ')]);
    await sleep(100);
    const before = snapshotText(router);
    const same = (when: string): void => {
      t.equal(snapshotText(router), before, `${when}: foreign state is what it was`);
    };
    const config = {
      placement,
      frr,
      daemons: ['zebra'],
      convergence: 0,
      preempt: 0,
      destinations: { inet: ['0.0.0.0/0', '10.99.0.0/16'], inet6: ['::/0', '2001:db8:99::/48'] },
    };
    const agent = agentIn(std, config);
    await agent.waitForLog(/ ready /);
    const wanted = expected(config);
    await settles(t, router, wanted, 'in');
    same('boot');
    let from = mark(agent);
    await frr.start();
    await turned(agent, 'out', from);
    await settles(t, router, [], 'out');
    same('withdrawal');
    await frr.kill();
    await settles(t, router, wanted, 'in');
    same('death of zebra');
    for (const family of ['-4', '-6']) router.run(['ip', family, 'route', 'flush', 'proto', '157', 'table', 'all']);
    await settles(t, router, wanted, 'repaired');
    same('flush by somebody, and repair');
    from = mark(agent);
    agent.configure(configText({ ...config, destinations: { inet: ['0.0.0.0/0'], inet6: ['::/0'] } }));
    agent.signal('SIGHUP');
    await settles(t, router, expected({ placement }), 'reloaded');
    same('reload');
    await agent.kill();
    const flush = await agent.cli('flush', '-c', agent.configFile);
    t.equal(flush.status, 0, flush.stderr);
    t.same(owned(router), [], 'flushed');
    same('flush');
  });
}

t.test('a foreign route in our very slot is never touched: refused, and visible', async (t) => {
  const std = laboratory(t);
  const { router, peer } = std;
  const slots = [
    { placement: 'local', lines: [`route add default via ${inet.peer} dev data0 table 25500 proto 4`] },
    { placement: 'main', lines: [`route add default via ${inet.peer} dev data0 metric 4278194176 proto 4`] },
  ] as const;
  for (const { placement, lines } of slots) {
    router.ipBatch(lines);
    const before = snapshotText(router);
    const agent = agentIn(std, { placement });
    await agent.waitForLog(/ ready /);
    const status = await statusWhere(agent, (s) => s.backupRoutes.some((route) => route.state === 'refused'));
    t.same(
      status.backupRoutes.map((route) => [route.gateway, route.state]),
      [
        [inet.gateway, 'refused'],
        [inet6.gatewayLinkLocal, 'installed'],
      ],
      `${placement}: IPv4 refused, IPv6 installed`,
    );
    t.match(status.waiting, [{ subject: 'default', reason: /EEXIST/ }], 'and why');
    t.equal((await agent.cli('status')).status, 1, 'not in the wished state');
    t.same(owned(router), expected({ placement, families: ['inet6'] }), 'no rule leads to his table');
    t.equal(snapshotText(router), before, 'his route is what it was');
    const rounds = agent.log.length;
    await sleep(1000);
    t.ok(agent.log.length - rounds < 5, 'and we do not knock all the time');
    router.ip(lines[0].replace('add', 'del'));
    await settles(t, router, expected({ placement }), 'once he goes we come');
    await agent.stop();
    await agent.cli('flush', '-c', agent.configFile);
  }
  // IPv6 merges what a foreigner appends into our route (fact K7): his next hop stays his.
  const agent = agentIn(std, {});
  await agent.waitForLog(/ ready /);
  const [hop] = routes(peer, 'inet6', 255).filter((route) => route.dev === 'router0' && route.dst.startsWith('fe80'));
  router.run([
    'ip',
    '-6',
    'route',
    'append',
    'default',
    'via',
    hop!.dst,
    'dev',
    'data0',
    'table',
    '25500',
    'metric',
    '1024',
    'proto',
    '4',
  ]);
  await sleep(300);
  const hops = (): readonly string[] =>
    routes(router, 'inet6', 25_500)
      .flatMap((route) => [route.gateway, ...route.nexthops.map((n) => n.gateway)])
      .filter((gateway) => gateway !== undefined);
  t.same([...hops()].sort(), [hop!.dst, inet6.gatewayLinkLocal].sort(), 'both stand in one route');
  await agent.stop();
  await agent.cli('flush', '-c', agent.configFile);
  t.same(hops(), [hop!.dst], 'flush takes ours only');
  t.same(ownRoutes(router, 'inet'), []);
  for (const family of FAMILIES)
    t.same(
      routes(router, family).filter((route) => route.dst === 'default'),
      [],
    );
});
