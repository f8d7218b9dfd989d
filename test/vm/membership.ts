/**
 * The VRF of the management interface comes, goes and changes while the agent runs; FRR does not.
 */

import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { sleep } from '../../src/drill/lab/wait.js';
import type { Status } from '../../src/model/status.js';
import { routes } from '../lab/inspect.js';
import { become, LIMIT, METRIC, startIn } from './agent.js';
import {
  addVrf,
  createNetwork,
  defaultsIn,
  FAMILIES,
  GATEWAY,
  owned,
  reaches,
  UNREACHABLE_METRIC,
  wayToNoc,
} from './network.js';

/** Placement `local` outside of any VRF: table 25500, and its pair of rules (a default route's stands behind the rule of main). */
const LOCAL: readonly string[] = [
  `default via ${GATEWAY.inet} dev mgmt0 table 25500 metric 0`,
  `default via ${GATEWAY.inet6} dev mgmt0 table 25500 metric 1024`,
  ...[
    'inet rule 32766 table 254',
    'inet rule 32766 table 25500',
    'inet6 rule 32766 table 254',
    'inet6 rule 32766 table 25500',
  ],
];

/** Placement `local`: in the VRF's table while there is a VRF, in a table of our own with rules while there is none. */
export async function leaveAndJoin(t: TestContext): Promise<void> {
  const network = createNetwork();
  t.after(() => network.lab.close());
  const { router } = network;
  addVrf(network, 'mgmt', 1001);
  addVrf(network, 'blue', 100);
  router.ip('link set mgmt0 master mgmt');

  await t.test('in the VRF: as with placement vrf', LIMIT, async () => {
    startIn(network, 'local');
    await become(network, defaultsIn(1001, METRIC), 'backup routes in the VRF');
  });

  await t.test('it leaves: to a table of ours, with rules', LIMIT, async () => {
    router.ip('link set mgmt0 nomaster');
    await become(network, LOCAL, 'backup routes for main');
    for (const family of FAMILIES) {
      assert.equal(wayToNoc(network, family), GATEWAY[family]);
      assert.equal(wayToNoc(network, family, 'mgmt'), 'none');
      assert.deepEqual(reaches(network, family, 'main'), { fromNoc: true, toNoc: true });
    }
  });

  await t.test('it joins again: back into the VRF, and nothing stays behind', LIMIT, async () => {
    router.ip('link set mgmt0 master mgmt');
    await become(network, defaultsIn(1001, METRIC), 'backup routes in the VRF');
    for (const family of FAMILIES) {
      assert.equal(wayToNoc(network, family), 'none');
      assert.deepEqual(reaches(network, family, 'bound to mgmt'), { fromNoc: true, toNoc: true });
    }
  });

  await t.test('it joins another VRF: after it', LIMIT, async () => {
    router.ip('link set mgmt0 master blue');
    await become(network, defaultsIn(100, METRIC), 'backup routes in the other VRF');
    for (const family of FAMILIES)
      assert.deepEqual(
        [wayToNoc(network, family, 'mgmt'), wayToNoc(network, family, 'blue')],
        ['none', GATEWAY[family]],
      );
  });
}

/** Placement `vrf`: nothing anywhere until there is a VRF. */
export async function insistOnVrf(t: TestContext): Promise<void> {
  const network = createNetwork();
  t.after(() => network.lab.close());
  const { router } = network;
  const agent = startIn(network, 'vrf');

  await t.test('without a VRF: waits, says so, and touches nothing', LIMIT, async () => {
    await agent.waitForLog(/./, 60_000);
    await sleep(5000);
    const status = await agent.status<Status>();
    assert.deepEqual(
      status.waiting.filter(({ subject, reason }) => subject === 'mgmt0' && /in no VRF/.test(reason)).length > 0,
      true,
      JSON.stringify(status.waiting),
    );
    assert.equal(status.routes.phase, 'in');
    assert.deepEqual(owned(network), []);
    for (const family of FAMILIES) assert.equal(wayToNoc(network, family), 'none');
  });

  await t.test('a VRF that comes later is found when the interface joins it', LIMIT, async () => {
    addVrf(network, 'mgmt', 1001);
    router.ip('link set mgmt0 master mgmt');
    await become(network, defaultsIn(1001, METRIC), 'backup routes in the VRF');
    for (const family of FAMILIES)
      assert.deepEqual(reaches(network, family, 'bound to mgmt'), { fromNoc: true, toNoc: true });
    assert.deepEqual((await agent.status<Status>()).waiting, []);
  });

  await t.test('the VRF is deleted: out of its table, and waiting again', LIMIT, async () => {
    router.ip('link delete mgmt');
    await become(network, [], 'gone');
    assert.match(JSON.stringify((await agent.status<Status>()).waiting), /in no VRF/);
    for (const family of FAMILIES) {
      assert.equal(wayToNoc(network, family), 'none');
      assert.ok(
        routes(router, family, 1001).every((route) => route.metric === UNREACHABLE_METRIC),
        'of others only',
      );
    }
  });
}
