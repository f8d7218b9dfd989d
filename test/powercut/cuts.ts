/** What the agent is killed in the middle of, and what must be so afterwards. */

import type { Agent } from '../../src/drill/lab/agent.js';
import type { ProcessEnd } from '../../src/drill/lab/process.js';
import { sleep } from '../../src/drill/lab/wait.js';
import {
  agentIn,
  attached,
  comes,
  configText,
  foreignDefault,
  killing,
  owned,
  type Point,
  type Router,
  reset,
  settled,
  type Wish,
  watched,
  wayOut,
} from './lab.js';

export interface Cut {
  readonly name: string;
  /** The agent's configuration before. */
  readonly wish: Wish;
  /** The agent has come so far before it is watched. */
  ready(world: Router, agent: Agent): Promise<unknown>;
  /** What it is to do; resolves when it has been done, or the agent is dead. */
  act(world: Router, agent: Agent): Promise<unknown>;
  /** Of the configuration file at the next start. */
  readonly after: Wish;
}

const ADOPTING: Wish = { adopt: true };
const PLAIN: Wish = { adopt: false, hold: '1h' };
const MORE: Wish = { ...PLAIN, destinations: ['0.0.0.0/0', '10.9.0.0/16'] };

/** Until that holds, or the agent is dead. */
async function until(agent: Agent, holds: () => boolean, what: string): Promise<void> {
  const death = endOf(agent);
  await comes(what, () => death.end !== undefined || holds());
}

function endOf(agent: Agent): { end: ProcessEnd | undefined } {
  const death: { end: ProcessEnd | undefined } = { end: undefined };
  void agent.process.exited.then((end) => (death.end = end));
  return death;
}

const asked = (agent: Agent, ...words: readonly string[]) => agent.cli(...words);

export const CUTS: readonly Cut[] = [
  {
    name: 'adopt',
    wish: { adopt: false },
    ready: (_world, agent) => settled(agent, ({ routes }) => routes.phase === 'out'),
    async act(world, agent) {
      agent.configure(configText(world, ADOPTING));
      agent.signal('SIGHUP');
      await until(agent, () => foreignDefault(world) === '' && owned(world) === '', 'taken over');
    },
    after: ADOPTING,
  },
  {
    name: 'give back',
    wish: ADOPTING,
    ready: (world) => comes('taken over', () => foreignDefault(world) === '' && owned(world) === ''),
    act(_world, agent) {
      agent.signal('SIGTERM');
      return until(agent, () => false, 'its end');
    },
    after: ADOPTING,
  },
  {
    name: 'reload --confirm',
    wish: PLAIN,
    ready: (_world, agent) => settled(agent, ({ backupRoutes }) => backupRoutes[0]?.state === 'installed'),
    async act(world, agent) {
      agent.configure(configText(world, MORE));
      await asked(agent, 'reload', '--confirm', '30s');
      await asked(agent, 'reload', '--confirm', '30s');
    },
    after: MORE,
  },
  {
    name: 'records',
    wish: PLAIN,
    ready: (_world, agent) => settled(agent, ({ backupRoutes }) => backupRoutes[0]?.state === 'installed'),
    async act(_world, agent) {
      await asked(agent, 'hold', '30m');
      await asked(agent, 'role', 'standby');
      await asked(agent, 'hold', 'off');
    },
    after: PLAIN,
  },
];

/** Every call of the agent while it does it. */
export async function pointsIn(world: Router, cut: Cut): Promise<readonly Point[]> {
  reset(world);
  const agent = agentIn(world, cut.wish);
  await cut.ready(world, agent);
  const points = await watched(world, agent, () => cut.act(world, agent));
  await agent.kill();
  return points;
}

/** What is wrong after the agent was killed there and has started again; `reached`: it was killed. */
export async function after(
  world: Router,
  cut: Cut,
  point: Point,
): Promise<{ readonly reached: boolean; readonly faults: readonly string[] }> {
  const faults: string[] = [];
  reset(world);
  const foreign = foreignDefault(world);
  const agent = agentIn(world, cut.wish);
  await cut.ready(world, agent);
  const death = endOf(agent);
  const strace = await attached(world, agent, killing(point));
  await cut.act(world, agent);
  // The last calls of an action may come a moment later.
  for (let i = 0; i < 20 && death.end === undefined; i++) await sleep(20);
  const reached = death.end?.signal === 'SIGKILL';
  if (death.end === undefined) await agent.kill();
  await strace.stop('SIGKILL');
  if (wayOut(world) === undefined) faults.push('no way out after the kill');

  const next = agentIn(world, cut.after, agent.directory);
  const status = await settled(next, ({ routes }) => routes.phase !== 'starting').catch((error: unknown) => {
    throw new Error(`${String(error)}; its log: ${next.log.slice(-6).join(' | ')}`);
  });
  if (wayOut(world) === undefined) faults.push('no way out after the start');
  if (status.faults.length > 0) faults.push(`faults: ${status.faults.join(', ')}`);
  const damaged = next.log.filter((line) => / (error|crit|err) /.test(line) && !/uncovered/.test(line));
  if (damaged.length > 0) faults.push(`the log says: ${damaged[0]}`);
  if (cut.after.adopt) await comes('taken over again', () => foreignDefault(world) === '');
  const end = await next.stop();
  if (end.status !== 0) faults.push(`the next agent ended with ${end.status ?? end.signal}`);
  if (foreignDefault(world) !== foreign)
    faults.push(`the default route was ${foreign}, and is ${foreignDefault(world)}`);
  if (owned(world) !== '') faults.push(`left behind: ${owned(world)}`);
  if (wayOut(world) === undefined) faults.push('no way out at the end');
  return { reached, faults };
}
