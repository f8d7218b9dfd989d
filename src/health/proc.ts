/**
 * Processes as /proc shows them (proc(5)). An open /proc/PID/stat stays bound to the process it was
 * opened for: once that is gone and reaped every read says ESRCH, even if the number lives again in
 * another process. It is a pidfd without native code, save that it cannot be waited for.
 */

import { closeSync, openSync, readFileSync, readSync } from 'node:fs';

/**
 * USER_HZ, the unit of times in /proc/PID/stat: 100 for user space on every architecture that Node
 * runs on.
 */
export const MS_PER_TICK = 10;
/** Clock slew and the grain of start times. */
const SLACK_MS = 2000;
/** One line of 52 numbers and a name of 15 bytes. */
const STAT_BYTES = 1024;

/** TASK_COMM_LEN without its NUL (linux/sched.h). */
const COMM_BYTES = 15;

/** What the kernel keeps of a program's name, byte by byte as latin1: as read from /proc. */
export function commOf(name: string): string {
  return Buffer.from(name, 'utf8').subarray(0, COMM_BYTES).toString('latin1');
}

export interface ProcStat {
  readonly comm: string;
  /** R, S, D, T, t, Z, X ... */
  readonly state: string;
  /** When it began, milliseconds since boot. */
  readonly startMs: number;
  /** A signal has ended it, or is about to: the kernel notes this before it closes anything of the process. */
  readonly signaled: boolean;
}

/** linux/sched.h. */
const PF_SIGNALED = 0x400;

export function parseStat(text: string): ProcStat | undefined {
  // comm stands in brackets and may itself hold brackets and blanks.
  const open = text.indexOf('(');
  const close = text.lastIndexOf(')');
  if (open < 0 || close < open) return undefined;
  const fields = text.slice(close + 2).split(' ');
  // flags is field 9 and starttime field 22, state being field 3.
  const startMs = Number(fields[19]) * MS_PER_TICK;
  const signaled = (Number(fields[6]) & PF_SIGNALED) !== 0;
  return Number.isFinite(startMs)
    ? { comm: text.slice(open + 1, close), state: fields[0]!, startMs, signaled }
    : undefined;
}

/** Z, X and x are dead; a zombie stays where its parent does not reap (fact S4). */
export function isDead(stat: ProcStat): boolean {
  return stat.state === 'Z' || stat.state === 'X' || stat.state === 'x';
}

/** T and t: stopped by a signal or by a debugger. */
export function isStopped(stat: ProcStat): boolean {
  return stat.state === 'T' || stat.state === 't';
}

/** Milliseconds since boot. */
export function uptimeMs(): number {
  return Number(readFileSync('/proc/uptime', 'latin1').split(' ')[0]) * 1000;
}

/** When a process began, and when its number or its socket was written to the file system. */
export interface WrittenTimes {
  /** The process began, milliseconds since boot. */
  readonly startMs: number;
  readonly uptimeMs: number;
  /** Wall clock now, and of the file's last change, milliseconds since the epoch. */
  readonly wallMs: number;
  readonly mtimeMs: number;
  /** The file system was empty at boot. */
  readonly volatile: boolean;
}

/** Whether the process may be the one that the file is about: it must not be younger. */
export function mayMean({ startMs, uptimeMs, wallMs, mtimeMs, volatile }: WrittenTimes): boolean {
  const bootMs = wallMs - uptimeMs;
  // Older than the boot that made it: the clock was set since (a router without a battery wakes in
  // 1970), so times prove nothing.
  if (volatile && mtimeMs < bootMs - SLACK_MS) return true;
  return bootMs + startMs <= mtimeMs + SLACK_MS;
}

/** One process, as long as it is held open. */
export class HeldProcess {
  readonly pid: number;
  readonly #fd: number;
  readonly #buffer = Buffer.allocUnsafeSlow(STAT_BYTES);

  private constructor(pid: number, fd: number) {
    this.pid = pid;
    this.#fd = fd;
  }

  /** undefined: there is no such process (or hidepid hides it). */
  static open(pid: number): HeldProcess | undefined {
    try {
      return new HeldProcess(pid, openSync(`/proc/${pid}/stat`, 'r'));
    } catch {
      return undefined;
    }
  }

  /** Its state now; undefined: it is gone. A zombie is not gone. */
  stat(): ProcStat | undefined {
    try {
      return parseStat(this.#buffer.toString('latin1', 0, readSync(this.#fd, this.#buffer, 0, STAT_BYTES, 0)));
    } catch {
      return undefined;
    }
  }

  close(): void {
    closeSync(this.#fd);
  }
}
