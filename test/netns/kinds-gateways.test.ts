/**
 * The choice of the gateway: a list of gateways, chosen by whether they answer, and two management
 * interfaces for the same destinations, found by alternative name and by MAC address. The test
 * compares the kernel's routes, the order in which they changed, and pings from the NOC.
 *
 *   noc -- gw1 --+                         noc -- gw1 -- mgmt0
 *     \          sw -- mgmt0 router          \                 router
 *      +-- gw2 --+                            +-- gw2 -- mgmt1
 */

import t, { type Test } from 'tap';
import { createLab, type Lab } from '../../src/drill/lab/lab.js';
import type { Namespace } from '../../src/drill/lab/namespace.js';
import { eventually, sleep } from '../../src/drill/lab/wait.js';
import type { Family } from '../../src/model/address.js';
import { type Ping, startPing } from '../lab/ping.js';
import { unbroken } from './agent-support.js';
import {
  added,
  agentIn,
  configText,
  expected,
  FAMILIES,
  inAfter,
  type Json,
  Monitor,
  settles,
  statusOf,
  statusWhere,
  type Ways,
} from './kinds-support.js';

/** How long a gateway that was dead must answer before it is preferred again. */
const TRUST_MS = 10_000;
/** There is no routing daemon: the routes are in all the time. */
const DAEMON: Json = [{ bird: { socket: '/tmp/no-such-directory-of-bird/bird.ctl' } }];
const NOC: Readonly<Record<Family, string>> = { inet: '10.99.0.10', inet6: '2001:db8:99::10' };

interface Hosts {
  readonly lab: Lab;
  readonly router: Namespace;
  readonly gw1: Namespace;
  readonly gw2: Namespace;
  readonly noc: Namespace;
}

/** The NOC behind both gateways; it sends to the management networks by gw2 unless told otherwise. */
function hosts(t: Test): Hosts {
  const lab = createLab();
  t.teardown(async () => lab.close());
  const router = lab.namespace('router');
  const [gw1, gw2] = [lab.namespace('gw1', { forwarding: true }), lab.namespace('gw2', { forwarding: true })];
  const noc = lab.namespace('noc');
  noc.ipBatch([`addr add ${NOC.inet}/32 dev lo`, `addr add ${NOC.inet6}/128 dev lo nodad`]);
  for (const [gateway, n] of [
    [gw1, 1],
    [gw2, 2],
  ] as const) {
    lab.link(gateway, 'noc0', noc, `gw${n}`);
    gateway.ipBatch([`addr add 10.98.${n}.1/24 dev noc0`, `addr add 2001:db8:98:${n}::1/64 dev noc0 nodad`]);
    noc.ipBatch([`addr add 10.98.${n}.2/24 dev gw${n}`, `addr add 2001:db8:98:${n}::2/64 dev gw${n} nodad`]);
    gateway.ipBatch([
      `route add ${NOC.inet}/32 via 10.98.${n}.2`,
      `route add ${NOC.inet6}/128 via 2001:db8:98:${n}::2`,
    ]);
  }
  return { lab, router, gw1, gw2, noc };
}

/** A ping that has been answered. Between the router and the NOC's own addresses: the backup routes carry the router's half. */
async function answered(from: Namespace, target: string, source?: string): Promise<Ping> {
  const ping = startPing(from, target, source === undefined ? {} : { source });
  await ping.nextReply(10_000);
  return ping;
}

t.test('a list of gateways', async (t) => {
  const { lab, router, gw1, gw2, noc } = hosts(t);
  const sw = lab.namespace('sw');
  lab.bridge(sw, 'br0', [
    { namespace: router, name: 'mgmt0' },
    { namespace: gw1, name: 'lan' },
    { namespace: gw2, name: 'lan' },
  ]);
  const addresses = (n: number): readonly string[] => [
    `addr add 10.255.0.${n}/24 dev lan`,
    `addr add fe80::${n}/64 dev lan nodad`,
    `addr add 2001:db8:ff::${n}/64 dev lan nodad`,
  ];
  gw1.ipBatch(addresses(1));
  gw2.ipBatch(addresses(2));
  router.ipBatch(['addr add 10.255.0.77/24 dev mgmt0', 'addr add 2001:db8:ff::77/64 dev mgmt0 nodad']);
  noc.ipBatch(['route add 10.255.0.0/24 via 10.98.2.1', 'route add 2001:db8:ff::/64 via 2001:db8:98:2::1']);
  const first: Ways = { dev: 'mgmt0', inet: '10.255.0.1', inet6: 'fe80::1' };
  const second: Ways = { dev: 'mgmt0', inet: '10.255.0.2', inet6: 'fe80::2' };
  const text = configText(DAEMON, {
    'backup-router': { address: [first.inet!, second.inet!] },
    'inet6-backup-router': { address: [first.inet6!, second.inet6!] },
  });
  const monitor = await Monitor.open(router);
  const agent = agentIn(lab, router, text);

  /** Before the route by the former gateway goes, the one by the next has come. */
  const madeBeforeBroken = async (t: Test, fromMs: number, from: Ways, to: Ways): Promise<void> => {
    for (const family of FAMILIES) {
      const events = await monitor.since(fromMs, /^(?:Deleted )?default via .*proto 157/);
      const index = (start: string, way: Ways): number =>
        events.findIndex((event) => event.text.startsWith(`${start}default via ${way[family]} `));
      t.ok(index('', to) >= 0 && index('', to) < index('Deleted ', from), `${family}: make before break`);
    }
    t.same(
      (await monitor.since(fromMs, /^Deleted .*iif lo/)).map((event) => event.text),
      [],
      'and no rule was touched',
    );
  };

  await settles(t, router, expected(first), 'the first gateway');
  const pings = await Promise.all(FAMILIES.map(async (family) => answered(router, NOC[family])));

  await t.test('the first one dies', async (t) => {
    const downMs = Date.now();
    gw1.ip('link set lan down');
    await inAfter(t, monitor, downMs, 'the first gateway is gone, its neighbour entry fails', 7000, 0, second);
    await settles(t, router, expected(second), 'the second gateway');
    await madeBeforeBroken(t, downMs, first, second);
    for (const ping of pings) {
      await ping.nextReply();
      t.comment(`MEASURED outage to ${ping.target}: ${(await ping.longestGapMs(downMs)).toFixed(0)} ms`);
    }
    t.same(
      (await statusOf(agent)).backupRoutes.map((r) => [r.gateway, r.state]),
      [
        [second.inet, 'installed'],
        [second.inet6, 'installed'],
      ],
    );
  });

  await t.test('the first one returns', async (t) => {
    gw1.ipBatch(['link set lan up', ...addresses(1).slice(1)]);
    const upMs = Date.now();
    await inAfter(t, monitor, upMs, 'the first gateway answers again', TRUST_MS + 5000, TRUST_MS - 1000, first);
    await settles(t, router, expected(first), 'the first gateway');
    await madeBeforeBroken(t, upMs, second, first);
    for (const ping of pings) {
      await unbroken(t, [ping], upMs, 'switch back');
      await ping.stop();
    }
  });

  await t.test('renumbering', async (t) => {
    const fromMs = Date.now();
    router.ipBatch(['addr del 10.255.0.77/24 dev mgmt0', 'addr del 2001:db8:ff::77/64 dev mgmt0']);
    const wait = await statusWhere(agent, (s) => s.waiting.length > 0);
    t.match(wait.waiting, [{ subject: first.inet, reason: 'mgmt0 has no inet address yet' }]);
    await settles(
      t,
      router,
      expected({ dev: 'mgmt0', inet6: first.inet6! }),
      'without an address there is no IPv4 route',
    );
    const addedMs = Date.now();
    router.ipBatch(['addr add 10.255.0.88/24 dev mgmt0', 'addr add 2001:db8:ff::88/64 dev mgmt0 nodad']);
    await inAfter(t, monitor, addedMs, 'a new address', 1500, 0, { dev: 'mgmt0', inet: first.inet! });
    await settles(t, router, expected(first), 'both families again');
    for (const family of FAMILIES) await (await answered(router, NOC[family])).stop();
    await (await answered(noc, '10.255.0.88', NOC.inet)).stop();
    await (await answered(noc, '2001:db8:ff::88', NOC.inet6)).stop();
    t.same(
      (await monitor.since(fromMs, added(second.inet))).map((event) => event.text),
      [],
      'the second gateway was not needed',
    );
  });
});

t.test('two management interfaces, by alternative name and by MAC address', async (t) => {
  const { lab, router, gw1, gw2, noc } = hosts(t);
  const mac = '52:54:00:aa:bb:cc';
  lab.link(router, 'mgmt0', gw1, 'lan');
  lab.link(router, 'mgmt1', gw2, 'lan');
  router.ip('link property add dev mgmt0 altname oob0');
  router.ip(`link set mgmt1 address ${mac}`);
  for (const [gateway, n] of [
    [gw1, 0],
    [gw2, 1],
  ] as const) {
    gateway.ipBatch([
      `addr add 10.25${n}.0.1/24 dev lan`,
      'addr add fe80::1/64 dev lan nodad',
      `addr add 2001:db8:f${n}::1/64 dev lan nodad`,
    ]);
    router.ipBatch([`addr add 10.25${n}.0.77/24 dev mgmt${n}`, `addr add 2001:db8:f${n}::77/64 dev mgmt${n} nodad`]);
    noc.ipBatch([
      `route add 10.25${n}.0.0/24 via 10.98.${n + 1}.1`,
      `route add 2001:db8:f${n}::/64 via 2001:db8:98:${n + 1}::1`,
    ]);
  }
  const ways = (n: number): Ways => ({ dev: `mgmt${n}`, inet: `10.25${n}.0.1`, inet6: 'fe80::1' });
  const stanza = (n: number, selector: Json & object): Json => ({
    ...selector,
    'backup-router': { address: `10.25${n}.0.1` },
    'inet6-backup-router': { address: 'fe80::1' },
  });
  const agent = agentIn(
    lab,
    router,
    configText(DAEMON, { 'management-interface': [stanza(0, { name: 'oob0' }), stanza(1, { mac })] }),
  );
  await settles(t, router, expected([ways(0), ways(1)]), 'both interfaces have their routes');
  t.match((await statusOf(agent)).managementInterfaces, [
    { selector: 'oob0', name: 'mgmt0', up: true, carrier: true },
    { selector: mac, name: 'mgmt1', up: true, carrier: true },
  ]);
  const carriers = (): readonly string[] =>
    FAMILIES.map((family) => / dev (\S+)/.exec(router.ip(`route get ${NOC[family]}`))?.[1] ?? 'none');
  t.same(carriers(), ['mgmt0', 'mgmt0'], 'the first one carries');
  const reached = async (t: Test, what: string): Promise<void> => {
    for (const family of FAMILIES) {
      const ping = await answered(router, NOC[family]);
      await sleep(100);
      t.ok((await ping.stop()).received > 0, `${what}: ${family} reaches the NOC`);
    }
  };
  await reached(t, 'at first');

  await t.test('carrier loss and return', async (t) => {
    const downMs = Date.now();
    gw1.ip('link set lan down');
    await eventually(() => carriers().join() === 'mgmt1,mgmt1', {
      intervalMs: 5,
      what: 'the second one carries',
    });
    t.comment(
      `MEASURED carrier of the first interface lost: the second carries after less than ${Date.now() - downMs} ms`,
    );
    t.match((await statusOf(agent)).managementInterfaces, [
      { name: 'mgmt0', carrier: false },
      { name: 'mgmt1', carrier: true },
    ]);
    await reached(t, 'by the second interface');
    gw1.ipBatch(['link set lan up', 'addr add fe80::1/64 dev lan nodad', 'addr add 2001:db8:f0::1/64 dev lan nodad']);
    await eventually(() => carriers().join() === 'mgmt0,mgmt0', { what: 'the first one carries again' });
    await settles(t, router, expected([ways(0), ways(1)]), 'as before');
    await reached(t, 'by the first interface again');
  });

  await t.test('the gateway of the first interface dies, which keeps its carrier', async (t) => {
    const diedMs = Date.now();
    gw1.ipBatch(['addr del 10.250.0.1/24 dev lan', 'addr del fe80::1/64 dev lan']);
    await eventually(() => carriers().join() === 'mgmt1,mgmt1', {
      timeoutMs: 15_000,
      intervalMs: 20,
      what: 'the second one carries',
    });
    t.comment(`MEASURED gateway of the first interface lost: the second carries after ${Date.now() - diedMs} ms`);
    t.match((await statusOf(agent)).managementInterfaces, [
      { name: 'mgmt0', carrier: true },
      { name: 'mgmt1', carrier: true },
    ]);
    await reached(t, 'by the second interface');
    gw1.ipBatch(['addr add 10.250.0.1/24 dev lan', 'addr add fe80::1/64 dev lan nodad']);
    await eventually(() => carriers().join() === 'mgmt0,mgmt0', {
      timeoutMs: TRUST_MS + 8000,
      what: 'the first one carries again',
    });
    await settles(t, router, expected([ways(0), ways(1)]), 'as before');
    await reached(t, 'by the first interface again');
  });

  await t.test('the names change places', async (t) => {
    router.ip('link property del dev mgmt0 altname oob0');
    await statusWhere(agent, ({ managementInterfaces: [first] }) => first?.renamed === true);
    await settles(t, router, expected([ways(0), ways(1)]), 'the first one has lost its name while it is up, and stays');
    t.match((await statusOf(agent)).waiting, [{ subject: 'oob0', reason: /^it is named mgmt0 now/ }]);
    router.ipBatch([
      'link set mgmt1 down',
      'link set mgmt1 name wwan3',
      'link set wwan3 up',
      'addr add 2001:db8:f1::77/64 dev wwan3 nodad',
    ]);
    await settles(
      t,
      router,
      expected([ways(0), { ...ways(1), dev: 'wwan3' }]),
      'the second one is known by its MAC address, whatever its name',
    );
    router.ip('link property add dev mgmt0 altname oob0');
    await settles(t, router, expected([ways(0), { ...ways(1), dev: 'wwan3' }]), 'and the first one has its name again');
    await eventually(() => carriers().join() === 'mgmt0,mgmt0', { what: 'the first one carries' });
    t.equal((await agent.cli('status')).status, 0);
  });
});
