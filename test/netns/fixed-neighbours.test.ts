/**
 * An operator's neighbour entries outlive the agent's probes: the real agent and the real kernel,
 * both families, routes in and out, for gateways that answer and for gateways that do not.
 */

import t from 'tap';
import { sleep } from '../../src/drill/lab/wait.js';
import { STANDARD } from '../lab/standard.js';
import { agentIn, laboratory, statusWhere, zebraOnly } from './agent-support.js';

const { inet, inet6 } = STANDARD;
const MAC = '02:00:00:00:00:99';
/** Of the router's link; the second pair is nobody's. */
const GATEWAYS = {
  alive: { inet: inet.gateway, inet6: inet6.gateway },
  dead: { inet: '10.255.0.77', inet6: '2001:db8:ff::77' },
} as const;
/** More than one interval of probes, and the three seconds until an unanswered one has failed. */
const WATCH_MS = { in: 4_500, out: 14_500 } as const;

for (const phase of ['in', 'out'] as const)
  for (const state of ['alive', 'dead'] as const)
    t.test(`routes ${phase}, gateways ${state}`, async (t) => {
      const std = laboratory(t);
      const { router } = std;
      const frr = zebraOnly(std);
      if (phase === 'out') await frr.start();
      const gateway = GATEWAYS[state];
      const agent = agentIn(std, { gateway, frr, daemons: ['zebra'], convergence: '500ms' });
      await agent.waitForLog(/ ready /);
      const stands = await statusWhere(
        agent,
        (s) => s.routes.phase === phase && s.gateways.every((one) => one.state === state),
      );
      t.same(stands.gateways.length, 2);
      const entry = { inet: 'nud permanent', inet6: 'nud noarp extern_learn' } as const;
      const shown = {
        inet: / lladdr 02:00:00:00:00:99 PERMANENT/,
        inet6: / lladdr 02:00:00:00:00:99 extern_learn NOARP/,
      };
      const families = ['inet', 'inet6'] as const;
      const stand = (family: (typeof families)[number]): boolean =>
        shown[family].test(router.ip(`neigh show ${gateway[family]} dev mgmt0`));
      // The agent reads an entry right before it probes. On a busy machine an entry can come between the two, once.
      for (let tries = 0; tries < 2 && !families.every(stand); tries++) {
        for (const family of families)
          router.ip(`neigh replace ${gateway[family]} lladdr ${MAC} ${entry[family]} dev mgmt0`);
        await sleep(WATCH_MS[phase]);
      }
      for (const family of families)
        t.match(router.ip(`neigh show ${gateway[family]} dev mgmt0`), shown[family], family);
    });
