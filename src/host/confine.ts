/**
 * Drops the agent's privileges for an operator's command. The command keeps the user and the
 * groups, so that it can ask a daemon; it loses the capabilities. Its oom_score_adj is the normal
 * 0, whatever the agent's is.
 *
 * An agent with a user of its own has its capability in the ambient set, which is emptied while
 * the command is started, so that the exec'd program has none. (setpriv(1) would need capset(2),
 * which the unit's system call filter refuses.) Root would regain everything at the next exec, so
 * setpriv also empties the bounding set.
 *
 * Invariant: a command whose privileges cannot be dropped runs all the same, because a probe that
 * never runs would keep the routes in for ever.
 */

import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { loadLibc } from '../native/libc.js';
import { isExecutable } from './executable.js';

const PLACES = ['/usr/bin/setpriv', '/bin/setpriv'] as const;
const CAP_SETPCAP = 8;
const OF_ROOT = ['--ambient-caps=-all', '--inh-caps=-all', '--bounding-set=-all', '--no-new-privs'] as const;

interface Confinement {
  /** Words before the program and its arguments. */
  readonly prefix: readonly string[];
  /** Whether the ambient set is emptied while the command is started. */
  readonly ambient: boolean;
  /** Why the command keeps the agent's privileges; undefined when it does not. */
  readonly missing: string | undefined;
}

/** Nothing is dropped. */
export const FREE: Confinement = { prefix: [], ambient: false, missing: undefined };

let found: Confinement | undefined;

/** How commands are confined on this host; determined once. */
export function confinement(): Confinement {
  return (found ??= lookUp(PLACES, '/proc/self/status', () => loadLibc() !== undefined));
}

/** Called when setpriv has failed: from now on commands run without it. */
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

/** Starts a command that way; the caller has put `prefix` before it. */
export function started<T>({ ambient }: Confinement, start: () => T): T {
  const libc = ambient ? loadLibc() : undefined;
  return libc === undefined ? start() : libc.withoutAmbient(start);
}

/** Sets the process's oom_score_adj to 0, the normal value. */
export function unfavoured(pid: number): void {
  try {
    writeFileSync(`/proc/${pid}/oom_score_adj`, '0');
  } catch {
    // It has ended, or may not be changed.
  }
}

/** getrlimit(2). */
const [RLIMIT_CPU, RLIMIT_NPROC] = [0, 6] as const;
/** Tasks that a command may add to those of the user. The unit allows 64 for all (TasksMax=). */
const TASKS = 32;
/** Seconds of CPU time beyond its time limit. */
const CPU_GRACE_S = 1;

/**
 * Sets limits of the command and all that it starts: the number of processes, so that the agent
 * can still start its own, and CPU time, for processes that have left the group and are not killed
 * with it. The kernel does not count root's processes.
 */
export function limited(pid: number, timeoutMs: number): void {
  const libc = loadLibc();
  if (libc === undefined) return;
  libc.limit(pid, RLIMIT_NPROC, (tasks ??= tasksOfUser()) + TASKS);
  libc.limit(pid, RLIMIT_CPU, Math.ceil(timeoutMs / 1_000) + CPU_GRACE_S);
}

let tasks: number | undefined;

/**
 * The tasks of this user as the kernel counts them: the threads of all its processes. Counted
 * once: the unit's user has no processes but the agent's.
 */
function tasksOfUser(): number {
  const user = process.getuid?.();
  let count = 0;
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    if (statSync(`/proc/${pid}`, { throwIfNoEntry: false })?.uid !== user) continue;
    try {
      count += readdirSync(`/proc/${pid}/task`).length;
    } catch {
      // The process has ended.
    }
  }
  return count;
}

/** A capability set from /proc/PID/status. */
function setOf(name: string, status: string): bigint {
  try {
    const digits = new RegExp(`^${name}:\\s*([0-9a-f]+)`, 'm').exec(readFileSync(status, 'latin1'))?.[1] ?? '0';
    return BigInt(`0x${digits}`);
  } catch {
    return 0n;
  }
}
