/**
 * A router whose agent is killed at a system call, and what must be so after its next start: strace(1) delivers SIGKILL when the agent is
 * about to make that call.
 *
 * The router has a default route of somebody else on the management port, and one of a routing daemon (a process that sleeps) on the data
 * port. So there is something to take over, and something to lose.
 */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Agent, startAgent } from '../../src/drill/lab/agent.js';
import { createLab, type Lab } from '../../src/drill/lab/lab.js';
import type { Namespace } from '../../src/drill/lab/namespace.js';
import type { Process } from '../../src/drill/lab/process.js';
import { eventually } from '../../src/drill/lab/wait.js';
import type { Status } from '../../src/model/status.js';

export const GATEWAY = '10.255.0.1';
const PEER = '10.1.0.1';
/** What an operator wants to reach. */
const FAR = '203.0.113.9';
/** The same, for whatever a laden machine takes. */
const PATIENCE = { timeoutMs: 60_000, intervalMs: 30 } as const;

export interface Router {
  readonly lab: Lab;
  readonly router: Namespace;
  /** The file with the number of what stands for a routing daemon. */
  readonly pidFile: string;
}

export function routerLab(): Router {
  const lab = createLab();
  const [router, gw, peer] = [lab.namespace('router'), lab.namespace('gw'), lab.namespace('peer')];
  lab.link(router, 'mgmt0', gw, 'router0');
  lab.link(router, 'data0', peer, 'router0');
  router.ipBatch(['addr add 10.255.0.2/24 dev mgmt0', 'addr add 10.1.0.2/24 dev data0']);
  gw.ipBatch([`addr add ${GATEWAY}/24 dev router0`, `addr add ${FAR}/32 dev lo`, 'link set lo up']);
  peer.ipBatch([`addr add ${PEER}/24 dev router0`, `addr add ${FAR}/32 dev lo`, 'link set lo up']);
  // In a directory of its own: the agent watches it, and a trace that is written beside it would tell of itself for ever.
  mkdirSync(join(lab.directory, 'daemon'));
  const pidFile = join(lab.directory, 'daemon', 'daemon.pid');
  const daemon = router.spawn(['sleep', 'infinity'], { closeSignal: 'SIGKILL' });
  writeFileSync(pidFile, `${daemon.pid}\n`);
  return { lab, router, pidFile };
}

/** The world as it was before the agent: nothing of ours, the foreign default in its place. */
export function reset({ router }: Router): void {
  router.tryRun(['ip', 'route', 'flush', 'table', 'main', 'proto', '157']);
  router.tryRun(['ip', 'rule', 'flush', 'protocol', '157']);
  router.tryRun(['ip', 'route', 'flush', 'table', '25500']);
  router.run(['ip', 'route', 'replace', 'default', 'via', PEER, 'dev', 'data0', 'proto', '186', 'metric', '20']);
  router.run(['ip', 'route', 'replace', 'default', 'via', GATEWAY, 'dev', 'mgmt0', 'proto', 'boot', 'mtu', '1400']);
}

export interface Wish {
  readonly adopt: boolean;
  readonly destinations?: readonly string[];
  readonly hold?: string;
}

export function configText({ pidFile }: Router, { adopt, destinations, hold = '0s' }: Wish): string {
  return JSON.stringify({
    'management-interface': 'mgmt0',
    'backup-router': {
      address: adopt ? 'auto' : GATEWAY,
      ...(adopt ? { adopt } : {}),
      ...(destinations === undefined ? {} : { destination: destinations }),
    },
    'routing-daemon': { pidfile: { path: pidFile, 'route-protocols': [186] } },
    withdraw: { 'hold-time': hold, 'convergence-timeout': 'never' },
    detect: { 'probe-interval': '200ms', 'probe-timeout': '2s' },
    'on-stop': 'withdraw',
  });
}

export function agentIn(world: Router, wish: Wish, directory?: string, wrapper?: readonly string[]): Agent {
  return startAgent(world.lab, world.router, {
    configText: configText(world, wish),
    ...(directory === undefined ? {} : { directory }),
    ...(wrapper === undefined ? {} : { wrapper }),
  });
}

export function foreignDefault({ router }: Router): string {
  return router.run(['ip', '-d', 'route', 'show', 'default', 'proto', 'boot']).trim();
}

/** By which port packets of the router leave; undefined: by none. */
export function wayOut({ router }: Router): string | undefined {
  return / dev (\S+)/.exec(router.tryRun(['ip', 'route', 'get', FAR]).stdout)?.[1];
}

export function owned({ router }: Router): string {
  return [
    router.run(['ip', 'route', 'show', 'table', 'all', 'proto', '157']),
    router.run(['ip', 'rule', 'show']).replace(/^(?!.*proto 157).*\n/gm, ''),
  ].join('');
}

export async function settled(agent: Agent, fits: (status: Status) => boolean): Promise<Status> {
  return eventually(async () => {
    const status = await agent.status<Status>();
    return fits(status) ? status : undefined;
  }, PATIENCE);
}

export async function comes(what: string, holds: () => boolean): Promise<void> {
  await eventually(holds, { ...PATIENCE, what });
}

/** A system call of the agent: its `nth` of that name since it was watched. */
export interface Point {
  readonly call: string;
  readonly nth: number;
}

/** Watches the agent's calls until `end`; each call of its main thread, in order. */
export async function watched(world: Router, agent: Agent, act: () => Promise<unknown>): Promise<readonly Point[]> {
  const file = join(world.lab.directory, 'trace');
  const strace = await attached(world, agent, ['-o', file]);
  await act();
  await strace.stop('SIGINT');
  return pointsOf(readFileSync(file, 'utf8'), agent.process.pid);
}

/** Of a trace by `strace -f -o`. */
export function pointsOf(trace: string, pid: number): readonly Point[] {
  const counts = new Map<string, number>();
  return trace.split('\n').flatMap((line) => {
    const [, thread, call] = /^(\d+) +([a-z0-9_]+)\(/.exec(line) ?? [];
    if (call === undefined || Number(thread) !== pid) return [];
    counts.set(call, (counts.get(call) ?? 0) + 1);
    return [{ call, nth: counts.get(call)! }];
  });
}

/** SIGKILL at that call. */
export function killing({ call, nth }: Point): readonly string[] {
  // What is not traced is not tampered with.
  return ['-o', '/dev/null', '-e', `trace=${call}`, '-e', `inject=${call}:signal=SIGKILL:when=${nth}`];
}

/** strace beside the agent, and the agent under its eyes. */
export async function attached(world: Router, agent: Agent, how: readonly string[]): Promise<Process> {
  const strace = world.router.spawn(['strace', '-f', '-p', String(agent.process.pid), ...how], {
    closeSignal: 'SIGKILL',
  });
  await comes('strace is attached', () => strace.lines.some((line) => /attached/.test(line)));
  return strace;
}
