/**
 * Reports when something may have changed at a path. Neither the path nor its directory need
 * exist: inotify watches the directory or its nearest existing ancestor, and is set again as
 * directories come and go (fact F9). It only hints. inotify may be exhausted (ENOSPC,
 * fs.inotify.max_user_watches), and a directory may be replaced while the watch moves, so the
 * caller polls as well and calls `rearm` each time.
 *
 * Invariant: a directory that changes without pause costs a bounded number of events and one report
 * each PAUSE_MS. An event that is read and dropped would cost as much as one that is handled, so
 * the watch itself is removed for the pause.
 */

import { type FSWatcher, statSync, watch } from 'node:fs';
import { basename, dirname, relative, sep } from 'node:path';
import { type Clock, systemClock, type Timer } from './clock.js';

/**
 * So many events, of any name, within PAUSE_MS are handled at once: a daemon that starts causes a
 * handful. The next one begins a pause, with one report at its end.
 */
const MOST_EVENTS = 20;
const PAUSE_MS = 100;

export class PathWatch {
  readonly #path: string;
  readonly #listener: () => void;
  readonly #clock: Clock;
  #watcher: FSWatcher | undefined;
  /**
   * The watched ancestor's path and inode. A directory that was removed and created again is
   * another one.
   */
  #directory = '';
  #inode = -1n;
  /** The events of this window, and its start. */
  #events = 0;
  #since = -Infinity;
  #pause: Timer | undefined;
  #closed = false;

  constructor(path: string, listener: () => void, clock: Clock = systemClock) {
    this.#path = path;
    this.#listener = listener;
    this.#clock = clock;
    this.rearm();
  }

  /**
   * Moves the watch to the nearest existing ancestor if it is not there. Returns whether it moved.
   */
  rearm(): boolean {
    let moved = false;
    if (this.#pause !== undefined) return moved;
    // A directory created between the look and the watch would be missed, so there is a second
    // look; the number of attempts is bounded, because the caller polls.
    for (let attempt = 0; attempt < 8 && !this.#closed; attempt++) {
      const nearest = nearestDirectory(dirname(this.#path));
      if (this.#watcher !== undefined && nearest.path === this.#directory && nearest.inode === this.#inode)
        return moved;
      if (!this.#arm(nearest)) return moved;
      moved = true;
    }
    return moved;
  }

  close(): void {
    this.#closed = true;
    this.#pause?.cancel();
    this.#disarm();
  }

  #arm(nearest: NearestDirectory): boolean {
    this.#disarm();
    this.#directory = nearest.path;
    this.#inode = nearest.inode;
    const next = relative(nearest.path, this.#path).split(sep)[0];
    const self = basename(nearest.path);
    try {
      const watcher = watch(nearest.path, (_event, name) => {
        if (watcher === this.#watcher && this.#isTooMuch()) return this.#rest();
        // The ancestor may be /run or /tmp, with many other changes. Its own name comes with
        // IN_DELETE_SELF and IN_MOVE_SELF.
        if (name === null || name === next || name === self) this.#onEvent(watcher, name !== next);
      });
      watcher.on('error', () => this.#lose(watcher));
      this.#watcher = watcher;
      return true;
    } catch {
      return false;
    }
  }

  #onEvent(watcher: FSWatcher, ofItself: boolean): void {
    if (watcher !== this.#watcher) return;
    // A directory that is created again at once may have the inode of the removed one; only a new
    // watch sees into it.
    if (ofItself) this.#disarm();
    this.rearm();
    this.#listener();
  }

  /** Counts an event. */
  #isTooMuch(): boolean {
    const now = this.#clock.now();
    if (now - this.#since >= PAUSE_MS) [this.#events, this.#since] = [0, now];
    return ++this.#events > MOST_EVENTS;
  }

  #rest(): void {
    this.#disarm();
    this.#pause = this.#clock.at(this.#clock.now() + PAUSE_MS, () => {
      this.#pause = undefined;
      // If the changes go on, the next event begins the next pause.
      [this.#events, this.#since] = [MOST_EVENTS, this.#clock.now()];
      this.rearm();
      this.#listener();
    });
  }

  #lose(watcher: FSWatcher): void {
    if (watcher === this.#watcher) this.#disarm();
  }

  #disarm(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
  }
}

interface NearestDirectory {
  readonly path: string;
  readonly inode: bigint;
}

function nearestDirectory(start: string): NearestDirectory {
  for (let path = start; ; path = dirname(path)) {
    const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
    if (stat?.isDirectory() === true) return { path, inode: stat.ino };
    if (path === dirname(path)) return { path, inode: -1n };
  }
}
