/**
 * A gateway becomes a neighbour by a route, or because the configuration declares it on-link: the
 * real agent and the real kernel, both families.
 */

import t from 'tap';
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
