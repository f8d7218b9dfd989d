/**
 * Processes in /proc (proc(5)). An open /proc/PID/stat stays bound to the process it was opened
 * for: once that process is gone and reaped, every read fails with ESRCH, even if another process
 * has the same pid. It serves as a pidfd without native code, except that it cannot be polled.
 */

import { closeSync, openSync, readFileSync, readSync } from 'node:fs';

/**
 * Milliseconds per tick: times in /proc/PID/stat are in USER_HZ, which is 100 for user space on
 * every architecture that Node runs on.
 */
export const MS_PER_TICK = 10;
/** Allows for clock slew and the granularity of start times. */
const SLACK_MS = 2000;
/** Room for one line of 52 numbers and a name of 15 bytes. */
const STAT_BYTES = 1024;

/** TASK_COMM_LEN without its NUL (linux/sched.h). */
const COMM_BYTES = 15;

/**
 * The part of a program's name that the kernel keeps, each byte as a latin1 character, as /proc is
 * read.
 */
export function commOf(name: string): string {
  return Buffer.from(name, 'utf8').subarray(0, COMM_BYTES).toString('latin1');
}

export interface ProcStat {
  readonly comm: string;
  /** R, S, D, T, t, Z, X ... */
  readonly state: string;
  /** When it started, milliseconds since boot. */
  readonly startMs: number;
  /** A signal ends or has ended it. The kernel sets this before it closes the process's files. */
  readonly signaled: boolean;
}

/** linux/sched.h. */
const PF_SIGNALED = 0x400;

export function parseStat(text: string): ProcStat | undefined {
  // comm is in parentheses and may itself contain parentheses and blanks.
  const open = text.indexOf('(');
  const close = text.lastIndexOf(')');
  if (open < 0 || close < open) return undefined;
  const fields = text.slice(close + 2).split(' ');
  // flags is field 9 and starttime field 22; state, the first field here, is field 3.
  const startMs = Number(fields[19]) * MS_PER_TICK;
  const signaled = (Number(fields[6]) & PF_SIGNALED) !== 0;
  return Number.isFinite(startMs)
    ? { comm: text.slice(open + 1, close), state: fields[0]!, startMs, signaled }
    : undefined;
}

/** Z, X and x are dead; a zombie remains while its parent does not reap it (fact S4). */
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

/** When a process started, and when its pid file or socket was written. */
interface WrittenTimes {
  /** Start of the process, milliseconds since boot. */
  readonly startMs: number;
  readonly uptimeMs: number;
  /** The wall clock now and the file's last change, milliseconds since the epoch. */
  readonly wallMs: number;
  readonly mtimeMs: number;
  /** Whether the file system was empty at boot. */
  readonly volatile: boolean;
}

/** Whether the file may be about this process: the process must not be younger than the file. */
export function mayMean({ startMs, uptimeMs, wallMs, mtimeMs, volatile }: WrittenTimes): boolean {
  const bootMs = wallMs - uptimeMs;
  // The file is older than the boot in which it was made: the clock was set since (a router
  // without a battery starts in 1970), so times prove nothing.
  if (volatile && mtimeMs < bootMs - SLACK_MS) return true;
  return bootMs + startMs <= mtimeMs + SLACK_MS;
}

/** One process while its stat file is held open. */
export class HeldProcess {
  readonly pid: number;
  readonly #fd: number;
  readonly #buffer = Buffer.allocUnsafeSlow(STAT_BYTES);

  private constructor(pid: number, fd: number) {
    this.pid = pid;
    this.#fd = fd;
  }

  /** undefined when there is no such process, or hidepid hides it. */
  static open(pid: number): HeldProcess | undefined {
    try {
      return new HeldProcess(pid, openSync(`/proc/${pid}/stat`, 'r'));
    } catch {
      return undefined;
    }
  }

  /** Its state now; undefined when it is gone. A zombie is not gone. */
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
