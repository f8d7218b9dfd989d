/**
 * The shipped containerlab example on a node as the container runtime sets it up (fact S6): the
 * runtime's default routes on the management interface, in both families, and a NOC beyond the
 * management network. The NOC is never cut off, in no phase of FRR or of the agent, whether or not
 * FRR has a default route.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { startAgent } from '../../src/drill/lab/agent.js';
import { eventually, sleep } from '../../src/drill/lab/wait.js';
import { FAMILIES, type Family } from '../../src/model/address.js';
import type { Status } from '../../src/model/status.js';
import { startPing } from '../lab/ping.js';
import { STANDARD, standardLab } from '../lab/standard.js';
import { prepareRouterFrr, startPeerFrr } from '../lab/standard-frr.js';

const EXAMPLE = readFileSync(
  fileURLToPath(new URL('../../../docs/examples/containerlab.yaml', import.meta.url)),
  'utf8',
);

/** What a busy machine may add: a second of pings. */
const BUSY_PINGS = 100;

t.setTimeout(400_000);

t.test('a NOC beyond the management network is never lost', async (t) => {
  const standard = standardLab();
  t.teardown(() => standard.close());
  const { router, lab, noc, peer: neighbour } = standard;
  // FRR's own default route leads to where the answers to the NOC are lost.
  for (const net of ['10.99.0.0/24', '2001:db8:99::/64']) neighbour.ip(`route replace blackhole ${net}`);
  const frr = prepareRouterFrr(standard);
  router.ip(`-4 route add default via ${STANDARD.inet.gateway} dev mgmt0`);
  router.ip(`-6 route add default via ${STANDARD.inet6.gateway} dev mgmt0`);
  const defaults = (family: Family): string =>
    router.run(['ip', family === 'inet' ? '-4' : '-6', 'route', 'show', 'default']);
  const before = FAMILIES.map(defaults);

  const configText = `${EXAMPLE.replace(/eth0/g, 'mgmt0').replace('[zebra, bgpd]', `[zebra, bgpd], socket-directory: ${frr.directory}`)}withdraw: {hold-time: 500ms}\n`;
  t.match(
    configText,
    /adopt: true[\s\S]*inet6-backup-router[\s\S]*adopt: true[\s\S]*socket-directory/,
    'the example, for both families',
  );
  const directory = join(lab.directory, 'agent');
  const pings = [STANDARD.inet.mgmt, STANDARD.inet6.mgmt].map((target) => startPing(noc, target));
  for (const ping of pings) await ping.nextReply(10_000);
  let since = Date.now();
  const phase = async (name: string, reached: () => boolean | Promise<boolean>): Promise<void> => {
    await eventually(reached, { timeoutMs: 40_000, what: name });
    await sleep(500);
    for (const ping of pings) {
      const lost = await ping.lost(since);
      await ping.nextReply();
      t.ok(lost <= 5 + BUSY_PINGS, `${name}: ${lost} packets of ${ping.target} lost, one each 10 ms`);
    }
    since = Date.now();
  };

  let agent = startAgent(lab, router, { configText, directory });
  const status = (): Promise<Status> => agent.status<Status>();
  const is = async (wanted: 'in' | 'out', adopted: number): Promise<boolean> => {
    const { routes, adopted: taken } = await status();
    return routes.phase === wanted && taken.length === adopted;
  };
  const stands = (): boolean => FAMILIES.every((family, i) => defaults(family) === before[i]);

  await phase('the agent, and no FRR', async () => is('in', 0));
  t.ok(stands());
  await frr.start();
  await phase('FRR without a default route', async () => is('out', 0));
  t.ok(stands(), 'the routes of the runtime stand');
  t.equal((await status()).waiting.filter(({ reason }) => /has no default route of its own/.test(reason)).length, 2);
  const peer = await startPeerFrr(standard);
  await phase('FRR learns a default route in both families', async () => is('out', 2));
  for (const family of FAMILIES) t.match(defaults(family), /^default .*proto bgp/, 'which is the only one');
  await peer.stop();
  await phase('the peer is gone', async () => is('in', 2));
  await frr.stop();
  await phase('FRR stops', async () => is('in', 2));
  await peer.start();
  await frr.start();
  await phase('FRR is back', async () => is('out', 2));
  await frr.kill();
  await phase('FRR dies', async () => is('in', 2));
  await agent.process.stop('SIGKILL');
  await phase('the agent dies', () => true);
  agent = startAgent(lab, router, { configText, directory });
  await phase('the agent is back', async () => is('in', 2));
  const gateways = async (): Promise<readonly string[]> => (await status()).gateways.map(({ state }) => state);
  await eventually(async () => (await gateways()).every((state) => state === 'alive'), {
    timeoutMs: 15_000,
    what: 'the gateways that the record names',
  });
  await frr.start();
  await phase('FRR is back again', async () => is('out', 2));
  t.match(await agent.stop(), { status: 0 });
  await phase('the agent stops', () =>
    FAMILIES.every((family, i) => before[i]!.split('\n').every((line) => defaults(family).includes(line))),
  );
  for (const ping of pings) await ping.stop();
});
