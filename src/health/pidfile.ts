/**
 * The health adapter for a process by its pid file. inotify reports changes of the file;
 * process-watch.ts follows the process.
 *
 * Invariant: a reused pid is not mistaken for the daemon. A process that began after its pid file
 * was written is another one: the file was left by a crash or an earlier boot. Once accepted, a
 * process is identified by its start time, so a later step of the clock changes nothing.
 */

import { statfsSync, statSync } from 'node:fs';
import type { ProcessEvents } from '../core/ports.js';
import type { Clock } from '../host/clock.js';
import { PathWatch } from '../host/path-watch.js';
import { readSmallFile } from '../host/small-file.js';
import type { PidfileDaemon } from '../model/config.js';
import { codeOf } from '../model/error.js';
import { type Adapter, generic } from './adapter.js';
import { HeldProcess, isDead, mayMean, uptimeMs } from './proc.js';
import { type IsDying, type ProcessLookup, ProcessWatch } from './process-watch.js';
import type { ProbeTiming } from './timing.js';

/** TMPFS_MAGIC (linux/magic.h): such a file system is empty at boot. */
const TMPFS = 0x01021994;

/** Watches the process as `pidfile/NAME`; NAME is the file's name without `.pid`. */
export function openPidfile(
  spec: PidfileDaemon,
  timing: ProbeTiming,
  clock: Clock,
  processes?: ProcessEvents,
): Adapter {
  const watch = new ProcessWatch({
    ...timing,
    clock,
    processes,
    recheck: true,
    find: (isDying) => findByPidfile(spec.path, isDying),
  });
  let files: PathWatch | undefined;
  return generic(spec, {
    start: (listener) => {
      files = new PathWatch(spec.path, () => watch.search());
      watch.start(listener);
    },
    close: () => {
      files?.close();
      watch.close();
    },
  });
}

/** The process that the file names; exported for its tests. */
export function findByPidfile(path: string, isDying: IsDying = () => false): ProcessLookup {
  let text: string;
  let mtimeMs: number;
  let volatile: boolean;
  try {
    text = readSmallFile(path, 'latin1');
    mtimeMs = statSync(path).mtimeMs;
    volatile = statfsSync(path).type === TMPFS;
  } catch (error) {
    const code = codeOf(error) ?? String(error);
    return none(code === 'ENOENT' || code === 'ENOTDIR' ? `no pid file ${path}` : `${code} on ${path}`);
  }
  // Some daemons write more lines (PostgreSQL) or pad with blanks (Postfix); the number comes
  // first.
  const pid = Number(/^\s*([1-9][0-9]{0,6})(?:\s|$)/.exec(text)?.[1]);
  // The file may just be rewritten.
  if (Number.isNaN(pid)) return { kind: 'unclear', reason: `no process id in ${path}` };
  const process = HeldProcess.open(pid);
  const stat = process?.stat();
  if (process === undefined || stat === undefined || isDead(stat) || isDying(pid, stat.startMs)) {
    process?.close();
    return none(
      `process ${pid} of ${path} does not run${stat === undefined || !isDead(stat) ? '' : ', its parent has not reaped it'}`,
    );
  }
  const uptime = uptimeMs();
  if (!mayMean({ startMs: stat.startMs, uptimeMs: uptime, wallMs: Date.now(), mtimeMs, volatile })) {
    process.close();
    return none(`${path} is stale: process ${pid} (${stat.comm}) began after the file was written`);
  }
  return { kind: 'found', process };
}

function none(reason: string): ProcessLookup {
  return { kind: 'none', reason };
}
