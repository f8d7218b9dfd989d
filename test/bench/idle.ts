/**
 * What an agent costs while nothing happens: ten destinations, two healthy daemons, the default probe-interval of a second.
 * Beside it a bare Node process that waits for ever. Both at the same time, each in a lane of its own.
 */

import { createLab } from '../../src/drill/lab/lab.js';
import { sleep } from '../../src/drill/lab/wait.js';
import { agentArgv, agentConfig } from './contestants.js';
import { groupOf, summaryOf } from './groups.js';
import { Lane } from './lane.js';
import type { Plan } from './plan.js';
import { type Cost, costOf } from './procfs.js';
import { atMost, type Section } from './results.js';

interface Subject {
  readonly id: string;
  readonly title: string;
  readonly pid: number;
}

export async function idle(plan: Plan): Promise<Pick<Section, 'groups' | 'targets'>> {
  const lab = createLab();
  try {
    const far = lab.namespace('far');
    const [healthy, dead] = [new Lane(lab, far, 'healthy'), new Lane(lab, far, 'dead')];
    const destination = Array.from({ length: 10 }, (_, i) => `10.${100 + i}.0.0/16`);
    const startAgent = async (lane: Lane): Promise<number> =>
      (
        await lane.referee.start(
          agentArgv(lane, 'agent', agentConfig(lane, { destination })),
          { routes: 10, rules: 2 },
          10_000,
        )
      ).pid;
    const bare = await healthy.referee.start(
      [process.execPath, '-e', 'setInterval(()=>{},1e9)'],
      { routes: 0, rules: 0 },
      1000,
    );
    const subjects: readonly Subject[] = [
      { id: 'bare', title: "node -e 'setInterval(()=>{},1e9)'", pid: bare.pid },
      { id: 'out', title: 'agent, daemons healthy, routes out', pid: await startAgent(healthy) },
      { id: 'in', title: 'agent, no daemons, routes in', pid: await startAgent(dead) },
    ];
    await healthy.ready();
    // Compiling and collecting after the start are not idleness: seen, the last of it some 10 s after it.
    await sleep(Math.min(15_000, 2 * plan.idleMs));
    const before = subjects.map(({ pid }) => costOf(pid));
    await sleep(plan.idleMs);
    const after = subjects.map(({ pid }) => costOf(pid));
    for (const { pid } of subjects) process.kill(pid, 'SIGKILL');
    const each = (value: (from: Cost, to: Cost) => number) =>
      subjects.map(({ id, title }, i) => ({ id, title, values: [value(before[i]!, after[i]!)] }));
    const seconds = plan.idleMs / 1000;
    const groups = [
      groupOf(
        { id: 'idle-memory', title: 'Idle, 10 destinations: resident memory', unit: 'MiB' },
        each((_, to) => to.residentMiB),
      ),
      groupOf(
        { id: 'idle-wakes', title: `Idle for ${seconds} s: wake-ups`, unit: 'per second' },
        each((from, to) => (to.sleeps - from.sleeps) / seconds),
      ),
      groupOf(
        { id: 'idle-cpu', title: `Idle for ${seconds} s: CPU time`, unit: 'ms per second' },
        each((from, to) => (to.cpuMs - from.cpuMs) / seconds),
      ),
    ] as const;
    const more = (group: (typeof groups)[number], id: string): number => summaryOf(group, id).median;
    return {
      groups,
      targets: [
        atMost('idle memory above bare Node', more(groups[0], 'out') - more(groups[0], 'bare'), 10, 'MiB'),
        atMost('wake-ups, routes out', more(groups[1], 'out'), 2, 'per second'),
        atMost('wake-ups, routes in', more(groups[1], 'in'), 2, 'per second'),
        atMost('CPU, routes out', more(groups[2], 'out'), 1, 'ms per second'),
      ],
    };
  } finally {
    await lab.close();
  }
}
