/**
 * A gateway becomes a neighbour by a route, or because the configuration declares it on-link: the
 * real agent and the real kernel, both families.
 */

import t from 'tap';
import type { Family } from '../../src/model/address.js';
import type { Status } from '../../src/model/status.js';
import { startPing } from '../lab/ping.js';
import { STANDARD } from '../lab/standard.js';
import { agentIn, expected, FAMILIES, laboratory, settles, statusOf, statusWhere } from './agent-support.js';

const { inet, inet6 } = STANDARD;
const GATEWAY = { inet: inet.gateway, inet6: inet6.gateway };

t.test('an address without a prefix route, and the route later', async (t) => {
  const std = laboratory(t);
  const { router, noc } = std;
  router.ipBatch([
    'addr flush dev mgmt0 scope global',
    `addr add ${inet.mgmt}/24 dev mgmt0 noprefixroute`,
    `addr add ${inet6.mgmt}/64 dev mgmt0 nodad noprefixroute`,
  ]);
  const agent = agentIn(std, { gateway: GATEWAY });
  await agent.waitForLog(/ ready /);
  await statusWhere(agent, (s) => s.waiting.length === 2);
  t.same(
    (await statusOf(agent)).waiting,
    [
      { subject: inet.gateway, reason: `no route makes it a neighbour on mgmt0 (${inet.mgmt}/24)` },
      { subject: inet6.gateway, reason: `no route makes it a neighbour on mgmt0 (${inet6.mgmt}/64)` },
    ],
    'both wait',
  );
  const before = Date.now();
  router.ip(`route add ${inet.gateway}/32 dev mgmt0 proto static scope link src ${inet.mgmt}`);
  router.ip(`-6 route add ${inet6.gateway.replace(/1$/, '')}/64 dev mgmt0 proto ra metric 1024`);
  await settles(t, router, expected({ gateway: GATEWAY }), 'in, of both families');
  const took = Date.now() - before;
  t.ok(took < 20_000, `${took} ms from the routes to the backup routes, long before the next resync`);
  const answers = async (): Promise<void> => {
    for (const family of FAMILIES) {
      const ping = startPing(noc, STANDARD[family].mgmt);
      await ping.nextReply();
      await ping.stop();
    }
  };
  await answers();
  t.same((await statusOf(agent)).waiting, []);

  router.ip(`route del ${inet.gateway}/32 dev mgmt0`);
  router.ip(`-6 route del ${inet6.gateway.replace(/1$/, '')}/64 dev mgmt0`);
  await statusWhere(agent, (s) =>
    s.gateways.every(({ state, reason }) => state === 'alive' && reason?.startsWith('no route makes it a neighbour')),
  );
  router.ip('neigh flush dev mgmt0');
  await answers();
  const { stdout } = await agent.cli('status');
  t.match(stdout, /^backup routes +IN for/, 'the routes stay and carry packets, so no gateway is said to be dead');
});

t.test(
  'a rule that refuses packets to the gateway is named; the gateway is asked, and installed routes go on',
  async (t) => {
    const std = laboratory(t);
    const { router, noc } = std;
    const each = (words: (family: Family) => string): void => {
      for (const family of FAMILIES) router.ip(`${family === 'inet6' ? '-6 ' : ''}${words(family)}`);
    };
    each((family) => `rule add pref 100 to ${GATEWAY[family]} prohibit`);
    const agent = agentIn(std, { gateway: GATEWAY });
    await agent.waitForLog(/ ready /);
    const refuses = (family: Family, action: string): string =>
      `rule 100: from all to ${GATEWAY[family]}/${family === 'inet' ? 32 : 128} ${action} refuses it`;
    const odd = (action: string) => (s: Status) =>
      s.gateways.length === 2 &&
      s.gateways.every(
        ({ family, state, reason }) =>
          state === 'alive' && reason === `${refuses(family, action)}, so the kernel refuses each new route by it`,
      );
    await statusWhere(agent, odd('prohibit'));
    t.same(
      (await statusOf(agent)).waiting,
      FAMILIES.map((family) => ({ subject: GATEWAY[family], reason: refuses(family, 'prohibit') })),
      'both families wait for the same',
    );
    t.match(
      await agent.cli('status'),
      { status: 1, stdout: /^backup routes +WANTED, NOT IN for/ },
      'and nothing is dead',
    );
    each(() => 'rule del pref 100');
    await settles(t, router, expected({ gateway: GATEWAY }), 'in once the rules are gone');

    each((family) => `rule add pref 100 to ${GATEWAY[family]} blackhole`);
    await statusWhere(agent, odd('blackhole'));
    router.ip('neigh flush dev mgmt0');
    for (const family of FAMILIES) {
      const ping = startPing(noc, STANDARD[family].mgmt);
      await ping.nextReply();
      await ping.stop();
    }
    t.match(await agent.cli('status'), { status: 0, stdout: /^backup routes +IN for/ }, 'in, and they carry packets');
    each(() => 'rule del pref 100');
    await statusWhere(agent, (s) => s.gateways.every(({ state, reason }) => state === 'alive' && reason === null));
  },
);

t.test('a table that refuses the gateway, and a rule that refuses a link-local one, keep no route out', async (t) => {
  const std = laboratory(t);
  const { router } = std;
  const gateway = { inet: inet.gateway, inet6: inet6.gatewayLinkLocal };
  router.ip(`route add unreachable ${inet.gateway}/32 table 77`);
  router.ip(`rule add pref 100 to ${inet.gateway} lookup 77`);
  router.ip(`-6 rule add pref 100 to ${inet6.gatewayLinkLocal} prohibit`);
  const agent = agentIn(std, { gateway });
  await settles(t, router, expected({ gateway }), 'in, of both families');
  await statusWhere(agent, (s) => s.gateways.every(({ state, reason }) => state === 'alive' && reason === null));
});
