/** What the agent is killed in the middle of, and what must be so afterwards. */

import { readFileSync } from 'node:fs';
import type { Agent } from '../../src/drill/lab/agent.js';
import type { Process, ProcessEnd } from '../../src/drill/lab/process.js';
import { sleep } from '../../src/drill/lab/wait.js';
import type { Status } from '../../src/model/status.js';
import {
  agentIn,
  ask,
  comes,
  configText,
  cutOff,
  daemonRuns,
  foreignDefault,
  owned,
  type Router,
  reset,
  settled,
  type Wish,
} from './lab.js';
import { attached, fileOf, killing, type Point, type Trace, traceOf, watched, wrapping } from './trace.js';

export interface Cut {
  readonly name: string;
  /** The agent's configuration before. */
  readonly wish: Wish;
  /** A life before, which took over and was killed. */
  readonly afterKill?: true;
  /** The agent has come so far before it is watched; undefined: it is watched from its first instruction. */
  readonly ready: ((world: Router, agent: Agent) => Promise<unknown>) | undefined;
  /** What it is to do; resolves when it has been done, or the agent is dead, with what it has promised. */
  act(world: Router, agent: Agent): Promise<readonly Vow[]>;
  /** Of the configuration file at the next start. */
  readonly after: Wish;
}

/** What the agent has said yes to, and what the next one must say then. */
interface Vow {
  readonly what: string;
  readonly kept: (status: Status) => boolean;
}

/** The routes are out though nothing covers; the file was rolled back, and is still there. */
const EXPECTED = /uncovered|configuration-not-used .*running=rolled-back|configuration-rolled-back/;

const ADOPTING: Wish = { adopt: true };
const PLAIN: Wish = { adopt: false, hold: '1h' };
const MORE: Wish = { ...PLAIN, destinations: ['0.0.0.0/0', '10.9.0.0/16'] };

function endOf(process: Process): { end: ProcessEnd | undefined } {
  const death: { end: ProcessEnd | undefined } = { end: process.end };
  void process.exited.then((end) => (death.end = end));
  return death;
}

/** Until that holds, or the agent is dead. */
async function until(agent: Agent, what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const death = endOf(agent.process);
  await comes(what, async () => death.end !== undefined || (await holds()));
}

const isIn = ({ backupRoutes }: Status) =>
  backupRoutes.length > 0 && backupRoutes.every((r) => r.state === 'installed');
const takenOver = (world: Router) => foreignDefault(world) === '' && owned(world) === '';

/** One order after the other; those that were answered with a yes. */
async function ordered(agent: Agent, orders: readonly (readonly [object, Vow])[]): Promise<readonly Vow[]> {
  const promised: Vow[] = [];
  for (const [request, promise] of orders) {
    const answer = await ask<{ readonly ok: boolean }>(agent, request);
    if (answer?.ok === false) throw new Error(`${promise.what}: ${JSON.stringify(answer)}`);
    if (answer?.ok !== true) break;
    promised.push(promise);
  }
  return promised;
}

const isOut = (_world: Router, agent: Agent) => settled(agent, 'out', ({ routes }) => routes.phase === 'out');

/** What touches the foreign defaults, with our own in tables of ours or in main. */
const adoptions = (placement: 'local' | 'main'): readonly Cut[] => {
  const adopting: Wish = { ...ADOPTING, placement };
  const taken = async (world: Router, agent: Agent) => {
    await until(agent, 'taken over', () => takenOver(world));
    return [];
  };
  const name = (what: string) => (placement === 'local' ? what : `${what} in ${placement}`);
  return [
    { name: name('start'), wish: adopting, ready: undefined, act: taken, after: adopting },
    {
      name: name('start after a kill'),
      wish: adopting,
      afterKill: true,
      ready: undefined,
      async act(_world, agent) {
        await until(agent, 'ready', async () => agent.log.some((line) => / ready /.test(line)));
        return [];
      },
      after: adopting,
    },
    {
      name: name('adopt'),
      wish: { adopt: false, placement },
      ready: isOut,
      act(world, agent) {
        agent.configure(configText(world, adopting));
        agent.signal('SIGHUP');
        return taken(world, agent);
      },
      after: adopting,
    },
    {
      name: name('give back'),
      wish: adopting,
      ready: (world) => comes('taken over', () => takenOver(world)),
      async act(_world, agent) {
        agent.signal('SIGTERM');
        await until(agent, 'its end', () => false);
        return [];
      },
      after: adopting,
    },
  ];
};

export const CUTS: readonly Cut[] = [
  ...adoptions('local'),
  ...adoptions('main'),
  {
    name: 'death',
    wish: { adopt: false },
    ready: isOut,
    async act(world, agent) {
      daemonRuns(world, false);
      await until(agent, 'in', async () => {
        const answer = await ask<{ readonly status: Status }>(agent, { command: 'status' });
        return answer !== undefined && isIn(answer.status);
      });
      return [];
    },
    after: { adopt: false },
  },
  {
    name: 'withdrawal',
    wish: { adopt: false },
    async ready(world, agent) {
      await isOut(world, agent);
      daemonRuns(world, false);
      await settled(agent, 'in', isIn);
    },
    async act(world, agent) {
      daemonRuns(world, true);
      await until(agent, 'out', async () => owned(world) === '');
      return [];
    },
    after: { adopt: false },
  },
  {
    name: 'reload that gives back',
    wish: ADOPTING,
    ready: (world) => comes('taken over', () => takenOver(world)),
    async act(world, agent) {
      agent.configure(configText(world, { adopt: false }));
      agent.signal('SIGHUP');
      await until(agent, 'given back', () => foreignDefault(world).split('\n').length === 2);
      return [];
    },
    after: { adopt: false },
  },
  {
    name: 'reload --confirm',
    wish: PLAIN,
    ready: (_world, agent) => settled(agent, 'in', isIn),
    act(world, agent) {
      agent.configure(configText(world, MORE));
      const runs = ({ backupRoutes }: Status) => backupRoutes.length === 3;
      return ordered(agent, [
        // What nobody has confirmed may run or not.
        [
          { command: 'reload', confirmMs: 30_000 },
          { what: 'reload --confirm', kept: () => true },
        ],
        [{ command: 'confirm' }, { what: 'confirm', kept: (status) => runs(status) }],
      ]);
    },
    after: MORE,
  },
  {
    name: 'rollback',
    wish: PLAIN,
    ready: (_world, agent) => settled(agent, 'in', isIn),
    async act(world, agent) {
      agent.configure(configText(world, MORE));
      await ask(agent, { command: 'reload', confirmMs: 1_000 });
      let isBack = false;
      await until(agent, 'rolled back', async () => {
        const answer = await ask<{ readonly status: Status }>(agent, { command: 'status' });
        isBack = answer?.status.configuration.source === 'rolled-back';
        return isBack;
      });
      return isBack ? [{ what: 'rolled back', kept: ({ backupRoutes }) => backupRoutes.length === 2 }] : [];
    },
    after: MORE,
  },
  {
    name: 'records',
    wish: PLAIN,
    ready: (_world, agent) => settled(agent, 'in', isIn),
    async act(_world, agent) {
      const promised = await ordered(agent, [
        [
          { command: 'hold', durationMs: 1_800_000 },
          { what: 'hold', kept: ({ routes }) => routes.cause === 'pinned' },
        ],
        [
          { command: 'role', role: 'standby' },
          { what: 'standby', kept: ({ routes }) => routes.role === 'standby' },
        ],
        [
          { command: 'hold', durationMs: 'off' },
          { what: 'hold off', kept: ({ routes }) => routes.cause !== 'pinned' },
        ],
      ]);
      // Whether the order that was not answered is kept is open.
      return promised.filter(({ what }) => what !== 'hold' || promised.length === 1);
    },
    after: PLAIN,
  },
];

/** Every call of the agent while it does it. */
export async function pointsIn(world: Router, cut: Cut): Promise<Trace> {
  reset(world);
  let trace: Trace;
  if (cut.ready === undefined) {
    const how = ['-y', '-s', '64', '-o', fileOf(world)];
    const agent = agentIn(world, cut.wish, await former(world, cut), wrapping(how));
    await cut.act(world, agent);
    await endUnder(world, agent);
    trace = traceOf(readFileSync(fileOf(world), 'utf8'));
  } else {
    const agent = agentIn(world, cut.wish);
    await cut.ready(world, agent);
    trace = await watched(world, agent, () => cut.act(world, agent));
    await agent.kill();
  }
  return trace;
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
  const { directory, reached, promised } = await killedAt(world, cut, point);
  faults.push(...cutOff(world).map((far) => `no way to ${far} after the kill`));

  const next = agentIn(world, cut.after, directory);
  const status = await settled(next, 'the next start', ({ routes }) => routes.phase !== 'starting');
  faults.push(...cutOff(world).map((far) => `no way to ${far} after the start`));
  for (const { what, kept } of promised) if (!kept(status)) faults.push(`"${what}" was answered, and is forgotten`);
  if (cut.after.adopt) await comes('taken over again', () => foreignDefault(world) === '');
  const end = await next.stop();
  if (end.status !== 0) faults.push(`the next agent ended with ${end.status ?? end.signal}`);
  if (status.faults.length > 0) faults.push(`faults: ${status.faults.join(', ')}`);
  const damaged = next.log.find((line) => / (error|crit|err) /.test(line) && !EXPECTED.test(line));
  if (damaged !== undefined) faults.push(`the log says: ${damaged}`);
  if (foreignDefault(world) !== foreign)
    faults.push(`the default routes were ${foreign}, and are ${foreignDefault(world)}`);
  if (owned(world) !== '') faults.push(`left behind: ${owned(world)}`);
  faults.push(...cutOff(world).map((far) => `no way to ${far} at the end`));
  return { reached, faults };
}

/** The directory of a life that has taken over and was killed; undefined: there was none. */
async function former(world: Router, { wish, afterKill }: Cut): Promise<string | undefined> {
  if (afterKill === undefined) return undefined;
  const agent = agentIn(world, wish);
  await comes('taken over', () => takenOver(world));
  await agent.kill();
  return agent.directory;
}

async function killedAt(world: Router, cut: Cut, point: Point) {
  if (cut.ready === undefined) {
    const agent = agentIn(world, cut.wish, await former(world, cut), wrapping(killing(point)));
    const death = endOf(agent.process);
    const promised = await cut.act(world, agent);
    // strace ends as the one that it watches has ended.
    const reached = death.end?.signal === 'SIGKILL';
    if (!reached) await endUnder(world, agent);
    return { directory: agent.directory, reached, promised };
  }
  const agent = agentIn(world, cut.wish);
  await cut.ready(world, agent);
  const death = endOf(agent.process);
  const strace = await attached(world, agent, killing(point));
  const promised = await cut.act(world, agent);
  // The last calls of an action may come a moment later.
  for (let i = 0; i < 10 && death.end === undefined; i++) await sleep(20);
  const reached = death.end?.signal === 'SIGKILL';
  if (death.end === undefined) await agent.kill();
  await strace.stop('SIGKILL');
  return { directory: agent.directory, reached, promised };
}

/** SIGKILL to the agent that runs below a strace. */
async function endUnder(world: Router, agent: Agent): Promise<void> {
  const { pid } = agent.process;
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  for (const child of children.split(' ').filter((text) => text !== '')) world.router.tryRun(['kill', '-KILL', child]);
  await agent.process.exited;
}
