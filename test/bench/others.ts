/**
 * What the rules and neighbours of others cost: an agent whose routes are in, beside ten thousand foreign rules for sources, and
 * beside thirty thousand neighbours on another port. At rest, resyncs among it, and for each foreign rule that comes or goes.
 */

import { createLab } from '../../src/drill/lab/lab.js';
import { sleep } from '../../src/drill/lab/wait.js';
import { agentArgv, agentConfig } from './contestants.js';
import { groupOf } from './groups.js';
import { Lane } from './lane.js';
import type { Plan } from './plan.js';
import { costOf } from './procfs.js';
import type { Section } from './results.js';

const EVENT_EVERY_MS = 100;

export async function others(plan: Plan): Promise<Section> {
  plan.say(`others: ${plan.foreignRules} rules, ${plan.strangers} neighbours`);
  const lab = createLab();
  try {
    const far = lab.namespace('far');
    const lanes = {
      alone: new Lane(lab, far, 'alone'),
      rules: new Lane(lab, far, 'rules'),
      neighbours: new Lane(lab, far, 'neighbours'),
    };
    const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => i);
    lanes.rules.namespace.ipBatch(
      numbers(plan.foreignRules).map(
        (i) => `rule add pref ${1000 + (i % 20_000)} from 10.${i >> 16}.${(i >> 8) & 255}.${i & 255} lookup 100`,
      ),
    );
    const { namespace } = lanes.neighbours;
    namespace.ipBatch([
      'link add strangers type veth peer name others',
      'link set others up',
      'link set strangers up',
      'addr add 172.16.0.1/12 dev strangers',
      ...numbers(plan.strangers).map(
        (i) =>
          // Permanent ones are not counted against gc_thresh3.
          `neigh add 172.20.${i >> 8}.${i & 255} lladdr 02:00:00:00:00:01 dev strangers nud permanent`,
      ),
    ]);
    const subjects = await Promise.all(
      Object.entries(lanes).map(async ([id, lane]) => ({
        id,
        lane,
        title:
          { alone: 'agent', rules: `agent, ${plan.foreignRules} foreign rules` }[id] ??
          `agent, ${plan.strangers} neighbours`,
        pid: (
          await lane.referee.start(agentArgv(lane, 'agent', agentConfig(lane, {})), { routes: 1, rules: 2 }, 10_000)
        ).pid,
      })),
    );
    await sleep(Math.min(15_000, 2 * plan.idleMs));
    const cpu = (): readonly number[] => subjects.map(({ pid }) => costOf(pid).cpuMs);
    const before = cpu();
    await sleep(plan.idleMs);
    const rested = cpu();
    for (let i = 0; i < plan.rounds; i++)
      for (const verb of ['add', 'del']) {
        for (const { lane } of subjects) lane.namespace.ip(`rule ${verb} pref 900 from 192.0.2.9 lookup 100`);
        await sleep(EVENT_EVERY_MS);
      }
    const after = cpu();
    for (const { pid } of subjects) process.kill(pid, 'SIGKILL');
    const seconds = plan.idleMs / 1000;
    const rows = (values: (i: number) => number) =>
      subjects.map(({ id, title }, i) => ({ id, title, values: [values(i)] }));
    return {
      id: 'others',
      title: 'Rules and neighbours of others',
      method: `Routes in, no daemon. At rest for ${seconds} s; then ${2 * plan.rounds} rules of others come and go, one each ${EVENT_EVERY_MS} ms.`,
      groups: [
        groupOf(
          { id: 'others-rest', title: 'At rest: processor time a second', unit: 'ms' },
          rows((i) => (rested[i]! - before[i]!) / seconds),
        ),
        groupOf(
          { id: 'others-event', title: 'Processor time for each foreign rule that comes or goes', unit: 'ms' },
          rows((i) => (after[i]! - rested[i]!) / (2 * plan.rounds)),
        ),
      ],
      targets: [],
      notes: [],
    };
  } finally {
    await lab.close();
  }
}
