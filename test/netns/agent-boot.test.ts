/**
 * Boot without a routing daemon: the routes and rules are exactly those of the specification, and
 * the NOC reaches the router. If something does not exist yet (interface, link, address, gateway),
 * `status` names what is waited for, and its arrival takes effect at once.
 */

import t from 'tap';
import { sleep } from '../../src/drill/lab/wait.js';
import { routeGet } from '../lab/inspect.js';
import { startPing } from '../lab/ping.js';
import { STANDARD } from '../lab/standard.js';
import {
  agentIn,
  backWithin,
  configText,
  expected,
  FAMILIES,
  laboratory,
  monitor,
  owned,
  PLACEMENTS,
  settles,
  statusOf,
  statusWhere,
} from './agent-support.js';

const SEVERAL = {
  inet: ['0.0.0.0/0', '10.0.0.0/8', '10.99.0.0/16', '172.16.0.0/12', '203.0.113.7/32'],
  inet6: ['::/0', '2001:db8::/32', '2001:db8:99::/48', '2001:db8:77::1/128'],
} as const;
/** `ip route` prints host routes without their length. */
const bare = (lines: readonly string[]): readonly string[] =>
  lines.map((line) => line.replace(/ (203\.0\.113\.7)\/32 | (2001:db8:77::1)\/128 /, ' $1$2 ')).sort();

for (const placement of PLACEMENTS) {
  t.test(`boot without FRR, placement ${placement}`, async (t) => {
    const std = laboratory(t);
    t.match(routeGet(std.router, STANDARD.inet.noc), /unreachable/i, 'no route before');

    const agent = agentIn(std, { placement });
    await agent.waitForLog(/ ready /);
    t.same(owned(std.router), expected({ placement }), 'the default routes, no destination being configured');
    for (const family of FAMILIES) await startPing(std.noc, STANDARD[family].mgmt).nextReply();
    const status = await statusOf(agent);
    t.match(status.routes, { phase: /^in$/, cause: 'down', placement });
    t.match(status.waiting, []);
    t.same(
      status.backupRoutes.map((route) => route.state),
      ['installed', 'installed'],
    );
    t.equal((await agent.cli('status')).status, 0, 'in the wished state');
    await agent.stop();
    await agent.cli('flush', '-c', agent.configFile);
    t.same(owned(std.router), [], 'flushed');

    const several = agentIn(std, { placement, destinations: SEVERAL });
    await several.waitForLog(/ ready /);
    t.same(
      owned(std.router),
      bare(expected({ placement, destinations: SEVERAL })),
      'several destinations of many lengths',
    );
    for (const family of FAMILIES) await startPing(std.noc, STANDARD[family].mgmt).nextReply();
    await several.stop();
  });
}

for (const family of FAMILIES) {
  t.test(`one family alone: ${family}`, async (t) => {
    const std = laboratory(t);
    const {
      'backup-router': inet,
      'inet6-backup-router': inet6,
      ...rest
    } = JSON.parse(configText()) as Record<string, unknown>;
    const agent = agentIn(
      std,
      JSON.stringify({
        ...rest,
        ...(family === 'inet' ? { 'backup-router': inet } : { 'inet6-backup-router': inet6 }),
      }),
    );
    await agent.waitForLog(/ ready /);
    await settles(t, std.router, expected({ families: [family] }), 'nothing in the other family');
    await startPing(std.noc, STANDARD[family].mgmt).nextReply();
    await agent.stop();
  });
}

t.test('what is not there yet is waited for, and status says so', async (t) => {
  const std = laboratory(t);
  const { router, gw, noc } = std;
  router.ipBatch(['link set mgmt0 down', 'addr flush dev mgmt0', 'link set mgmt0 name later0']);
  const agent = agentIn(std, {});
  await agent.waitForLog(/ ready /);
  let status = await statusWhere(agent, (s) => s.waiting.length > 0);
  t.same(status.waiting, [{ subject: 'mgmt0', reason: 'no such interface yet' }]);
  t.match(status.routes, { phase: /^in$/, cause: 'down' });
  t.match(status.managementInterfaces[0]!, {
    selector: 'mgmt0',
    name: null,
    index: null,
    up: false,
    addresses: [],
  });
  t.same(
    status.backupRoutes.map((route) => route.state),
    ['absent', 'absent'],
  );
  const words = await agent.cli('status');
  t.equal(words.status, 1, 'not in the wished state');
  t.match(words.stdout, /waiting for +mgmt0: no such interface yet/);
  t.same(owned(router), [], 'nothing is installed');

  router.ip('link set later0 name mgmt0');
  status = await statusWhere(agent, (s) => s.waiting[0]?.reason !== 'no such interface yet');
  t.same(status.waiting, [{ subject: 'mgmt0', reason: 'interface is down' }]);

  const watch = await monitor(router);
  let fromMs = Date.now();
  router.ip('link set mgmt0 up');
  await backWithin(t, watch, fromMs, 300, 'link comes up, link-local gateway', ['inet6']);
  status = await statusWhere(agent, (s) => s.waiting.some((wait) => wait.reason.includes('inet address')));
  t.same(
    status.waiting,
    [{ subject: STANDARD.inet.gateway, reason: 'mgmt0 has no inet address yet' }],
    'IPv6 is no longer waited for',
  );
  t.same(status.backupRoutes.map((route) => route.state).sort(), ['installed', 'refused']);
  t.same(owned(router), expected({ families: ['inet6'] }), 'only the rules that have a route');

  router.ip('addr add 10.254.254.2/24 dev mgmt0');
  status = await statusWhere(
    agent,
    (s) => s.waiting[0]?.reason.includes('no route makes it a neighbour on mgmt0') === true,
  );
  t.match(status.waiting, [
    { subject: STANDARD.inet.gateway, reason: 'no route makes it a neighbour on mgmt0 (10.254.254.2/24)' },
  ]);

  fromMs = Date.now();
  router.ip(`addr add ${STANDARD.inet.mgmt}/24 dev mgmt0`);
  await backWithin(t, watch, fromMs, 300, 'address comes late', ['inet']);
  router.ip(`addr add ${STANDARD.inet6.mgmt}/64 dev mgmt0 nodad`);
  await settles(t, router, expected(), 'everything is in');
  for (const family of FAMILIES) await startPing(noc, STANDARD[family].mgmt).nextReply();
  status = await statusOf(agent);
  t.same(status.waiting, []);
  t.match(status.managementInterfaces[0]!, { up: true, carrier: true });
  t.equal((await agent.cli('status')).status, 0, 'in the wished state now');

  // The gateway's own port: its carrier goes and comes, the routes stay, the NOC is back with it.
  gw.ip('link set router0 down');
  status = await statusWhere(agent, (s) => !s.managementInterfaces[0]!.carrier);
  t.same(owned(router), expected(), 'carrier loss takes nothing away');
  fromMs = Date.now();
  // IPv6 addresses go with the link (fact K1); the gateway's owner puts them back.
  gw.ipBatch([
    'link set router0 up',
    `addr add ${STANDARD.inet6.gateway}/64 dev router0 nodad`,
    `addr add ${STANDARD.inet6.gatewayLinkLocal}/64 dev router0 nodad`,
  ]);
  for (const family of FAMILIES)
    t.ok((await startPing(noc, STANDARD[family].mgmt).nextReply()) > fromMs, `${family}: the gateway is back`);
});

t.test('a gateway that appears after boot; of several, one that is known dead is passed over', async (t) => {
  const std = laboratory(t);
  const { router, gw, noc } = std;
  gw.ipBatch([
    `addr del ${STANDARD.inet.gateway}/24 dev router0`,
    `addr del ${STANDARD.inet6.gatewayLinkLocal}/64 dev router0`,
  ]);
  const agent = agentIn(std, {});
  await agent.waitForLog(/ ready /);
  t.same(owned(router), expected(), 'in, whether the gateway answers or not');
  // Slow ones: answers that wait for a neighbour fill the ICMP socket of their CPU, which all namespaces of the host share
  // (net/ipv4/icmp.c, icmp_xmit_lock), so a fast ping to nowhere is an outage in every other laboratory.
  const pings = FAMILIES.map((family) => startPing(noc, STANDARD[family].mgmt, { intervalMs: 100 }));
  await sleep(500);
  t.same(
    pings.map((ping) => ping.received),
    [0, 0],
  );
  gw.ipBatch([
    `addr add ${STANDARD.inet.gateway}/24 dev router0`,
    `addr add ${STANDARD.inet6.gatewayLinkLocal}/64 dev router0 nodad`,
  ]);
  for (const ping of pings) await ping.nextReply();
  await agent.stop();

  // 10.255.0.9 and fe80::9 do not exist: asked and unanswered, they are FAILED.
  const listed = agentIn(std, {
    gateway: {
      inet: ['10.255.0.9', STANDARD.inet.gateway],
      inet6: ['fe80::9', STANDARD.inet6.gatewayLinkLocal],
    },
  });
  await listed.waitForLog(/ ready /);
  // Each takes three seconds of unanswered questions (net.ipv4.neigh.*.retrans_time_ms), while packets keep coming.
  for (const ping of pings) await ping.nextReply();
  const status = await statusOf(listed);
  t.same(
    status.backupRoutes.map((route) => route.gateway),
    [STANDARD.inet.gateway, STANDARD.inet6.gatewayLinkLocal],
    'the second gateway carries',
  );
});
