/**
 * The health adapter for a process by its name (comm). No event announces a new process, so while
 * there is none, all of /proc is read every probe-interval (about 4 ms for 90 processes).
 * process-watch.ts follows the process that was found.
 *
 * Invariant: a container's daemon is not ours. Processes of a nested pid namespace never count.
 * Those of another network namespace do not count where that can be seen (ptrace(2) access: same
 * user, or CAP_SYS_PTRACE).
 */

import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { ProcessEvents } from '../core/ports.js';
import type { Clock } from '../host/clock.js';
import type { ProcessDaemon } from '../model/config.js';
import { type Adapter, generic } from './adapter.js';
import { commOf, HeldProcess, isDead } from './proc.js';
import { type IsDying, type ProcessLookup, ProcessWatch } from './process-watch.js';
import type { ProbeTiming } from './timing.js';

/** Watches the processes of that name as `process/NAME`. */
export function openProcess(
  spec: ProcessDaemon,
  timing: ProbeTiming,
  clock: Clock,
  processes?: ProcessEvents,
): Adapter {
  return generic(
    spec,
    new ProcessWatch({
      ...timing,
      clock,
      processes,
      recheck: false,
      find: (isDying) => findByName(spec.name, isDying),
    }),
  );
}

/** The oldest process of that name: the others are its workers. Exported for its tests. */
export function findByName(name: string, isDying: IsDying = () => false): ProcessLookup {
  const comm = commOf(name);
  const own = link('/proc/self/ns/net');
  let oldest: { readonly process: HeldProcess; readonly startMs: number } | undefined;
  let elsewhere = 0;
  for (const entry of readdirSync('/proc')) {
    const pid = Number(entry);
    if (!Number.isInteger(pid) || pid === process.pid || nameOf(pid) !== comm) continue;
    const held = HeldProcess.open(pid);
    const stat = held?.stat();
    const counts =
      held !== undefined && stat !== undefined && !isDead(stat) && stat.comm === comm && !isDying(pid, stat.startMs);
    const here = counts && isHere(pid, own);
    if (counts && !here) elsewhere++;
    if (held !== undefined && stat !== undefined && here && stat.startMs < (oldest?.startMs ?? Infinity)) {
      oldest?.process.close();
      oldest = { process: held, startMs: stat.startMs };
    } else {
      held?.close();
    }
  }
  if (oldest !== undefined) return { kind: 'found', process: oldest.process };
  return {
    kind: 'none',
    reason: `no process ${name}${elsewhere === 0 ? '' : ` here, ${elsewhere} in other namespaces`}`,
  };
}

function nameOf(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'latin1').slice(0, -1);
  } catch {
    return undefined;
  }
}

/** In our pid namespace and, as far as can be seen, in our network namespace. */
function isHere(pid: number, ownNetwork: string | undefined): boolean {
  const network = link(`/proc/${pid}/ns/net`);
  if (network !== undefined && ownNetwork !== undefined && network !== ownNetwork) return false;
  try {
    // NSpid has one number for each namespace from that of this /proc inwards (proc(5)), and every
    // user may read it.
    const ids = /^NSpid:\s*(.*)$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
    return ids === undefined || ids.trim().split(/\s+/).length === 1;
  } catch {
    return false;
  }
}

function link(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}
