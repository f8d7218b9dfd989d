/**
 * Section 3, a full table arriving: what a million foreign route changes cost those who listen, and how soon the agent's own
 * route is back when somebody deletes it in the middle. One listener at a time; the flood is the same C program for all.
 */

import { createLab } from '../../src/drill/lab/lab.js';
import { sleep } from '../../src/drill/lab/wait.js';
import { agentArgv, agentConfig } from './contestants.js';
import { groupOf, type Samples, summaryOf } from './groups.js';
import { BGP_PROTOCOL, Lane, PROTOCOL } from './lane.js';
import type { Plan } from './plan.js';
import { costOf } from './procfs.js';
import { atMost, type Section } from './results.js';
import { shuffled } from './statistics.js';
import { DAEMON_NICE, script, tool } from './tools.js';

interface Listener {
  readonly id: string;
  readonly title: string;
  readonly argv: () => readonly string[];
  readonly installs: boolean;
}

const LOCAL = { routes: 1, rules: 2 };
const LOCAL_TABLE = '25500';

interface Found {
  readonly cpuMs: number;
  readonly grownMiB: number;
  readonly repairMs: number | undefined;
}

export async function foreignChanges(plan: Plan): Promise<Section> {
  const rounds = Math.max(1, Math.round(plan.rounds / 6));
  const changes = (2 * plan.changeRoutes).toLocaleString('en');
  plan.say(`foreign route changes: ${changes}, ${rounds} rounds`);
  const lab = createLab();
  try {
    const lane = new Lane(lab, lab.namespace('far'), 'changes');
    const listeners: readonly Listener[] = [
      {
        id: 'agent',
        title: 'agent',
        argv: () => agentArgv(lane, 'agent', agentConfig(lane)),
        installs: true,
      },
      {
        id: 'ip-monitor',
        title: 'ip monitor route',
        argv: () => ['ip', 'monitor', 'route'],
        installs: false,
      },
      {
        id: 'node-listener',
        title: 'JavaScript listener without a filter',
        argv: () => [process.execPath, script('node-listener')],
        installs: false,
      },
    ];
    const [cpu, memory, repair] = ['cpu', 'memory', 'repair'].map(
      () => new Map<string, Samples>(listeners.map(({ id, title }) => [id, { id, title, values: [] }])),
    ) as [Map<string, Samples>, Map<string, Samples>, Map<string, Samples>];
    for (let round = 0; round < rounds; round++) {
      for (const listener of shuffled(listeners)) {
        const found = await listen(lane, listener, plan);
        cpu.get(listener.id)!.values.push(found.cpuMs);
        memory.get(listener.id)!.values.push(found.grownMiB);
        if (listener.installs) repair.get(listener.id)!.values.push(found.repairMs);
      }
    }
    const groups = [
      groupOf({ id: 'cpu', title: `CPU time of ${changes} changes`, unit: 'ms', by: ['agent'] }, [...cpu.values()]),
      groupOf({ id: 'memory', title: 'Memory of its own (RssAnon), after less before', unit: 'MiB' }, [
        ...memory.values(),
      ]),
      groupOf({ id: 'repair', title: 'Own route deleted in the middle, until it is back', unit: 'ms' }, [
        ...repair.values(),
      ]),
    ] as const;
    return {
      id: 'changes',
      title: 'A full table arriving',
      method: `${plan.changeRoutes.toLocaleString('en')} routes with FRR's protocol number for BGP are added and deleted again by a C program, as fast as the kernel takes them. CPU time as the scheduler counted it, in nanoseconds.`,
      groups,
      targets: [
        atMost('CPU time, longest', summaryOf(groups[0], 'agent').maximum, 50, 'ms'),
        atMost('memory grown, median', summaryOf(groups[1], 'agent').median, 1, 'MiB'),
        atMost('repair, longest', summaryOf(groups[2], 'agent').maximum, 100, 'ms'),
        atMost('repairs missed', summaryOf(groups[2], 'agent').missed, 0),
      ],
      notes: [],
    };
  } finally {
    await lab.close();
  }
}

async function listen(lane: Lane, { argv, installs }: Listener, plan: Plan): Promise<Found> {
  const { referee } = lane;
  const { pid, done } = await referee.start(argv(), installs ? LOCAL : { routes: 0, rules: 0 }, 10_000);
  if (!done) throw new Error('the listener did not install its routes');
  // Start-up, the first look around and the first garbage collection are over.
  await sleep(1000);
  const before = costOf(pid);
  const own = installs ? [String(PROTOCOL), LOCAL_TABLE, '0'] : [];
  const watching = installs ? referee.watch({ routes: 1, rules: 0, deletions: 1 }, 60_000) : undefined;
  const argvOfFlood = [
    tool('flood'),
    'turn',
    'mgmt0',
    lane.gateway,
    String(BGP_PROTOCOL),
    '254',
    '16.0.0.0',
    '28',
    String(plan.changeRoutes),
    ...own,
  ];
  const flood = await lane.namespace.runAsync([...DAEMON_NICE, ...argvOfFlood], { timeoutMs: 120_000 });
  if (flood.status !== 0) throw new Error(`flood: exit status ${flood.status}: ${flood.stdout}`);
  const repair = await watching;
  // A slow listener still has a full buffer to read.
  for (let last = -1; costOf(pid).cpuMs - last > 2; await sleep(300)) last = costOf(pid).cpuMs;
  const after = costOf(pid);
  await referee.end(pid, 'SIGKILL');
  lane.clear();
  await referee.absent(2000);
  return {
    cpuMs: after.cpuMs - before.cpuMs,
    grownMiB: after.anonymousMiB - before.anonymousMiB,
    repairMs: repair?.done === true ? (repair.firstAddNs - repair.firstDelNs) / 1e6 : undefined,
  };
}
