/**
 * While the backup router does not answer, or the management port has no carrier, the backup route
 * leaves its packets to what carries them without it: a shorter route of main, or a table behind
 * main. The router's pings to the NOC say so, also over a restart of the agent.
 */

import t from 'tap';
import type { Agent } from '../../src/drill/lab/agent.js';
import type { Namespace } from '../../src/drill/lab/namespace.js';
import { eventually } from '../../src/drill/lab/wait.js';
import { routeGet } from '../lab/inspect.js';
import { type Ping, startPing } from '../lab/ping.js';
import { STANDARD, type StandardLab } from '../lab/standard.js';
import { agentIn, FAMILIES, laboratory, restartAgent, statusOf, unbroken } from './agent-support.js';

t.setTimeout(400_000);

/** There is no routing daemon, so the routes are wanted all the time. */
const text = (destinations: Readonly<Record<(typeof FAMILIES)[number], string>>): string =>
  JSON.stringify({
    'management-interface': 'mgmt0',
    'backup-router': { address: STANDARD.inet.gateway, destination: destinations.inet },
    'inet6-backup-router': { address: STANDARD.inet6.gateway, destination: destinations.inet6 },
    'routing-daemon': [{ bird: { socket: '/tmp/no-such-directory-of-bird/bird.ctl' } }],
  });

const leaves = (router: Namespace): string =>
  FAMILIES.map((family) => / dev (\S+)/.exec(routeGet(router, STANDARD[family].noc))?.[1] ?? 'none').join();

async function by(router: Namespace, device: string, what: string): Promise<void> {
  await eventually(() => leaves(router) === `${device},${device}`, { timeoutMs: 30_000, what });
}

/** From an address that the NOC answers by the data port, whichever way the ping goes. */
async function pingsOf({ router }: StandardLab): Promise<readonly Ping[]> {
  return Promise.all(
    FAMILIES.map(async (family) => {
      const ping = startPing(router, STANDARD[family].noc, { source: STANDARD[family].data });
      await ping.nextReply(20_000);
      return ping;
    }),
  );
}

const dies = ({ gw }: StandardLab): void =>
  void gw.ipBatch([
    `addr del ${STANDARD.inet.gateway}/24 dev router0`,
    `addr del ${STANDARD.inet6.gateway}/64 dev router0`,
  ]);
const returns = ({ gw }: StandardLab): void =>
  void gw.ipBatch([
    `addr add ${STANDARD.inet.gateway}/24 dev router0`,
    `addr add ${STANDARD.inet6.gateway}/64 dev router0 nodad`,
  ]);

for (const [name, table, destinations] of [
  ['a shorter route of main', 'main', { inet: '10.99.0.0/24', inet6: '2001:db8:99::/64' }],
  ['a table behind main', '253', { inet: '0.0.0.0/0', inet6: '::/0' }],
] as const)
  t.test(name, async (t) => {
    const std = laboratory(t);
    const { router, gw } = std;
    router.ipBatch([
      `route add default via ${STANDARD.inet.peer} dev data0 table ${table}`,
      `route add default via ${STANDARD.inet6.peer} dev data0 table ${table}`,
    ]);
    // Behind main there is a rule for table 253 in IPv4 alone.
    if (table === '253') router.ip('-6 rule add pref 32767 lookup 253');
    let agent: Agent = agentIn(std, text(destinations));
    await by(router, 'mgmt0', 'the backup route carries');
    const pings = await pingsOf(std);

    dies(std);
    await by(router, 'data0', 'the backup router is dead: the other route carries');
    const leftMs = Date.now();
    for (const ping of pings) await ping.nextReply(20_000);
    const status = await agent.cli('status');
    t.equal(status.status, 1);
    t.match(status.stdout, /^backup routes +WANTED, NOT IN, BACKUP ROUTER DEAD /);
    t.match((await statusOf(agent)).waiting, [
      { subject: STANDARD.inet.gateway, reason: /^no backup router answers on mgmt0, so other routes keep / },
      { subject: STANDARD.inet6.gateway, reason: /^no backup router answers on mgmt0, so other routes keep / },
    ]);

    // The kernel forgets a neighbour that has failed; what the agent knows stays.
    for (const family of FAMILIES) router.tryRun(['ip', 'neigh', 'del', STANDARD[family].gateway, 'dev', 'mgmt0']);
    for (const family of FAMILIES) {
      const told = await agent.cli('explain', STANDARD[family].noc, '--json');
      const { states } = JSON.parse(told.stdout) as { readonly states: readonly { readonly carrier: string }[] };
      t.same(new Set(states.map(({ carrier }) => carrier)), new Set(['other']), `${family}: in every state`);
    }
    t.same(JSON.parse((await agent.cli('plan', '--json')).stdout).in, { commands: [] }, 'plan has nothing to add');

    await agent.kill();
    agent = restartAgent(std, agent, text(destinations));
    await agent.waitForLog(/routes phase=in/, 20_000);
    const lookedMs = Date.now();
    await eventually(() => Date.now() - lookedMs > 6000, { timeoutMs: 15_000, what: 'six seconds' });
    await unbroken(t, pings, leftMs, 'dead, and a restart', 1000);
    t.equal(leaves(router), 'data0,data0');

    returns(std);
    await by(router, 'mgmt0', 'it answers again');
    gw.ip('link set router0 down');
    await by(router, 'data0', 'no carrier');
    for (const ping of pings) await ping.nextReply(20_000);
    await agent.stop();
    for (const ping of pings) await ping.stop();
  });
