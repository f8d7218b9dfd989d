/**
 * Section 1, death to route: the time from kill(2) to the kernel's notification of the last message that makes the
 * contestant's routes effective.
 *
 * Each contestant has a lane of its own, so in a round the daemons of all lanes die one after the other, in a new random
 * order each time and with a pause between them; then all return together. Nothing else happens during a death.
 */

import { createLab, type Lab } from '../../src/drill/lab/lab.js';
import type { Process } from '../../src/drill/lab/process.js';
import { sleep } from '../../src/drill/lab/wait.js';
import { busyCores, floodIn } from './burden.js';
import { CONTESTANTS, type Contestant } from './contestants.js';
import { firstDeath } from './first-death.js';
import { groupOf, type Samples, summaryOf } from './groups.js';
import { type Daemon, Lane } from './lane.js';
import type { Plan } from './plan.js';
import { toLastMs } from './referee.js';
import { atMost, type Group, type Section, type Target } from './results.js';
import { type Summary, shuffled } from './statistics.js';
import { tool } from './tools.js';

/** Long enough for the 1 s loop, and for a zebra that has 400 000 routes to give its memory back. */
const TIMEOUT_MS = 5000;
/** For several zebras at once to read 400 000 routes each. */
const TABLE_TIMEOUT_MS = 120_000;

interface Entry {
  readonly contestant: Contestant;
  readonly lane: Lane;
  readonly process: Process;
}

interface Condition {
  readonly id: string;
  readonly title: string;
  readonly rounds: number;
  readonly victims: readonly Daemon[];
  readonly burden?: 'cores' | 'flood';
  readonly floodRoutes?: number;
  /** Between a return and the next deaths, for those who read tables after a return. */
  readonly settleMs?: number;
}

/** Conditions that the same lanes go through. */
interface Stage {
  readonly takesPart: (contestant: Contestant) => boolean;
  /** Foreign routes that every zebra reads into its RIB at start. */
  readonly table?: number;
  readonly conditions: readonly Condition[];
}

function stages(plan: Plan): readonly Stage[] {
  const rounds = (share: number): number => Math.max(Math.min(plan.fewest, plan.kills), Math.round(plan.kills * share));
  const [zebra, either] = [['zebra'], ['zebra', 'bgpd']] as const satisfies readonly (readonly Daemon[])[];
  return [
    {
      takesPart: ({ slow }) => !slow,
      conditions: [
        { id: 'zebra', title: 'SIGKILL of zebra, idle', rounds: rounds(1), victims: zebra },
        { id: 'bgpd', title: 'SIGKILL of bgpd, idle', rounds: rounds(0.5), victims: ['bgpd'] },
        {
          id: 'cores',
          title: 'SIGKILL of either, every core busy',
          rounds: rounds(0.4),
          victims: either,
          burden: 'cores',
        },
        {
          id: 'flood',
          title: `SIGKILL of either, inside a flood of ${plan.floodRoutes / 1000}k routes`,
          rounds: rounds(0.3),
          victims: either,
          burden: 'flood',
          floodRoutes: plan.floodRoutes,
        },
      ],
    },
    {
      takesPart: ({ id, slow }) => slow || id === 'agent-local',
      conditions: [
        {
          id: 'slow',
          title: 'SIGKILL of zebra, idle: those that poll',
          rounds: rounds(0.08),
          victims: zebra,
        },
      ],
    },
    {
      takesPart: ({ id, slow }) => !slow && id !== 'keepalived-script' && id !== 'floor-again',
      table: plan.tableRoutes,
      conditions: [
        {
          id: 'table',
          title: `SIGKILL of zebra with ${plan.tableRoutes / 1000}k routes`,
          rounds: rounds(0.06),
          victims: zebra,
          settleMs: 4000,
        },
      ],
    },
  ];
}

export async function deathToRoute(plan: Plan): Promise<Section> {
  const groups: Group[] = [];
  for (const stage of stages(plan)) {
    const lab = createLab();
    try {
      const entries = await enter(lab, stage);
      for (const condition of stage.conditions) {
        plan.say(`death to route: ${condition.title}, ${condition.rounds} rounds`);
        groups.push(await underCondition(entries, condition));
      }
    } finally {
      await lab.close();
    }
  }
  const first = await firstDeath(plan);
  return {
    id: 'death',
    title: 'Death to route',
    method:
      'From kill(2) to the notification of the last message needed: for `local` placement a route and two rules, for all others one route. Each contestant has a namespace, a zebra and a bgpd of its own; the deaths of a round come one at a time, in random order. Ratios are of medians.',
    groups: [...groups, first],
    targets: [
      ...targets(groups),
      atMost('first death of a life: longest', summaryOf(first, 'agent-local').maximum, 3, 'ms'),
    ],
    notes: [
      '`C floor, 1 route (again)` is the same program as `C floor, 1 route` in a lane of its own: how far their ratio is from 1 is the noise of this table.',
      'keepalived, one floor and the agent hear process events, which exist in the first network namespace alone: each opens that one socket there (BENCH_FIRST_NETNS, BACKUP_ROUTER_PROCESS_EVENTS_NETNS), once, at its start. `by end of file alone` is the agent without: as in a container.',
      'With a table, deaths come 4 s after the return: before that zebra and the agent still read it, and one filtered look of the kernel at 100k routes is a system call of 11 ms.',
    ],
  };
}

async function underCondition(entries: readonly Entry[], condition: Condition): Promise<Group> {
  const stopBurden = condition.burden === 'cores' ? busyCores() : async (): Promise<void> => undefined;
  try {
    const samples = new Map<string, Samples>(
      entries.map(({ contestant: { id, title } }) => [id, { id, title, values: [] }]),
    );
    for (let round = 0; round < condition.rounds; round++) {
      const victim = condition.victims[round % condition.victims.length]!;
      for (const entry of shuffled(entries))
        samples.get(entry.contestant.id)!.values.push(await oneDeath(entry, victim, condition));
      for (const { contestant, process } of entries)
        if (!process.running) throw new Error(`${contestant.title} has ended: ${process.lines.slice(-5).join(' / ')}`);
      await Promise.all(entries.map(async ({ lane }) => lane.ready(TABLE_TIMEOUT_MS)));
      await sleep(condition.settleMs ?? 60);
    }
    return groupOf(
      {
        id: condition.id,
        title: condition.title,
        unit: 'ms',
        by: ['floor', 'floor-events', 'floor-rules', 'keepalived'],
      },
      [...samples.values()],
    );
  } finally {
    await stopBurden();
  }
}

/** The lanes with their contestants, all daemons alive, all routes out. */
async function enter(lab: Lab, stage: Stage): Promise<readonly Entry[]> {
  const far = lab.namespace('far');
  const entries = CONTESTANTS.filter(stage.takesPart).map((contestant): Entry => {
    const lane = new Lane(lab, far, contestant.id, contestant.protocol);
    // Before the contestant, whose own look at the kernel is not what is measured here. Protocol 4, `static`, is what zebra imports.
    if (stage.table !== undefined)
      lane.namespace.run([
        tool('flood'),
        'add',
        'mgmt0',
        lane.gateway,
        '4',
        '254',
        '16.0.0.0',
        '27',
        String(stage.table),
      ]);
    return { contestant, lane, process: contestant.start(lane) };
  });
  // Every one has met a death before it counts, so that nothing is compiled or paged in for the first time.
  const allReady = async (): Promise<unknown> =>
    Promise.all(entries.map(async ({ lane }) => lane.ready(TABLE_TIMEOUT_MS)));
  await allReady();
  await sleep(500);
  for (const { contestant, lane } of entries) await lane.death('zebra', contestant.wanted, TIMEOUT_MS);
  await allReady();
  await sleep(stage.conditions[0]?.settleMs ?? 0);
  return entries;
}

async function oneDeath(
  { contestant, lane }: Entry,
  victim: Daemon,
  condition: Condition,
): Promise<number | undefined> {
  // A loop that polls must not be met at the same point of its sleep each time.
  await sleep(contestant.id === 'vtysh' ? Math.random() * 1000 : 30 + Math.random() * 10);
  if (condition.burden !== 'flood') return toLastMs(await lane.death(victim, contestant.wanted, TIMEOUT_MS));
  const stopFlood = floodIn(lane, 'turn', condition.floodRoutes ?? 0);
  try {
    await sleep(50 + Math.random() * 250);
    return toLastMs(await lane.death(victim, contestant.wanted, TIMEOUT_MS));
  } finally {
    await stopFlood();
  }
}

function targets(groups: readonly Group[]): readonly Target[] {
  return groups
    .filter(({ id }) => id !== 'slow')
    .flatMap((group) => {
      const of = (id: string): Summary => summaryOf(group, id);
      const [floor, rules, keepalived, main, local] = [
        of('floor'),
        of('floor-rules'),
        of('keepalived'),
        of('agent-main'),
        of('agent-local'),
      ] as const;
      return [
        atMost(`${group.id}: median, main, by the floor`, main.median / floor.median, 1.6),
        atMost(`${group.id}: median, local, by the floor with rules`, local.median / rules.median, 1.6),
        atMost(`${group.id}: median, local, by keepalived`, local.median / keepalived.median, 0.3),
        atMost(`${group.id}: p99, local, by keepalived`, local.p99 / keepalived.p99, 0.4),
        atMost(`${group.id}: missed, local and main`, local.missed + main.missed, 0),
        atMost(`${group.id}: longest, local and main`, Math.max(local.maximum, main.maximum), 10, 'ms'),
      ];
    });
}
