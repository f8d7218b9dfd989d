/**
 * One router whose ports are in a VRF with the customary unreachable default: the backup routes without FRR, beside FRR's own
 * route in that VRF, beside its stale one, and nothing of it outside the VRF. The tests follow upon each other.
 */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { TestContext } from 'node:test';
import type { Agent } from '../../src/drill/lab/agent.js';
import { eventually } from '../../src/drill/lab/wait.js';
import { routeGet, routes, snapshotText } from '../lab/inspect.js';
import { become, LIMIT, METRIC, METRIC_PREEMPTING, PATIENCE, PREEMPT_S, startIn } from './agent.js';
import { addVrf, createNetwork, defaultsIn, FAMILIES, GATEWAY, owned, PEER, reaches, wayToNoc } from './network.js';
import { prepareVrfFrr } from './vrf-frr.js';

/** Where neither the router nor anybody beside it has a route to. */
const NOWHERE = { inet: '203.0.113.9', inet6: '2001:db8:beef::9' } as const;

/** All of it, with the VRF's routes in that table. */
export async function lifecycle(t: TestContext, table: number): Promise<void> {
  const network = createNetwork();
  t.after(() => network.lab.close());
  const { router } = network;
  addVrf(network, 'mgmt', table);
  router.ip('link set mgmt0 master mgmt');
  router.ip('link set data0 master mgmt');
  const frr = prepareVrfFrr(network, 'mgmt');
  const foreign = snapshotText(router);
  const outside = FAMILIES.map((family) => routeGet(router, NOWHERE[family]));
  let agent: Agent | undefined;

  await t.test('before: the unreachable default is all there is', LIMIT, () => {
    for (const family of FAMILIES) {
      assert.equal(wayToNoc(network, family, 'mgmt'), 'none');
      assert.deepEqual(reaches(network, family, 'bound to mgmt'), { fromNoc: false, toNoc: false });
    }
  });

  await t.test('without FRR: default routes in the table of the VRF, and no rules', LIMIT, async () => {
    agent = startIn(network, 'vrf');
    await become(network, defaultsIn(table, METRIC), 'backup routes in the VRF');
  });

  for (const family of FAMILIES) {
    await t.test(`${family}: they beat the unreachable default, and carry packets both ways`, LIMIT, () => {
      assert.equal(wayToNoc(network, family, 'mgmt'), GATEWAY[family]);
      assert.deepEqual(reaches(network, family, 'bound to mgmt'), { fromNoc: true, toNoc: true });
    });
  }

  await t.test('a command in `ip vrf exec` reaches the NOC', LIMIT, () => {
    for (const family of FAMILIES)
      assert.deepEqual(reaches(network, family, 'ip vrf exec mgmt'), { fromNoc: true, toNoc: true });
  });

  await t.test('outside the VRF nothing has changed', LIMIT, () => {
    assert.deepEqual(
      FAMILIES.map((family) => routeGet(router, NOWHERE[family])),
      outside,
    );
    assert.equal(snapshotText(router), foreign);
    for (const family of FAMILIES) assert.equal(wayToNoc(network, family), 'none');
  });

  await t.test('FRR appears: its route in the VRF wins the tie while ours is held', LIMIT, async () => {
    await frr.start();
    await eventually(
      () =>
        FAMILIES.every((family) =>
          routes(router, family, table).some((route) => route.gateway === PEER[family] && route.metric === 20),
        ),
      { ...PATIENCE, what: "FRR's default routes in the VRF" },
    );
    for (const family of FAMILIES) assert.equal(wayToNoc(network, family, 'mgmt'), PEER[family]);
  });

  await t.test('zebra is asked in the VRF, and ours are withdrawn after the hold-time', LIMIT, async () => {
    await become(network, [], 'withdrawn');
    const log = readFileSync(frr.zebraLog, 'utf8');
    assert.match(log, /show ip route vrf mgmt 0\.0\.0\.0\/0 json/);
    assert.match(log, /show ipv6 route vrf mgmt ::\/0 json/);
    for (const family of FAMILIES)
      assert.deepEqual(
        [wayToNoc(network, family, 'mgmt'), reaches(network, family, 'bound to mgmt')],
        [PEER[family], { fromNoc: true, toNoc: true }],
      );
  });

  await t.test('SIGKILL of zebra: in beside the stale routes, which are preempted in time', LIMIT, async () => {
    const atMs = await frr.killZebra();
    await become(network, defaultsIn(table, METRIC), 'back in');
    for (const family of FAMILIES)
      assert.equal(wayToNoc(network, family, 'mgmt'), PEER[family], 'the stale route keeps the tie');
    await become(network, defaultsIn(table, METRIC_PREEMPTING), 'preempting');
    const tookMs = Date.now() - atMs;
    assert.ok(tookMs >= PREEMPT_S * 1000, `after ${tookMs} ms`);
    for (const family of FAMILIES)
      assert.deepEqual(
        [wayToNoc(network, family, 'mgmt'), reaches(network, family, 'bound to mgmt')],
        [GATEWAY[family], { fromNoc: true, toNoc: true }],
      );
  });

  await t.test('FRR is restarted, as watchfrr does: withdrawn again', LIMIT, async () => {
    await frr.restart();
    await become(network, [], 'withdrawn');
    for (const family of FAMILIES) assert.equal(wayToNoc(network, family, 'mgmt'), PEER[family]);
  });

  await t.test('FRR stops in order: in; the agent stops: kept', LIMIT, async () => {
    await frr.stop();
    await become(network, defaultsIn(table, METRIC), 'back in');
    assert.equal((await agent!.stop()).status, 0);
    assert.deepEqual(owned(network), defaultsIn(table, METRIC));
    assert.equal(snapshotText(router), foreign);
  });
}
