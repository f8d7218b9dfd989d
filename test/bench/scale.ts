/**
 * Section 4, scale: a configuration of 100 000 destinations, beside `ip -force -batch` of the same routes and beside a C
 * program that packs them. What an idle agent costs is in idle.ts.
 */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createLab } from '../../src/drill/lab/lab.js';
import { sleep } from '../../src/drill/lab/wait.js';
import { agentArgv, agentConfig } from './contestants.js';
import { groupOf, type Samples, summaryOf } from './groups.js';
import { idle } from './idle.js';
import { Lane, PROTOCOL } from './lane.js';
import type { Plan } from './plan.js';
import { costOf } from './procfs.js';
import { type Sighting, toLastMs } from './referee.js';
import { atLeast, atMost, type Group, type Section } from './results.js';
import { agentCommand, tool } from './tools.js';

const TIMEOUT_MS = 60_000;
const TABLE = '25524';

export async function scale(plan: Plan): Promise<Section> {
  const rounds = Math.max(1, Math.round(plan.rounds / 6));
  plan.say(`scale: ${plan.destinations} destinations, ${rounds} rounds`);
  const large = await manyDestinations(plan, rounds);
  plan.say(`scale: idle for ${plan.idleMs / 1000} s`);
  const small = await idle(plan);
  return {
    id: 'scale',
    title: 'Scale',
    method: `${plan.destinations} destinations of length 24 in one file, \`local\` placement; everything else puts the same routes into the same table. CPU time and switches as the kernel counted them.`,
    groups: [...large.groups, ...small.groups],
    targets: [...large.targets, ...small.targets],
    notes: [
      '`ip -force -batch` and `C, packed` are timed from fork(2), which is under a millisecond of it. The agent at its start: first message to last, and from fork(2) with reading the file.',
    ],
  };
}

async function manyDestinations(plan: Plan, rounds: number): Promise<Pick<Section, 'groups' | 'targets'>> {
  const count = plan.destinations;
  const destination = Array.from({ length: count }, (_, i) => `${16 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}.0/24`);
  const lab = createLab();
  const rows = new Map<string, Samples>();
  const note = (id: string, title: string, value: number | undefined): void => {
    const row = rows.get(id) ?? { id, title, values: [] };
    rows.set(id, row);
    row.values.push(value);
  };
  try {
    const lane = new Lane(lab, lab.namespace('far'), 'scale');
    const { referee } = lane;
    const batch = join(lane.directory, 'batch');
    writeFileSync(
      batch,
      destination
        .map((prefix) => `route add ${prefix} via ${lane.gateway} dev mgmt0 table ${TABLE} proto ${PROTOCOL}\n`)
        .join(''),
    );
    const config = agentConfig(lane, { destination });
    const wanted = { routes: count, rules: 2 };
    for (let round = 0; round < rounds; round++) {
      note('ip', 'ip -force -batch', spanMs(await referee.run(['ip', '-force', '-batch', batch], TIMEOUT_MS), count));
      await cleared(lane);
      note(
        'packed',
        'C, packed',
        spanMs(
          await referee.run(
            [tool('flood'), 'add', 'mgmt0', lane.gateway, String(PROTOCOL), TABLE, '16.0.0.0', '24', String(count)],
            TIMEOUT_MS,
          ),
          count,
        ),
      );
      await cleared(lane);
      const argv = agentArgv(lane, 'agent', config);
      const check = await referee.run([...argv.slice(0, 2), ...agentCommand(), 'check', ...argv.slice(-2)], TIMEOUT_MS);
      note('check', 'agent: check of the file', check.status === 0 ? (check.toNs - check.fromNs) / 1e6 : undefined);
      const start = await referee.start(argv, wanted, TIMEOUT_MS);
      note('start', 'agent: start to all routes', toLastMs(start));
      note(
        'install',
        'agent: first route to last, at start',
        start.done ? (start.lastAddNs - start.firstAddNs) / 1e6 : undefined,
      );
      await lane.ready(TIMEOUT_MS);
      await sleep(1000);
      const death = await lane.death('zebra', wanted, TIMEOUT_MS);
      note('death', 'agent: death of zebra to all routes', toLastMs(death));
      note(
        'first',
        'agent: death of zebra to the first route',
        death.done ? (death.firstAddNs - death.fromNs) / 1e6 : undefined,
      );
      await sleep(1000);
      const { residentMiB, peakMiB } = costOf(start.pid);
      note('resident', 'agent: resident, routes in', residentMiB);
      note('peak', 'agent: most ever', peakMiB);
      await referee.end(start.pid, 'SIGKILL');
      await lane.stopDaemons();
      await cleared(lane);
    }
    const pick = (...ids: readonly string[]): readonly Samples[] => ids.map((id) => rows.get(id)!);
    const times = groupOf(
      { id: 'install', title: `${count} routes`, unit: 'ms', by: ['ip', 'packed'] },
      pick('ip', 'packed', 'install', 'start', 'first', 'death', 'check'),
    );
    const memory = groupOf(
      { id: 'memory', title: `Memory with ${count} destinations`, unit: 'MiB' },
      pick('resident', 'peak'),
    );
    return { groups: [times, memory], targets: targets(times, memory) };
  } finally {
    await lab.close();
  }
}

function targets(times: Group, memory: Group): Section['targets'] {
  const ip = summaryOf(times, 'ip').median;
  return [
    atMost('check, median', summaryOf(times, 'check').median, 2000, 'ms'),
    atLeast('rate at start, by ip -force -batch', ip / summaryOf(times, 'install').median, 3),
    atLeast('rate after a death, by ip -force -batch', ip / summaryOf(times, 'death').median, 3),
    atMost('memory, most ever', summaryOf(memory, 'peak').maximum, 150, 'MiB'),
  ];
}

async function cleared(lane: Lane): Promise<void> {
  lane.clear();
  const { done, live } = await lane.referee.absent(TIMEOUT_MS);
  if (!done) throw new Error(`${live} routes and rules could not be removed`);
}

/** From fork(2) to the last of `count` routes. */
function spanMs(sighting: Sighting, count: number): number | undefined {
  return sighting.status === 0 && sighting.routes === count ? (sighting.lastAddNs - sighting.fromNs) / 1e6 : undefined;
}
