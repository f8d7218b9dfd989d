/**
 * What the commands cost: user and system time of the whole process, beside a bare `node -e 0`. No agent runs, as in the worst hour; so `status` is
 * what it takes to say so, and doctor waits for nobody.
 */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createLab } from '../../src/drill/lab/lab.js';
import { groupOf, type Samples, summaryOf } from './groups.js';
import { Lane } from './lane.js';
import type { Plan } from './plan.js';
import { atMost, type Section } from './results.js';
import { shuffled } from './statistics.js';
import { agentCommand } from './tools.js';

/** At most so many times a bare Node. */
const LIMITS: Readonly<Record<string, number>> = {
  help: 1.6,
  status: 1.6,
  check: 1.6,
  routes: 1.6,
  plan: 2.2,
  explain: 2.2,
  doctor: 2.2,
};

const CONFIG = `management-interface: mgmt0
backup-router:
  address: 10.254.1.1
routing-daemon: frr
`;

export async function commands(plan: Plan): Promise<Section> {
  plan.say(`commands, ${plan.rounds} rounds`);
  const lab = createLab();
  try {
    const lane = new Lane(lab, lab.namespace('far'), 'commands');
    const file = join(lane.directory, 'config.yaml');
    writeFileSync(file, CONFIG.replace('10.254.1.1', lane.gateway));
    const words: Readonly<Record<string, readonly string[]>> = {
      help: ['--help'],
      status: ['status'],
      explain: ['explain', '198.51.100.1', '-c', file],
      ...Object.fromEntries(['check', 'routes', 'plan', 'doctor'].map((name) => [name, [name, '-c', file]])),
    };
    const directories = [`RUNTIME_DIRECTORY=${lane.directory}`, `STATE_DIRECTORY=${lane.directory}`];
    const all: readonly { readonly id: string; readonly argv: readonly string[] }[] = [
      { id: 'node', argv: [process.execPath, '-e', '0'] },
      ...Object.entries(words).map(([id, rest]) => ({ id, argv: [...directories, ...agentCommand(), ...rest] })),
    ];
    const samples = new Map<string, Samples>(
      all.map(({ id, argv }) => [id, { id, title: titleOf(id, argv), values: [] }]),
    );
    // The first rounds fill the page cache and Node's compile cache.
    for (let round = -2; round < plan.rounds; round++)
      for (const { id, argv } of shuffled(all)) {
        const { done, cpuNs } = await lane.referee.run(argv);
        if (round >= 0) samples.get(id)!.values.push(done ? cpuNs / 1e6 : undefined);
      }
    const group = groupOf({ id: 'commands', title: 'Commands: user and system time', unit: 'ms', by: ['node'] }, [
      ...samples.values(),
    ]);
    const bare = summaryOf(group, 'node').median;
    return {
      id: 'commands',
      title: 'Commands',
      method:
        'User and system time of the whole process to its end, one at a time, in random order, with the compile cache that former runs have left. No agent runs.',
      groups: [group],
      targets: Object.entries(LIMITS).map(([id, limit]) =>
        atMost(`${id}: median, by node -e 0`, summaryOf(group, id).median / bare, limit),
      ),
      notes: [],
    };
  } finally {
    await lab.close();
  }
}

function titleOf(id: string, argv: readonly string[]): string {
  return id === 'node' ? 'node -e 0' : `backup-router ${argv.includes('--help') ? '--help' : id}`;
}
