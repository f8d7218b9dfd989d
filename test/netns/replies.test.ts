/**
 * Symmetric replies with a real kernel, a real agent and a real FRR. FRR's default route leads
 * away from the management network, where answers are lost. The NOC pings the management address,
 * in both families.
 */

import t, { type Test } from 'tap';
import type { Agent } from '../../src/drill/lab/agent.js';
import type { Frr } from '../../src/drill/lab/frr.js';
import { eventually } from '../../src/drill/lab/wait.js';
import type { Family } from '../../src/model/address.js';
import { routeGet, routes, rules } from '../lab/inspect.js';
import { startPing } from '../lab/ping.js';
import { STANDARD, type StandardLab } from '../lab/standard.js';
import { agentIn, type Case, FAMILIES, frrAway, GATEWAY, laboratory, statusWhere, turned } from './agent-support.js';

const TABLE = 25_629;

/** zebra with a default of its own through data0, where answers to the NOC are dropped. */
async function away(std: StandardLab): Promise<Frr> {
  const { router } = std;
  const frr = frrAway(std);
  await frr.start();
  await eventually(
    () =>
      FAMILIES.every((family) => routes(router, family).some(({ dst, dev }) => dst === 'default' && dev === 'data0')),
    { what: 'defaults of FRR' },
  );
  return frr;
}

function config(frr: Frr, symmetric: boolean): string {
  return JSON.stringify({
    'management-interface': 'mgmt0',
    'backup-router': { address: GATEWAY.inet, 'symmetric-replies': symmetric },
    'inet6-backup-router': { address: GATEWAY.inet6, 'symmetric-replies': symmetric },
    'routing-daemon': { frr: { daemons: ['zebra'], 'socket-directory': frr.directory } },
    withdraw: { 'hold-time': '300ms' },
    detect: { 'probe-interval': '100ms', 'probe-timeout': '2s' },
  });
}

/** Whether the NOC, asking the management address, is answered. */
async function answered({ noc }: StandardLab, family: Family, timeoutMs: number): Promise<boolean> {
  const ping = startPing(noc, STANDARD[family].mgmt);
  try {
    await ping.nextReply(timeoutMs);
    return true;
  } catch {
    return false;
  } finally {
    await ping.stop();
  }
}

async function everywhere(t: Case, std: StandardLab, wanted: boolean, when: string): Promise<void> {
  for (const family of FAMILIES)
    t.same(await answered(std, family, wanted ? 20_000 : 1000), wanted, `${family}: ${when}`);
}

/** Rules of an operator for the management address, and what their table has. */
async function takenByTables(t: Test, std: StandardLab, agent: Agent): Promise<void> {
  const { router } = std;
  const each = (words: (family: Family) => string): void => {
    for (const family of FAMILIES) router.ip(`${family === 'inet6' ? '-6 ' : ''}${words(family)}`);
  };
  const taken = (text: RegExp | null): Promise<unknown> =>
    statusWhere(agent, ({ symmetricReplies }) =>
      symmetricReplies.every(({ reason }) => (text === null ? reason === null : text.test(reason ?? ''))),
    );
  each(() => 'route add blackhole default table 77');
  each((family) => `rule add pref 400 from ${STANDARD[family].mgmt} lookup 77`);
  await taken(/^rule 400: from .* takes packets from .* first, and blackhole default .* of table 77 refuses them$/);
  await everywhere(t, std, false, 'a table of an operator refuses them');
  t.match(await agent.cli('status'), { status: 1, stdout: /REPLIES NOT IN.*blackhole default/s });
  each(() => 'route del blackhole default table 77');
  await taken(null);
  await everywhere(t, std, true, 'answered past an empty table');
  each(() => 'route add default dev data0 table 77');
  await taken(/takes packets from .* first, and sends them dev data0$/);
  for (const family of FAMILIES) {
    const { noc, mgmt } = STANDARD[family];
    t.match(routeGet(router, noc, 'from', mgmt), /dev data0/, `${family}: a table of an operator leads elsewhere`);
  }
  t.match(await agent.cli('status'), { status: 0, stdout: /replies .*sends them dev data0/s });
  each((family) => `rule del pref 400 from ${STANDARD[family].mgmt} lookup 77`);
  await taken(null);
}

for (const rpFilter of [0, 1] as const) {
  t.test(`answered while FRR is healthy, and its default leads elsewhere; rp_filter ${rpFilter}`, async (t) => {
    const std = laboratory(t, { rpFilter });
    const { router } = std;
    const frr = await away(std);
    const agent = agentIn(std, config(frr, false));
    await turned(agent, 'out');
    await everywhere(t, std, false, 'lost without');

    agent.configure(config(frr, true));
    agent.signal('SIGHUP');
    await statusWhere(
      agent,
      ({ symmetricReplies }) =>
        symmetricReplies.length === 2 && symmetricReplies.every(({ state }) => state === 'installed'),
    );
    await everywhere(t, std, true, 'answered with');
    for (const family of FAMILIES) {
      const a = STANDARD[family];
      t.match(routeGet(router, a.noc), /dev data0/, `${family}: other packets as ever`);
      t.match(routeGet(router, a.noc, 'from', a.data), /dev data0/, `${family}: those from another address, too`);
      t.match(routeGet(router, a.noc, 'from', a.mgmt), /dev mgmt0/, `${family}: from the management address by mgmt0`);
      t.notMatch(routeGet(router, a.gateway, 'from', a.mgmt), /via/, `${family}: a neighbour directly`);
      t.match(routeGet(router, a.mgmt, 'from', a.mgmt), /local/, `${family}: this host itself as ever`);
      t.notMatch(
        routeGet(router, a.noc, 'from', a.mgmt, 'iif', 'data0'),
        /mgmt0/,
        `${family}: never in transit, whatever the source says`,
      );
    }

    const from = agent.log.length;
    await frr.kill('zebra');
    await turned(agent, 'in', from);
    await everywhere(t, std, true, 'answered beside a dead zebra');

    for (const family of FAMILIES) router.ip(`${family === 'inet6' ? '-6 ' : ''}rule flush proto 157`);
    await eventually(() => FAMILIES.every((family) => rules(router, family).some(({ table }) => table === TABLE)), {
      what: 'the rules again',
    });
    await everywhere(t, std, true, 'answered after a flush of the rules');

    const states = (wanted: string): Promise<unknown> =>
      statusWhere(agent, ({ symmetricReplies }) => symmetricReplies.every(({ state }) => state === wanted));
    const refuse = (order: string): void => {
      for (const family of FAMILIES)
        router.ip(`${family === 'inet6' ? '-6 ' : ''}rule ${order} pref 400 from ${STANDARD[family].mgmt} prohibit`);
    };
    refuse('add');
    await states('absent');
    await everywhere(t, std, false, 'an operator refuses them first');
    t.match(await agent.cli('status'), {
      status: 1,
      stdout: /REPLIES NOT IN.*rule 400: from .* prohibit takes packets/s,
    });
    refuse('del');
    await states('installed');

    if (rpFilter === 0) await takenByTables(t, std, agent);
    await agent.stop();
    await everywhere(t, std, true, 'answered after the agent (on-stop: keep)');
  });
}
