/**
 * Follows the process that a finder names, one after another, and reports its death, stop and
 * return. It knows neither pid files nor names.
 *
 * Without native code a process that is no child cannot be waited for, so its open /proc/PID/stat
 * is read every 100 ms. If it has a control group of its own (a systemd service), inotify on
 * cgroup.events reports its end at once, and the poll is a fallback. Where the kernel announces
 * the ends of processes (ProcessEvents), those come first; the poll stays for what they do not
 * report.
 *
 * Invariant: a process that replaces a dead one is a new life, reported as `down` and then
 * `responsive`, unless it existed before the other died (a worker, a handover).
 */

import type { ProcessEvents } from '../core/ports.js';
import type { Clock, Timer } from '../host/clock.js';
import type { Verdict } from '../model/daemon.js';
import type { Watcher } from './adapter.js';
import { cgroupOf, cgroupRoot, watchEvents } from './cgroup.js';
import { type HeldProcess, isDead, isStopped, MS_PER_TICK, type ProcStat, uptimeMs } from './proc.js';
import type { ProbeTiming } from './timing.js';

/** The caller owns the process that was found, and closes it. */
export type ProcessLookup =
  | { readonly kind: 'found'; readonly process: HeldProcess }
  | { readonly kind: 'none'; readonly reason: string }
  /** Not known now: a living process is kept. */
  | { readonly kind: 'unclear'; readonly reason: string };

interface ProcessWatchOptions extends ProbeTiming {
  readonly clock: Clock;
  /**
   * Whether to check every probeIntervalMs, while the process lives, if the finder now names
   * another one.
   */
  readonly recheck: boolean;
  /**
   * Finds the process to watch. A process that is known to be dying is not found, though /proc
   * still shows it.
   */
  find(isDying: IsDying): ProcessLookup;
  readonly processes?: ProcessEvents | undefined;
}

/** Identified by pid and start time, milliseconds since boot. */
export type IsDying = (pid: number, startMs: number) => boolean;

const POLL_MS = 100;
const MOST_DYING = 16;

interface Dying {
  readonly pid: number;
  readonly startMs: number;
  readonly reason: string;
}

export class ProcessWatch implements Watcher {
  readonly #options: ProcessWatchOptions;
  #listener: (verdict: Verdict) => void = () => undefined;
  #last: Verdict | undefined;
  #process: HeldProcess | undefined;
  #endEvents: (() => void) | undefined;
  #endWatch: (() => void) | undefined;
  /**
   * The latest announced ends, newest first: /proc shows the processes alive until their memory is
   * freed. There are several when a group is killed.
   */
  #dying: readonly Dying[] = [];
  #seenAliveMs = 0;
  #searchedAt = -Infinity;
  #stoppedAt: number | undefined;
  #timer: Timer | undefined;
  #closed = false;

  constructor(options: ProcessWatchOptions) {
    this.#options = options;
  }

  start(listener: (verdict: Verdict) => void): void {
    this.#listener = listener;
    this.search();
  }

  close(): void {
    this.#closed = true;
    this.#release();
    this.#timer?.cancel();
  }

  /** Runs the finder at once; called when a hint says that the process may be another one. */
  search(): void {
    if (this.#closed) return;
    this.#searchedAt = this.#options.clock.now();
    this.#take();
    // The wait until the next look depends on what was found.
    this.#schedule();
  }

  #take(): void {
    const dying = this.#dying.find(({ pid }) => pid === this.#process?.pid);
    const finding = this.#options.find((pid, startMs) =>
      this.#dying.some((one) => pid === one.pid && startMs === one.startMs),
    );
    if (finding.kind !== 'found') {
      const stat = this.#process?.stat();
      if (finding.kind === 'unclear' && dying === undefined && stat !== undefined && !isDead(stat)) return;
      this.#release();
      return this.#tell({ kind: 'down', reason: dying?.reason ?? finding.reason });
    }
    const { process } = finding;
    const stat = process.stat();
    if (process.pid === this.#process?.pid && this.#process.stat()?.startMs === stat?.startMs) {
      process.close();
      return this.#judge(stat);
    }
    if (stat === undefined || isDead(stat)) {
      process.close();
      this.#release();
      return this.#tell({ kind: 'down', reason: ended(process.pid, stat) });
    }
    // It started after the former was last seen alive: a new life. /proc rounds the start down to
    // a tick; in doubt it is a new one, which costs a hold-time and no reachability.
    const former = this.#process;
    if (former !== undefined && stat.startMs + MS_PER_TICK > this.#seenAliveMs)
      this.#tell({ kind: 'down', reason: ended(former.pid, former.stat()) });
    this.#release();
    // The listener may have called close().
    if (this.#closed) return process.close();
    this.#process = process;
    // The earlier process with that pid is gone.
    this.#dying = this.#dying.filter(({ pid }) => pid !== process.pid);
    const root = cgroupRoot();
    const group = root === undefined ? undefined : cgroupOf(process.pid, root);
    this.#endEvents = group === undefined ? undefined : watchEvents(group, () => this.#look());
    const { startMs } = stat;
    this.#endWatch = this.#options.processes?.watch(process.pid, (how, certain) => {
      // An execve(2) by another thread keeps pid and start time; the next look at /proc decides.
      if (!certain) return;
      this.#dying = [
        { pid: process.pid, startMs, reason: `process ${process.pid} (${stat.comm}) ${how}` },
        ...this.#dying.slice(0, MOST_DYING - 1),
      ];
      // Another process that existed before may take its place without a verdict.
      this.search();
    });
    // Read after the watch was set: the process may have ended in between.
    this.#judge(process.stat());
  }

  #look(): void {
    if (this.#closed) return;
    const { clock, probeIntervalMs, recheck } = this.#options;
    const stat = this.#process?.stat();
    const alive = stat !== undefined && !isDead(stat);
    if (alive) this.#judge(stat);
    if (!alive || (recheck && clock.now() - this.#searchedAt >= probeIntervalMs)) this.search();
  }

  #judge(stat: ProcStat | undefined): void {
    const pid = this.#process?.pid ?? 0;
    if (stat === undefined || isDead(stat)) {
      this.#release();
      return this.#tell({ kind: 'down', reason: ended(pid, stat) });
    }
    this.#seenAliveMs = uptimeMs();
    const name = `process ${pid} (${stat.comm})`;
    if (!isStopped(stat)) {
      this.#stoppedAt = undefined;
      const reason = `${name} runs (no heartbeat: the only hang that is noticed is a stop by signal)`;
      return this.#tell({
        kind: 'responsive',
        reason,
        ageMs: Math.max(0, Math.round(this.#seenAliveMs - stat.startMs)),
      });
    }
    const { clock, probeTimeoutMs } = this.#options;
    this.#stoppedAt ??= clock.now();
    if (clock.now() - this.#stoppedAt >= probeTimeoutMs)
      this.#tell({ kind: 'unresponsive', reason: `${name} is stopped, state ${stat.state}` });
  }

  #schedule(): void {
    if (this.#closed) return;
    const { clock, probeIntervalMs } = this.#options;
    this.#timer?.cancel();
    const waitMs = this.#process === undefined ? probeIntervalMs : Math.min(POLL_MS, probeIntervalMs);
    this.#timer = clock.at(clock.now() + waitMs, () => {
      this.#timer = undefined;
      this.#look();
      if (this.#timer === undefined) this.#schedule();
    });
  }

  #release(): void {
    this.#endEvents?.();
    this.#endEvents = undefined;
    this.#endWatch?.();
    this.#endWatch = undefined;
    this.#process?.close();
    this.#process = undefined;
    this.#stoppedAt = undefined;
  }

  #tell(verdict: Verdict): void {
    if (this.#last?.kind === verdict.kind && (verdict.kind === 'responsive' || this.#last.reason === verdict.reason))
      return;
    this.#last = verdict;
    this.#listener(verdict);
  }
}

function ended(pid: number, stat: ProcStat | undefined): string {
  return stat === undefined || !isDead(stat)
    ? `process ${pid} has ended`
    : `process ${pid} (${stat.comm}) has ended, its parent has not reaped it`;
}
