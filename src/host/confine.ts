/**
 * What takes the agent's power from a command of the operator. The command keeps the user and the groups, so that it can ask a daemon;
 * the capabilities go. When memory runs out it is like everybody else, whatever the agent is.
 *
 * An agent of its own user has its capability by the ambient set, which is emptied for the moment in which the command is started: what
 * is exec'd then has none. (setpriv(1) would need capset(2), which the unit's filter of system calls refuses.) Root would have
 * everything again at the next exec, so setpriv empties the bounding set, too.
 *
 * Invariant: a command whose privileges cannot be taken runs all the same, as a probe that never runs would keep the routes in for ever.
 */

import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { loadLibc } from '../native/libc.js';
import { isExecutable } from './executable.js';

const PLACES = ['/usr/bin/setpriv', '/bin/setpriv'] as const;
const CAP_SETPCAP = 8;
const OF_ROOT = ['--ambient-caps=-all', '--inh-caps=-all', '--bounding-set=-all', '--no-new-privs'] as const;

export interface Confinement {
  /** Before the program and its arguments. */
  readonly prefix: readonly string[];
  /** The ambient set is emptied while it is started. */
  readonly ambient: boolean;
  /** Why it keeps what the agent has. */
  readonly missing: string | undefined;
}

/** Nothing is taken from it. */
export const FREE: Confinement = { prefix: [], ambient: false, missing: undefined };

let found: Confinement | undefined;

/** As it is on this host; looked up once. */
export function confinement(): Confinement {
  return (found ??= lookUp(PLACES, '/proc/self/status', () => loadLibc() !== undefined));
}

/** setpriv has refused: from now on commands run without it. */
export function unconfined(why: string): void {
  found = { ...FREE, missing: why };
}

export function lookUp(places: readonly string[], ownStatus: string, hasLibc: () => boolean): Confinement {
  if ((setOf('CapEff', ownStatus) >> BigInt(CAP_SETPCAP)) & 1n) {
    const program = places.find(isExecutable);
    return program === undefined
      ? { ...FREE, missing: 'setpriv(1) of util-linux is not installed' }
      : { ...FREE, prefix: [program, ...OF_ROOT] };
  }
  if (setOf('CapAmb', ownStatus) === 0n) return FREE;
  return hasLibc() ? { ...FREE, ambient: true } : { ...FREE, missing: 'koffi does not load' };
}

/** Starts a command so; what it starts with is in `prefix` already. */
export function started<T>({ ambient }: Confinement, start: () => T): T {
  const libc = ambient ? loadLibc() : undefined;
  return libc === undefined ? start() : libc.withoutAmbient(start);
}

/** When memory runs out, it is like everybody else. */
export function unfavoured(pid: number): void {
  try {
    writeFileSync(`/proc/${pid}/oom_score_adj`, '0');
  } catch {
    // It is gone already, or the agent had no better place itself.
  }
}

/** getrlimit(2). */
const [RLIMIT_CPU, RLIMIT_NPROC] = [0, 6] as const;
/** Tasks that a command may add to those of the user. The unit has 64 for all (TasksMax=). */
const TASKS = 32;
/** Seconds of CPU beyond the time that it has. */
const CPU_GRACE_S = 1;

/**
 * Limits of its own, for it and all that it starts: processes, which would leave the agent none, and time of the processor, for what
 * has left its process group and is not killed with it. Root's processes are not counted by the kernel.
 */
export function limited(pid: number, timeoutMs: number): void {
  const libc = loadLibc();
  if (libc === undefined) return;
  libc.limit(pid, RLIMIT_NPROC, (tasks ??= tasksOfUser()) + TASKS);
  libc.limit(pid, RLIMIT_CPU, Math.ceil(timeoutMs / 1_000) + CPU_GRACE_S);
}

let tasks: number | undefined;

/** As the kernel counts them: threads of all processes of this user. Looked up once: the unit's user has no others than the agent's. */
function tasksOfUser(): number {
  const user = process.getuid?.();
  let count = 0;
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    if (statSync(`/proc/${pid}`, { throwIfNoEntry: false })?.uid !== user) continue;
    try {
      count += readdirSync(`/proc/${pid}/task`).length;
    } catch {
      // It is gone.
    }
  }
  return count;
}

/** A set of capabilities as /proc/PID/status has it. */
function setOf(name: string, status: string): bigint {
  try {
    const digits = new RegExp(`^${name}:\\s*([0-9a-f]+)`, 'm').exec(readFileSync(status, 'latin1'))?.[1] ?? '0';
    return BigInt(`0x${digits}`);
  } catch {
    return 0n;
  }
}
