/**
 * How long a process has existed, by its pid file and /proc: both times count from boot, so no
 * clock step matters.
 * Invariant: a pid file may be stale and its number taken by another, hence the
 * name is compared; any doubt is age 0, which only makes the hold-time longer.
 */

import { readFileSync } from 'node:fs';
import { readSmallFile } from '../host/small-file.js';
import { commOf, isDead, parseStat, uptimeMs } from './proc.js';

/**
 * Milliseconds since the process named in `pidFile` began, 0 unless it runs and is called `name`.
 */
export function processAgeMs(pidFile: string, name: string): number {
  try {
    const pid = /^\s*([1-9][0-9]{0,9})\s*$/.exec(readSmallFile(pidFile, 'latin1'))?.[1];
    if (pid === undefined) return 0;
    return ageFromProc(readFileSync(`/proc/${pid}/stat`, 'latin1'), readFileSync('/proc/uptime', 'latin1'), name);
  } catch {
    return 0;
  }
}

/** The age from the text of /proc/PID/stat and /proc/uptime (proc(5)). */
export function ageFromProc(stat: string, uptime: string, name: string): number {
  const process = parseStat(stat);
  if (process === undefined || isDead(process) || process.comm !== commOf(name)) return 0;
  const ageMs = Math.round(Number(uptime.split(' ')[0]) * 1000 - process.startMs);
  return Math.max(ageMs, 0);
}

/** Milliseconds since this process began, its exec and the start of Node included; undefined: not known. */
export function ownAgeMs(): number | undefined {
  try {
    const process = parseStat(readFileSync('/proc/self/stat', 'latin1'));
    return process === undefined ? undefined : Math.max(0, Math.round(uptimeMs() - process.startMs));
  } catch {
    return undefined;
  }
}
