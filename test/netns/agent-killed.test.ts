/**
 * The agent is killed at random moments of installing and withdrawing. Its next start completes
 * whatever it left half done, without duplicates and without leftovers.
 */

import t from 'tap';
import type { Agent } from '../../src/drill/lab/agent.js';
import type { Namespace } from '../../src/drill/lab/namespace.js';
import { sleep } from '../../src/drill/lab/wait.js';
import { snapshotText } from '../lab/inspect.js';
import {
  agentIn,
  configText,
  expected,
  laboratory,
  owned,
  PLACEMENTS,
  restartAgent,
  settles,
  turned,
  zebraOnly,
} from './agent-support.js';

/** Deletes what a line of `owned` tells of. */
function remove(router: Namespace, line: string): void {
  const [, family, rest] = /^(inet6?) (.*)$/.exec(line)!;
  const rule = /^rule (\d+) (.*)$/.exec(rest!);
  router.run([
    'ip',
    family === 'inet' ? '-4' : '-6',
    ...(rule === null
      ? ['route', 'del', ...rest!.split(' ')]
      : [
          'rule',
          'del',
          'pref',
          rule[1]!,
          ...rule[2]!.replace('suppress', 'suppress_prefixlength').split(' '),
          'protocol',
          '157',
        ]),
  ]);
}

for (const placement of PLACEMENTS) {
  t.test(`killed 20 times in the middle of installing and withdrawing, placement ${placement}`, async (t) => {
    const std = laboratory(t);
    const { router } = std;
    const frr = zebraOnly(std);
    const destinations = {
      inet: ['0.0.0.0/0', '10.0.0.0/8', '172.16.0.0/12'],
      inet6: ['::/0', '2001:db8::/32'],
    };
    const config = configText({
      placement,
      frr,
      daemons: ['zebra'],
      destinations,
      hold: '0s',
      convergence: 0,
    });
    const wanted = expected({ placement, destinations });
    const foreign = snapshotText(router);
    let agent: Agent = agentIn(std, config);
    const seen = new Set<number>();
    for (let i = 0; i < 20; i++) {
      // Even rounds: killed around its own start, zebra being dead. Odd ones: around the withdrawal beside a new zebra.
      const delayMs = Math.random() * 60;
      if (i % 2 === 0) {
        await sleep(delayMs + 20);
      } else {
        await agent.waitForLog(/ ready /);
        const up = frr.start('zebra');
        await sleep(delayMs);
        await agent.kill();
        await up;
      }
      await agent.kill();
      seen.add(owned(router).length);
      // One batch is one system call, so a kill rarely finds it half done: half of what is there is taken away by hand.
      if (i % 4 === 2) for (const line of owned(router).filter(() => Math.random() < 0.5)) remove(router, line);
      if (frr.running('zebra')) await frr.kill('zebra');
      agent = restartAgent(std, agent, config);
    }
    t.comment(
      `routes and rules found after the kills: ${[...seen].sort((a, b) => a - b).join(' ')} of ${wanted.length}`,
    );
    await agent.waitForLog(/ ready /);
    await settles(t, router, wanted, 'the last start brings exactly the wanted state');
    await frr.start('zebra');
    await turned(agent, 'out');
    await settles(t, router, [], 'and the last withdrawal leaves nothing');
    t.equal(snapshotText(router), foreign, 'foreign state is what it was');
    await agent.stop();
  });
}
