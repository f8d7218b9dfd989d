/**
 * How long a daemon has existed. Its pid file and /proc give both times since boot, so clock steps
 * do not matter. If the daemon is in another pid namespace (a container), /proc does not show it;
 * then the age is that of its unix socket, which it creates when it starts. Invariants: a pid file
 * may be stale and its pid used by another process, so the name is compared. In doubt the result
 * is undefined.
 */

import { readFileSync, statSync } from 'node:fs';
import { readSmallFile } from '../host/small-file.js';
import { commOf, isDead, parseStat, uptimeMs } from './proc.js';

/**
 * Milliseconds since the process named in `pidFile` started; undefined unless it runs and has the
 * name `name`.
 */
export function processAgeMs(pidFile: string, name: string): number | undefined {
  try {
    const pid = /^\s*([1-9][0-9]{0,9})\s*$/.exec(readSmallFile(pidFile, 'latin1'))?.[1];
    if (pid === undefined) return undefined;
    return ageFromProc(readFileSync(`/proc/${pid}/stat`, 'latin1'), readFileSync('/proc/uptime', 'latin1'), name);
  } catch {
    return undefined;
  }
}

/** The age from the text of /proc/PID/stat and /proc/uptime (proc(5)). */
export function ageFromProc(stat: string, uptime: string, name: string): number | undefined {
  const process = parseStat(stat);
  if (process === undefined || isDead(process) || process.comm !== commOf(name)) return undefined;
  const ageMs = Math.round(Number(uptime.split(' ')[0]) * 1000 - process.startMs);
  return Math.max(ageMs, 0);
}

/**
 * Milliseconds since the unix socket at `path`, which somebody listens on, was created (bind(2));
 * undefined when the clock was set since, so that its time is before this boot or in the future.
 */
export function socketAgeMs(path: string): number | undefined {
  try {
    return ageFromSocket(statSync(path).mtimeMs, Date.now(), uptimeMs());
  } catch {
    return undefined;
  }
}

/**
 * The age from the socket's last change and the wall clock, both in milliseconds since the epoch,
 * and the uptime in milliseconds.
 */
export function ageFromSocket(mtimeMs: number, wallMs: number, uptime: number): number | undefined {
  const ageMs = Math.round(wallMs - mtimeMs);
  return ageMs >= 0 && ageMs <= uptime ? ageMs : undefined;
}

/**
 * Milliseconds since this process started, exec and Node's own start included; undefined when not
 * known.
 */
export function ownAgeMs(): number | undefined {
  try {
    const process = parseStat(readFileSync('/proc/self/stat', 'latin1'));
    return process === undefined ? undefined : Math.max(0, Math.round(uptimeMs() - process.startMs));
  } catch {
    return undefined;
  }
}
