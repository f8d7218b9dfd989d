/**
 * The health adapter for a systemd unit, through its control group (fact B3): inotify on
 * cgroup.events and on the directory in which the group appears, and a poll every probe-interval.
 * It needs no D-Bus, no permission and no systemd library.
 *
 * Invariant: it sees processes, not unit states. A unit is up while one of its processes lives, so
 * `frr.service` stays up with a dead zebra as long as watchfrr runs (fact F12): watch FRR by its
 * sockets. A unit without processes (Type=oneshot, RemainAfterExit=) is down.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock, Timer } from '../host/clock.js';
import { PathWatch } from '../host/path-watch.js';
import type { UnitDaemon } from '../model/config.js';
import type { Verdict } from '../model/daemon.js';
import { type Adapter, generic, type Watcher } from './adapter.js';
import { cgroupRoot, populated, watchEvents } from './cgroup.js';
import { HeldProcess, uptimeMs } from './proc.js';
import type { ProbeTiming } from './timing.js';

/** The slice of a service unless `Slice=` names another (systemd.special(7)). */
const DEFAULT_SLICE = 'system.slice';

/** Watches the unit as `unit/NAME`. `mount` returns the mount point of cgroup v2. */
export function openUnit(
  spec: UnitDaemon,
  timing: ProbeTiming,
  clock: Clock,
  mount: () => string | undefined = cgroupRoot,
): Adapter {
  const root = mount();
  if (root === undefined) return generic(spec, NOWHERE);
  return generic(spec, new UnitWatch(root, spec.unit, timing, clock));
}

const NOWHERE: Watcher = {
  start: (listener) => listener({ kind: 'down', reason: 'cgroup v2 is not mounted, so no unit can be watched' }),
  close: () => undefined,
};

class UnitWatch implements Watcher {
  readonly #root: string;
  readonly #unit: string;
  readonly #timing: ProbeTiming;
  readonly #clock: Clock;
  #listener: (verdict: Verdict) => void = () => undefined;
  #last: Verdict['kind'] | undefined;
  #arrival: PathWatch | undefined;
  #arrivalAt = '';
  /** The watch of cgroup.events, and the directory it belongs to. */
  #events: { readonly directory: string; readonly end: () => void } | undefined;
  #timer: Timer | undefined;
  #closed = false;

  constructor(root: string, unit: string, timing: ProbeTiming, clock: Clock) {
    this.#root = root;
    this.#unit = unit;
    this.#timing = timing;
    this.#clock = clock;
  }

  start(listener: (verdict: Verdict) => void): void {
    this.#listener = listener;
    this.#poll();
  }

  close(): void {
    this.#closed = true;
    this.#forgetEvents();
    this.#arrival?.close();
    this.#timer?.cancel();
  }

  #poll(): void {
    if (this.#arrival?.rearm() === true) this.#forgetEvents();
    this.#look();
    if (!this.#closed)
      this.#timer = this.#clock.at(this.#clock.now() + this.#timing.probeIntervalMs, () => this.#poll());
  }

  #look(): void {
    if (this.#closed) return;
    const directory = this.#events?.directory ?? findGroup(this.#root, this.#unit);
    this.#watchArrival(
      directory ?? (this.#arrivalAt === '' ? join(this.#root, DEFAULT_SLICE, this.#unit) : this.#arrivalAt),
    );
    // The watch is set before the look, so that no change in between is lost.
    if (directory !== undefined && this.#events === undefined) this.#watchEvents(directory);
    const alive = directory === undefined ? undefined : populated(directory);
    // The group is gone; it may come back in another slice.
    if (alive === undefined) this.#forgetEvents();
    if (alive === true) {
      if (this.#last !== 'responsive') {
        const reason = `${this.#unit} has processes (no heartbeat: a hang would not be noticed)`;
        this.#tell({ kind: 'responsive', reason, ageMs: ageOf(directory!) });
      }
    } else if (this.#last !== 'down') {
      this.#tell({
        kind: 'down',
        reason:
          alive === false
            ? `${this.#unit} has no process left`
            : `${this.#unit} is not running, it has no control group`,
      });
    }
  }

  #forgetEvents(): void {
    this.#events?.end();
    this.#events = undefined;
  }

  #watchEvents(directory: string): void {
    const end = watchEvents(directory, () => this.#look());
    if (end !== undefined) this.#events = { directory, end };
  }

  #watchArrival(directory: string): void {
    if (directory === this.#arrivalAt) return;
    this.#arrival?.close();
    this.#arrivalAt = directory;
    // The slice is watched, not the group: kernfs does not report the removal of a directory to
    // its own watch (no IN_DELETE_SELF).
    this.#arrival = new PathWatch(directory, () => {
      // A new group of the same name has another cgroup.events.
      this.#forgetEvents();
      this.#look();
    });
  }

  #tell(verdict: Verdict): void {
    this.#last = verdict.kind;
    this.#listener(verdict);
  }
}

/**
 * The unit's group: in system.slice, otherwise in any slice below the root (`Slice=`, template
 * instances). Exported for its tests.
 */
export function findGroup(root: string, unit: string): string | undefined {
  const names = [unit, `_${unit}`]; // cg_escape() of systemd: `_` precedes names that cgroupfs itself might use.
  for (const queue = [join(root, DEFAULT_SLICE), root]; queue.length > 0; ) {
    const slice = queue.shift()!;
    const entries = directories(slice);
    const found = names.find((name) => entries.includes(name));
    if (found !== undefined) return join(slice, found);
    // Only slices contain units; the groups inside a service are not searched.
    for (const entry of entries)
      if (entry.endsWith('.slice') && !(slice === root && entry === DEFAULT_SLICE)) queue.push(join(slice, entry));
  }
  return undefined;
}

function directories(path: string): readonly string[] {
  try {
    return readdirSync(path, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
  } catch {
    return [];
  }
}

/**
 * The age of the unit's youngest process in milliseconds, so that a unit that was just restarted
 * does not count as old. undefined when not known.
 */
function ageOf(directory: string): number | undefined {
  try {
    const pids = readFileSync(join(directory, 'cgroup.procs'), 'latin1').trim().split('\n').map(Number);
    const starts = pids.map((pid) => startOf(pid));
    const ageMs = Math.round(uptimeMs() - Math.max(...starts));
    return Number.isFinite(ageMs) ? Math.max(0, ageMs) : undefined;
  } catch {
    return undefined;
  }
}

function startOf(pid: number): number {
  const held = HeldProcess.open(pid);
  const startMs = held?.stat()?.startMs ?? Infinity;
  held?.close();
  return startMs;
}
