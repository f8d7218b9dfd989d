/**
 * How long a process has existed, by its pid file and /proc: both times count from boot, so no clock step matters.
 * Invariant: a pid file may be stale and its number taken by another, hence the name is compared; any doubt is age 0,
 * which only makes the hold-time longer.
 */

import { readFileSync } from 'node:fs';

/** USER_HZ, the unit of times in /proc/PID/stat: 100 for user space on every architecture that Node runs on. */
const TICKS_PER_SECOND = 100;

/** Milliseconds since the process named in `pidFile` began, 0 unless it runs and is called `name`. */
export function processAgeMs(pidFile: string, name: string): number {
  try {
    const pid = /^\s*([1-9][0-9]{0,9})\s*$/.exec(readFileSync(pidFile, 'latin1'))?.[1];
    if (pid === undefined) return 0;
    return ageFromProc(readFileSync(`/proc/${pid}/stat`, 'latin1'), readFileSync('/proc/uptime', 'latin1'), name);
  } catch {
    return 0;
  }
}

/** The age from the text of /proc/PID/stat and /proc/uptime (proc(5)). */
export function ageFromProc(stat: string, uptime: string, name: string): number {
  // comm stands in brackets and may itself hold brackets and blanks; TASK_COMM_LEN cuts it at 15 bytes.
  const open = stat.indexOf('(');
  const close = stat.lastIndexOf(')');
  if (open < 0 || stat.slice(open + 1, close) !== name.slice(0, 15)) return 0;
  const fields = stat.slice(close + 2).split(' ');
  const state = fields[0];
  // starttime is field 22, state being field 3.
  const startSeconds = Number(fields[19]) / TICKS_PER_SECOND;
  const ageMs = Math.round((Number(uptime.split(' ')[0]) - startSeconds) * 1000);
  return state !== 'Z' && ageMs > 0 ? ageMs : 0;
}
