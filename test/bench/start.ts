/**
 * Section 2, start to route: from fork(2) to the notification of the last message needed, with no daemon's socket there, so
 * that the boot default (routes in) applies at once. Beside it, what Node costs before the first line of anybody's code.
 */

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { createLab } from '../../src/drill/lab/lab.js';
import { sleep } from '../../src/drill/lab/wait.js';
import { agentArgv, agentConfig } from './contestants.js';
import { groupOf, type Samples, summaryOf } from './groups.js';
import { DAEMONS, Lane, PROTOCOL } from './lane.js';
import type { Plan } from './plan.js';
import { type Sighting, toLastMs, type Wanted } from './referee.js';
import { atMost, type Section } from './results.js';
import { shuffled } from './statistics.js';
import { script, tool } from './tools.js';

interface Starter {
  readonly id: string;
  readonly title: string;
  readonly argv: () => readonly string[];
  /** Undefined: it is run to its end, and its whole time counts. */
  readonly wanted?: Wanted;
  /** Left running for a while before it is ended, so that it has written what it keeps. */
  readonly settleMs?: number;
}

export async function startToRoute(plan: Plan): Promise<Section> {
  plan.say(`start to route, ${plan.rounds} rounds`);
  const lab = createLab();
  try {
    const lane = new Lane(lab, lab.namespace('far'), 'start');
    const starters = startersOf(lane);
    const samples = new Map<string, Samples>(starters.map(({ id, title }) => [id, { id, title, values: [] }]));
    // The first round only fills the page cache, and the state directory of the agent that keeps it.
    for (let round = -1; round < plan.rounds; round++) {
      for (const starter of shuffled(starters)) {
        const value = await once(lane, starter);
        if (round >= 0) samples.get(starter.id)!.values.push(value);
      }
    }
    const group = groupOf(
      { id: 'start', title: 'Start to route, warm page cache', unit: 'ms', by: ['node-exit', 'node-line'] },
      [...samples.values()],
    );
    const bare = summaryOf(group, 'node-exit').median;
    return {
      id: 'start',
      title: 'Start to route',
      method:
        'From fork(2) to the notification of the last message needed; for programs that install nothing, to their end. One at a time, in random order; no daemon runs, so the routes belong in.',
      groups: [group],
      targets: ['agent-first', 'agent-again'].map((id) =>
        atMost(`${id}: median, by node -e 0`, summaryOf(group, id).median / bare, 2),
      ),
      notes: [
        '`node, first line`: a script whose first statement is SIGKILL to itself, hence start-up without the orderly end that `node -e 0` pays for.',
      ],
    };
  } finally {
    await lab.close();
  }
}

function startersOf(lane: Lane): readonly Starter[] {
  const wanted: Wanted = { routes: 1, rules: 0 };
  const local: Wanted = { routes: 1, rules: 2 };
  const sockets = DAEMONS.map((daemon) => lane.socket(daemon));
  const own = (files: string, placement: 'main' | 'local', fresh: boolean): readonly string[] => {
    if (fresh) rmSync(join(lane.directory, files), { recursive: true, force: true });
    return agentArgv(lane, files, agentConfig(lane, { placement }));
  };
  return [
    { id: 'node-exit', title: 'node -e 0, to its end', argv: () => [process.execPath, '-e', '0'] },
    {
      id: 'node-line',
      title: 'node, first line',
      argv: () => [process.execPath, '-e', 'process.kill(process.pid,9)'],
    },
    {
      id: 'ip',
      title: 'ip route add',
      argv: () => ['ip', 'route', 'add', 'default', 'via', lane.gateway, 'proto', String(PROTOCOL)],
      wanted,
    },
    {
      id: 'floor',
      title: 'C floor, 1 route',
      argv: () => [tool('floor'), 'route', String(PROTOCOL), lane.gateway, 'mgmt0', ...sockets],
      wanted,
    },
    {
      id: 'floor-rules',
      title: 'C floor, 1 route and 2 rules',
      argv: () => [tool('floor'), 'rules', String(PROTOCOL), lane.gateway, 'mgmt0', ...sockets],
      wanted: local,
    },
    {
      id: 'node',
      title: 'minimal Node script, 1 route',
      argv: () => [process.execPath, script('node-floor'), String(PROTOCOL), lane.gateway, 'mgmt0', ...sockets],
      wanted,
    },
    {
      id: 'agent-first',
      title: 'agent, local, nothing kept',
      argv: () => own('first', 'local', true),
      wanted: local,
      settleMs: 300,
    },
    {
      id: 'agent-again',
      title: 'agent, local, state directory kept',
      argv: () => own('again', 'local', false),
      wanted: local,
      settleMs: 300,
    },
    {
      id: 'agent-main',
      title: 'agent, main, state directory kept',
      argv: () => own('main', 'main', false),
      wanted,
      settleMs: 300,
    },
  ];
}

async function once(lane: Lane, { argv, wanted, settleMs, title }: Starter): Promise<number | undefined> {
  await sleep(30);
  if (wanted === undefined) return wallMs(await lane.referee.run(argv()));
  const sighting = await lane.referee.start(argv(), wanted, 10_000);
  await sleep(settleMs ?? 0);
  await lane.referee.end(sighting.pid, 'SIGKILL');
  lane.clear();
  const { done } = await lane.referee.absent(2000);
  if (!done) throw new Error(`${title}: its routes and rules could not be removed`);
  return toLastMs(sighting);
}

function wallMs({ done, fromNs, toNs }: Sighting): number | undefined {
  return done ? (toNs - fromNs) / 1e6 : undefined;
}
