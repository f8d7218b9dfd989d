/** System calls of the agent, by strace(1): which there are, which of them change anything, and a SIGKILL at one of them. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Agent } from '../../src/drill/lab/agent.js';
import type { Process } from '../../src/drill/lab/process.js';
import { comes, type Router } from './lab.js';

/** A call of the agent: the `nth` of that name of one thread since it was watched. */
export interface Point {
  readonly call: string;
  readonly nth: number;
}

export interface Trace {
  /** All calls, of all threads. */
  readonly calls: number;
  /** Those that change something outside the process. A kill at any call between two of them finds what a kill at the second finds. */
  readonly points: readonly Point[];
}

/** Of netlink: what asks for a change (RTM_NEW*, RTM_DEL*). */
const NETLINK = /nlmsg_type=(?:RTM_(?:NEW|DEL)|0x)/;
/** Of files: what makes, names, fills or syncs one. Files of /proc and /sys are none. */
const ALWAYS = /^(?:rename|unlink|mkdir|rmdir|f?truncate|f(?:data)?sync|f?chmod|f?chown|link|symlink|mknod)/;
const ON_FILE = /^(?:pwrite|write|writev|pwritev)/;

/** Whether a line of `strace -y`, from the name of the call on, changes something that outlives the process. */
export function changes(line: string): boolean {
  const call = /^[a-z0-9_]+/.exec(line)?.[0] ?? '';
  if (ALWAYS.test(call)) return true;
  if (ON_FILE.test(call)) return /^\w+\(\d+<\/(?!proc\/|sys\/|dev\/)/.test(line);
  if (call === 'open' || call === 'openat') return /O_CREAT|O_TRUNC/.test(line);
  if (call === 'bind') return /AF_UNIX/.test(line);
  return (call === 'sendto' || call === 'sendmsg') && NETLINK.test(line);
}

/** Of a trace by `strace -f -y -o`. */
export function traceOf(text: string): Trace {
  const counts = new Map<string, number>();
  const points = new Map<string, Point>();
  let calls = 0;
  for (const line of text.split('\n')) {
    const [, thread, rest = ''] = /^(\d+) +([a-z0-9_]+\(.*)$/.exec(line) ?? [];
    if (thread === undefined) continue;
    calls++;
    const call = /^[a-z0-9_]+/.exec(rest)![0];
    const nth = (counts.get(`${thread} ${call}`) ?? 0) + 1;
    counts.set(`${thread} ${call}`, nth);
    if (changes(rest)) points.set(`${call} ${nth}`, { call, nth });
  }
  return { calls, points: [...points.values()] };
}

/** strace's words for a SIGKILL at that call, before it is made. */
export function killing({ call, nth }: Point): readonly string[] {
  // What is not traced is not tampered with.
  return ['-o', '/dev/null', '-e', `trace=${call}`, '-e', `inject=${call}:signal=SIGKILL:when=${nth}`];
}

/** The command before the agent's own that has it watched from its first instruction. Without --seccomp-bpf, which strace 6.1 injects no signals with. */
export function wrapping(how: readonly string[]): readonly string[] {
  return ['strace', '-f', ...how];
}

/** What `watched` writes, and reads. */
export function fileOf(world: Router): string {
  return join(world.lab.directory, 'trace');
}

/** Watches the agent's calls while it acts. */
export async function watched(world: Router, agent: Agent, act: () => Promise<unknown>): Promise<Trace> {
  const strace = await attached(world, agent, ['-y', '-s', '64', '-o', fileOf(world)]);
  await act();
  await strace.stop('SIGINT');
  return traceOf(readFileSync(fileOf(world), 'utf8'));
}

/** strace beside the agent, and the agent under its eyes. */
export async function attached(world: Router, agent: Agent, how: readonly string[]): Promise<Process> {
  const strace = world.router.spawn(['strace', '-f', '-p', String(agent.process.pid), ...how], {
    closeSignal: 'SIGKILL',
  });
  await comes('strace is attached', () => strace.lines.some((line) => /attached/.test(line)));
  return strace;
}
