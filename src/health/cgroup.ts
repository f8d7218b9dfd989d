/**
 * Control groups, version 2 (cgroup-v2.rst): where they are mounted, whether one contains a living
 * process, and inotify on its cgroup.events. Nothing is written.
 */

import { existsSync, readFileSync, watch } from 'node:fs';
import { join } from 'node:path';

/** The unified layout, and systemd's hybrid one. */
const MOUNTS = ['/sys/fs/cgroup', '/sys/fs/cgroup/unified'];

/** The mount point of version 2; undefined when it is at none of these places. */
export function cgroupRoot(mounts: readonly string[] = MOUNTS): string | undefined {
  return mounts.find((mount) => existsSync(join(mount, 'cgroup.controllers')));
}

/**
 * The directory of the process's group; undefined for the root group, which has no cgroup.events,
 * and whenever it is uncertain.
 */
export function cgroupOf(pid: number, root: string): string | undefined {
  try {
    const path = /^0::(\/.+)$/m.exec(readFileSync(`/proc/${pid}/cgroup`, 'utf8'))?.[1];
    // A path that begins with `/..` is a group outside our cgroup namespace.
    return path === undefined || path.startsWith('/..') ? undefined : join(root, path);
  } catch {
    return undefined;
  }
}

/**
 * Whether the group or a group below it contains a process that is not a zombie; undefined when
 * the group does not exist.
 */
export function populated(directory: string): boolean | undefined {
  try {
    return /^populated 1$/m.test(readFileSync(join(directory, 'cgroup.events'), 'latin1'));
  } catch {
    return undefined;
  }
}

/**
 * Calls back when `populated` may have changed. Returns a function that ends the watch, or
 * undefined when inotify is not available. The file itself is watched, not only its directory:
 * kernfs reports only inodes that are in memory, and the watch keeps this one there.
 */
export function watchEvents(directory: string, listener: () => void): (() => void) | undefined {
  try {
    const watcher = watch(join(directory, 'cgroup.events'), () => listener());
    watcher.on('error', () => watcher.close());
    return () => watcher.close();
  } catch {
    return undefined;
  }
}
