/**
 * Tells when something may have changed at a path that need not exist, nor its directory: inotify
 * on the directory, or on its nearest existing ancestor, re-armed as directories come and go (fact
 * F9). Only a hint. inotify may be exhausted (ENOSPC, fs.inotify.max_user_watches) and a directory
 * may be replaced while the watch moves, so the caller polls as well and calls `rearm` each time.
 */

import { type FSWatcher, statSync, watch } from 'node:fs';
import { basename, dirname, relative, sep } from 'node:path';

export class PathWatch {
  readonly #path: string;
  readonly #listener: () => void;
  #watcher: FSWatcher | undefined;
  /**
   * What is watched: an ancestor's path and inode. A directory that was removed and made again is
   * another one.
   */
  #directory = '';
  #inode = -1n;
  #closed = false;

  constructor(path: string, listener: () => void) {
    this.#path = path;
    this.#listener = listener;
    this.rearm();
  }

  /**
   * Moves the watch to the nearest existing ancestor, if it is not there already. True when it
   * moved.
   */
  rearm(): boolean {
    let moved = false;
    // A directory made between the look and the watch would be missed, hence the second look;
    // bounded, since poll comes after.
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
        // The ancestor may be /run or /tmp, where others are busy. Its own name comes with
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
    // A directory made again at once may have the inode of the one removed; only a new watch sees
    // into it.
    if (ofItself) this.#disarm();
    this.rearm();
    this.#listener();
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
