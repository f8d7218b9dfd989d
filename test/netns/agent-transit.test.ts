/**
 * Backup routes carry only what the router itself sends: no transit packet uses them, they are not
 * announced, and two routers that back each other up make no loop. The operator's own rules keep
 * their effect on transit.
 */

import t from 'tap';
import { startAgent } from '../../src/drill/lab/agent.js';
import { createLab } from '../../src/drill/lab/lab.js';
import type { Namespace } from '../../src/drill/lab/namespace.js';
import { eventually, sleep } from '../../src/drill/lab/wait.js';
import { routeGet } from '../lab/inspect.js';
import { startPing } from '../lab/ping.js';
import { STANDARD } from '../lab/standard.js';
import { prepareRouterFrr, startPeerFrr } from '../lab/standard-frr.js';
import { agentIn, configText, expected, FAMILIES, laboratory, settles } from './agent-support.js';

/** Packets sent out of an interface. */
function sentBy(namespace: Namespace, device: string): number {
  const [link] = JSON.parse(namespace.ip(`-s -j link show ${device}`)) as readonly {
    readonly stats64: { readonly tx: { readonly packets: number } };
  }[];
  return link!.stats64.tx.packets;
}

t.test('transit packets never leave through the backup router', async (t) => {
  const std = laboratory(t, { forwarding: true });
  const { router, client, peer } = std;
  const agent = agentIn(std, {
    destinations: { inet: ['0.0.0.0/0', '10.0.0.0/8'], inet6: ['::/0', '2001:db8::/32'] },
  });
  await agent.waitForLog(/ ready /);
  for (const family of FAMILIES) {
    const a = STANDARD[family];
    const own = startPing(router, a.transitBait);
    await own.nextReply();
    await own.stop();
    // Both senders have a way to the router's mgmt0 network and back, so an answer would reach them.
    const pings = [startPing(client, a.transitBait), startPing(peer, a.transitBait, { source: a.clientGateway })];
    // Positive control: the client reaches the router, whose answers do take the backup route.
    const near = startPing(client, a.data);
    await near.nextReply();
    await near.stop();
    const before = sentBy(router, 'mgmt0');
    await sleep(1000);
    const during = sentBy(router, 'mgmt0') - before;
    t.same(
      pings.map((ping) => ping.received),
      [0, 0],
      `${family}: no transit packet is answered`,
    );
    t.comment(
      `MEASURED ${family}: ${during} packets left by mgmt0 while 200 came in transit (ICMP errors of the router itself, rate-limited)`,
    );
    t.ok(during < 100, `${family}: they did not`);
    const [inside, transit] = [
      routeGet(router, a.transitBait),
      routeGet(router, a.transitBait, 'from', a.client, 'iif', 'data0'),
    ];
    t.match(inside, /dev mgmt0/, `${family}: the router's own packets take it`);
    t.match(transit, /unreachable|No route/i, `${family}: the kernel has no route for the same packet in transit`);
    // Second control: with an ordinary route, the very same pings are answered.
    router.ip(`route add ${a.transitPrefix} via ${family === 'inet' ? a.gateway : STANDARD.inet6.gateway}`);
    for (const ping of pings) await ping.nextReply();
    for (const ping of pings) await ping.stop();
  }
});

t.test('rules of the operator keep their effect on transit while backup routes are in', async (t) => {
  const std = laboratory(t, { forwarding: true });
  const { router } = std;
  const { inet, inet6 } = STANDARD;
  router.ipBatch([
    'route add prohibit default table 99',
    'route add prohibit ::/0 table 99 metric 10',
    'rule add pref 32765 from 10.2.0.0/24 lookup 99',
    // Main has a default of its own: a rule of ours that showed main to transit packets would beat the operator's.
    `route add default via ${inet.peer} metric 50`,
    `route add ::/0 via ${inet6.peer} metric 50`,
  ]);
  router.run(['ip', '-6', 'rule', 'add', 'pref', '32765', 'from', '2001:db8:2::/64', 'lookup', '99']);
  const questions = [
    ['203.0.113.9', 'from', inet.client, 'iif', 'data0'],
    ['2001:db8:aaaa::9', 'from', inet6.client, 'iif', 'data0'],
    ['203.0.113.9', 'from', inet.peer, 'iif', 'data0'],
    ['2001:db8:aaaa::9', 'from', inet6.noc, 'iif', 'mgmt0'],
  ] as const;
  const answers = (): readonly string[] =>
    questions.map(([address, ...rest]) => routeGet(router, address, ...rest).replace(/ expires \S+/, ''));
  const before = answers();
  t.match(
    before,
    [/prohibited|permission|EACCES/i, /prohibited|permission|EACCES/i, /./, /./],
    "the operator's rule forbids the client's transit",
  );
  const agent = agentIn(std, {});
  await agent.waitForLog(/ ready /);
  await settles(t, router, expected(), 'in');
  t.same(answers(), before, 'transit is routed as it was');
  await agent.stop();
});

t.test('redistribute kernel announces nothing of ours in placement local', async (t) => {
  const std = laboratory(t);
  const { router } = std;
  const peerFrr = await startPeerFrr(std, { defaultOriginate: false });
  const frr = prepareRouterFrr(std, { redistribute: ['kernel'] });
  // ospfd never runs here, so the routes stay in beside a living zebra and bgpd.
  const destinations = { inet: ['0.0.0.0/0', '10.99.0.0/16'], inet6: ['::/0', '2001:db8:99::/48'] };
  const agent = agentIn(std, { frr, daemons: ['zebra', 'bgpd', 'ospfd'], destinations });
  await agent.waitForLog(/ ready /);
  await frr.start();
  // Positive control: an ordinary kernel route of the router does travel.
  router.ipBatch([
    `route add 198.51.100.0/24 via ${STANDARD.inet.gateway}`,
    `route add 2001:db8:c0::/48 via ${STANDARD.inet6.gateway}`,
  ]);
  const heard = (): readonly string[] =>
    ['ipv4', 'ipv6'].flatMap((family) =>
      Object.keys(
        (
          JSON.parse(peerFrr.vtysh('bgpd', `show bgp ${family} unicast json`)) as {
            readonly routes?: Readonly<Record<string, unknown>>;
          }
        ).routes ?? {},
      ),
    );
  await eventually(() => ['198.51.100.0/24', '2001:db8:c0::/48'].every((prefix) => heard().includes(prefix)), {
    timeoutMs: 20_000,
    what: 'the peer hears the control routes',
  });
  // The agent's routes go and come under the eyes of zebra.
  router.ip('route flush table 25500');
  await settles(t, router, expected({ destinations }), 'in');
  await sleep(500);
  t.same(
    heard().filter(
      (prefix) => !['198.51.100.0/24', '2001:db8:c0::/48', '10.0.0.2/32', '2001:db8::2/128'].includes(prefix),
    ),
    [],
    'the peer hears nothing else',
  );
  t.notMatch(frr.vtysh('zebra', 'show ip route'), /10\.99\.0\.0\/16|0\.0\.0\.0\/0/, 'zebra knows nothing of ours');
  t.notMatch(frr.vtysh('zebra', 'show ipv6 route'), /2001:db8:99::|::\/0/, 'nor in IPv6');
});

t.test("two routers that are each other's backup router make no loop", async (t) => {
  const lab = createLab();
  t.teardown(async () => lab.close());
  const [r1, r2] = [lab.namespace('r1', { forwarding: true }), lab.namespace('r2', { forwarding: true })];
  const host = lab.namespace('host');
  lab.link(r1, 'mgmt0', r2, 'mgmt0');
  lab.link(r1, 'lan0', host, 'eth0');
  r1.ipBatch([
    'addr add 10.255.0.1/24 dev mgmt0',
    'addr add 2001:db8:ff::1/64 dev mgmt0 nodad',
    'addr add 10.3.0.1/24 dev lan0',
    'addr add 2001:db8:3::1/64 dev lan0 nodad',
  ]);
  r2.ipBatch([
    'addr add 10.255.0.2/24 dev mgmt0',
    'addr add 2001:db8:ff::2/64 dev mgmt0 nodad',
    'route add 10.3.0.0/24 via 10.255.0.1',
    'route add 2001:db8:3::/64 via 2001:db8:ff::1',
  ]);
  host.ipBatch([
    'addr add 10.3.0.9/24 dev eth0',
    'addr add 2001:db8:3::9/64 dev eth0 nodad',
    'route add default via 10.3.0.1',
    'route add ::/0 via 2001:db8:3::1',
  ]);
  const targets = ['198.51.100.1', '2001:db8:aaaa::1'] as const;
  const crossings = (from: Namespace): { readonly packets: number; readonly output: string } => {
    const before = sentBy(r1, 'mgmt0') + sentBy(r2, 'mgmt0');
    const output = targets.map((target) => from.tryRun(['ping', '-c', '1', '-W', '1', target]).stdout).join('');
    return { packets: sentBy(r1, 'mgmt0') + sentBy(r2, 'mgmt0') - before, output };
  };

  // Control: with ordinary default routes they do loop, and it shows.
  r1.ipBatch(['route add default via 10.255.0.2', 'route add ::/0 via 2001:db8:ff::2']);
  r2.ipBatch(['route add default via 10.255.0.1', 'route add ::/0 via 2001:db8:ff::1']);
  const loop = crossings(host);
  t.match(loop.output, /Time to live exceeded|Hop limit|Time exceeded/i, 'control: time to live exceeded');
  t.ok(loop.packets > 100, `control: ${loop.packets} packets crossed the link for two pings`);
  for (const router of [r1, r2]) router.ipBatch(['route del default', 'route del ::/0']);

  const agents = [
    startAgent(lab, r1, {
      configText: configText({ gateway: { inet: '10.255.0.2', inet6: '2001:db8:ff::2' } }),
    }),
    startAgent(lab, r2, {
      configText: configText({ gateway: { inet: '10.255.0.1', inet6: '2001:db8:ff::1' } }),
    }),
  ];
  for (const agent of agents) await agent.waitForLog(/ ready /);
  for (const [name, from] of [
    ['a third host', host],
    ['one of the two', r1],
    ['the other', r2],
  ] as const) {
    const { packets, output } = crossings(from);
    t.comment(`MEASURED pings from ${name} to nowhere: ${packets} packets crossed the link between the routers`);
    t.ok(packets < 20, `${name}: no packet goes round`);
    t.notMatch(output, /exceeded|Hop limit/i, `${name}: no time to live ran out`);
    t.match(output, /unreachable|100% packet loss/i, `${name}: unreachable it is`);
  }
  // They do back each other up: each reaches what the other has.
  t.match(routeGet(r2, '10.3.0.9'), /dev mgmt0/);
  t.match(r1.run(['ping', '-c', '1', '-W', '1', '10.255.0.2']), / 0% packet loss/);
});
