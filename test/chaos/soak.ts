/**
 * A soak: one long run of the agent with a fault at a steady pace, and what the process uses
 * meanwhile. It prints a line per minute. Before each line all faults are repaired for a moment,
 * so that equal states are compared.
 */

import { readFileSync } from 'node:fs';
import { sleep } from '../../src/drill/lab/wait.js';
import { daemonsIn } from './daemons.js';
import type { Memory } from './hook.js';
import { judge } from './judge.js';
import { perform } from './perform.js';
import { soakAction } from './plan.js';
import { randomOf } from './random.js';
import { Storm } from './storm.js';
import { type Footprint, StormAgent } from './storm-agent.js';
import { Watchers } from './ways.js';
import { buildWorld } from './world.js';

export interface SoakOptions {
  readonly seed: number;
  readonly minutes: number;
  /** The time between the starts of two faults in milliseconds. */
  readonly everyMs: number;
  readonly tell: (line: string) => void;
}

const MIB = 2 ** 20;
const LINE_MS = 60_000;
/** The time without faults before the process is measured. */
const CALM_MS = 1_500;
/** Garbage is collected before one line in this many. */
const COLLECT_EVERY = 15;
const SETTLE_MS = 30_000;

/** Resolves with the problems at the end; empty if there are none. */
export async function soak({ seed, minutes, everyMs, tell }: SoakOptions): Promise<readonly string[]> {
  const world = buildWorld();
  const agent = new StormAgent(world, true);
  const storm = new Storm(world, agent, daemonsIn(world, 'frr'), new Watchers(world.std.noc));
  const random = randomOf(seed);
  try {
    await perform(storm, 'config', ['default']);
    await agent.begin();
    await storm.agentReady();
    tell(
      'minute faults | RssAnon MiB, descriptors, threads | V8: heap used MiB, of the system, external | CPU s, lives',
    );
    const began = Date.now();
    let [faults, lines, lineAt] = [0, 0, began];
    while (Date.now() < began + minutes * 60_000) {
      const next = Date.now() + everyMs;
      const [verb = '', ...words] = soakAction(random).split(' ');
      await perform(storm, verb, words);
      faults++;
      await sleep(Math.max(0, next - Date.now()));
      if (Date.now() < lineAt) continue;
      lineAt += LINE_MS;
      await mend(storm);
      await sleep(CALM_MS);
      const footprint = agent.footprint();
      // In between, garbage is left to V8: collected each minute, the memory would always look
      // constant.
      const memory = await agent.memory(lines % COLLECT_EVERY === 0);
      tell(line((Date.now() - began) / 60_000, faults, storm, footprint, memory));
      lines++;
    }
    await mend(storm);
    await perform(storm, 'heal', []);
    const until = Date.now() + SETTLE_MS;
    let problems = await judge(storm, true);
    while (problems.length > 0 && Date.now() < until) problems = await judge(storm, true);
    tell(`${faults} faults in ${((Date.now() - began) / 60_000).toFixed(1)} minutes`);
    return [...problems.map(({ text }) => text), ...agent.faults];
  } finally {
    await agent.close();
    await world.std.close();
  }
}

/** Repairs what would prevent or falsify a measurement of the process. */
async function mend(storm: Storm): Promise<void> {
  for (const text of ['agent resume', 'descriptors high', 'caps give', 'disk rw', 'disk free']) {
    const [verb = '', ...words] = text.split(' ');
    await perform(storm, verb, words);
  }
}

function line(
  minute: number,
  faults: number,
  { agent }: Storm,
  footprint: Footprint | undefined,
  memory: Memory | undefined,
): string {
  const mib = (bytes: number | undefined): string => (bytes === undefined ? '-' : (bytes / MIB).toFixed(1));
  const committed = memory && Object.values(memory.spaces).reduce((sum, [size]) => sum + size, 0);
  return [
    `${minute.toFixed(1)} ${faults}`,
    `${mib((footprint?.rssAnonKiB ?? 0) * 1024)}, ${footprint?.descriptors}, ${footprint?.threads}`,
    `${mib(memory?.heapUsed)}, ${mib(committed)}, ${mib(memory?.external)}`,
    `${cpuSeconds(agent.process.pid).toFixed(1)}, ${agent.lives}`,
  ].join(' | ');
}

/** The user and system time of the process in seconds; /proc has clock ticks of 10 ms (proc(5)). */
function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
