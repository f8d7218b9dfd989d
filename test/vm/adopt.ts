/**
 * `address: auto` with `adopt: true` on an interface in a VRF: the default route that DHCP put into the VRF's table is taken over
 * once FRR has its own to put in its place, and given back when the agent stops. One of the same kind outside the VRF is left alone.
 */

import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { startAgent } from '../../src/drill/lab/agent.js';
import { eventually } from '../../src/drill/lab/wait.js';
import { routes } from '../lab/inspect.js';
import { become, LIMIT, METRIC, PATIENCE } from './agent.js';
import { addVrf, createNetwork, defaultsIn, GATEWAY, PEER, reaches, wayToNoc } from './network.js';
import { prepareVrfFrr } from './vrf-frr.js';

const TABLE = 1001;
/** rtm_protocol of a DHCP client. */
const DHCP = 16;

export async function adoptInVrf(t: TestContext): Promise<void> {
  const network = createNetwork();
  t.after(() => network.lab.close());
  const { lab, router, frrDirectory } = network;
  addVrf(network, 'mgmt', TABLE);
  router.ip('link set mgmt0 master mgmt');
  router.ip(`route add default via ${GATEWAY.inet} dev mgmt0 table ${TABLE} proto dhcp src 10.77.0.2`);
  router.ip(`route add default via ${PEER.inet} dev data0 proto dhcp`);
  const ours = defaultsIn(TABLE, METRIC).filter((line) => line.includes(GATEWAY.inet));
  const frr = prepareVrfFrr(network, 'mgmt', GATEWAY);
  const dhcpIn = (table: number): number =>
    routes(router, 'inet', table).filter((route) => route.protocol === DHCP).length;
  const agent = startAgent(lab, router, {
    configText: `management-interface: mgmt0
backup-router: {address: auto, adopt: true}
routing-daemon: [{frr: {daemons: [zebra, staticd], socket-directory: ${frrDirectory}}}]
`,
  });

  await t.test('without a daemon the DHCP route stays, and ours beside it', LIMIT, async () => {
    await become(network, ours, 'the backup route by the gateway of the DHCP route');
    assert.equal(dhcpIn(TABLE), 1);
  });

  await t.test('taken over in the table of the VRF once FRR has its own; the other one stays', LIMIT, async () => {
    await frr.start();
    await eventually(() => dhcpIn(TABLE) === 0, { ...PATIENCE, what: 'the DHCP route is taken over' });
    await become(network, [], "withdrawn beside FRR's");
    assert.equal(dhcpIn(254), 1);
    assert.equal(wayToNoc(network, 'inet', 'mgmt'), GATEWAY.inet);
    assert.deepEqual(reaches(network, 'inet', 'bound to mgmt'), { fromNoc: true, toNoc: true });
  });

  await t.test('given back when the agent stops', LIMIT, async () => {
    assert.equal((await agent.stop()).status, 0);
    assert.equal(dhcpIn(TABLE), 1);
    assert.equal(dhcpIn(254), 1);
    assert.equal(wayToNoc(network, 'inet', 'mgmt'), GATEWAY.inet);
    await frr.stop();
  });
}
