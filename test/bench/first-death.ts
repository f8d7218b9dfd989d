/**
 * The first death of a life: the agent is fresh each time, its daemons healthy and its routes out, and nothing that a death runs through has run before.
 * Beside it the C floors of the same messages.
 */

import { createLab } from '../../src/drill/lab/lab.js';
import { sleep } from '../../src/drill/lab/wait.js';
import { CONTESTANTS } from './contestants.js';
import { groupOf, type Samples } from './groups.js';
import { Lane } from './lane.js';
import type { Plan } from './plan.js';
import { toLastMs } from './referee.js';
import type { Group } from './results.js';

const TIMEOUT_MS = 5000;
/** Until a look, READY and all that follows them are over. */
const SETTLE_MS = 1500;

export async function firstDeath(plan: Plan): Promise<Group> {
  plan.say(`death to route: the first of a life, ${plan.lives} lives`);
  const lab = createLab();
  try {
    const far = lab.namespace('far');
    const entries = CONTESTANTS.filter(({ id }) => ['floor-events', 'floor-rules', 'agent-local'].includes(id)).map(
      (contestant) => ({
        contestant,
        lane: new Lane(lab, far, contestant.id, contestant.protocol),
        samples: { id: contestant.id, title: contestant.title, values: [] } as Samples,
      }),
    );
    for (let life = 0; life < plan.lives; life++)
      for (const { contestant, lane, samples } of entries) {
        await lane.startDaemons();
        const started = contestant.start(lane);
        await sleep(SETTLE_MS);
        await lane.ready(TIMEOUT_MS);
        samples.values.push(toLastMs(await lane.death('zebra', contestant.wanted, TIMEOUT_MS)));
        process.kill(started.pid, 'SIGKILL');
        await started.exited;
        lane.clear();
        await lane.referee.absent(2000);
      }
    return groupOf(
      {
        id: 'first',
        title: 'SIGKILL of zebra, idle: the first death of a life',
        unit: 'ms',
        by: ['floor-events', 'floor-rules'],
      },
      entries.map(({ samples }) => samples),
    );
  } finally {
    await lab.close();
  }
}
