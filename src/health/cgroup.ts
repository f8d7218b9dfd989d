/**
 * Control groups, version 2 (cgroup-v2.rst): where they are mounted, whether one holds a living
 * process, and inotify on its cgroup.events. Nothing here is written.
 */

import { existsSync, readFileSync, watch } from 'node:fs';
import { join } from 'node:path';

/** Unified, and systemd's hybrid layout. */
const MOUNTS = ['/sys/fs/cgroup', '/sys/fs/cgroup/unified'];

/** Where version 2 is mounted; undefined: nowhere that systemd would. */
export function cgroupRoot(mounts: readonly string[] = MOUNTS): string | undefined {
  return mounts.find((mount) => existsSync(join(mount, 'cgroup.controllers')));
}

/**
 * The directory of the process's group; undefined for the root group, which has no events, and for
 * every doubt.
 */
export function cgroupOf(pid: number, root: string): string | undefined {
  try {
    const path = /^0::(\/.+)$/m.exec(readFileSync(`/proc/${pid}/cgroup`, 'utf8'))?.[1];
    // `/..` begins the path of a group outside our cgroup namespace.
    return path === undefined || path.startsWith('/..') ? undefined : join(root, path);
  } catch {
    return undefined;
  }
}

/**
 * Whether the group or one below it holds a process that is not a zombie; undefined: there is no
 * such group.
 */
export function populated(directory: string): boolean | undefined {
  try {
    return /^populated 1$/m.test(readFileSync(join(directory, 'cgroup.events'), 'latin1'));
  } catch {
    return undefined;
  }
}

/**
 * Calls back when `populated` may have changed; returns what ends it, undefined when inotify is not
 * to be had. The file itself is watched, not only its directory: kernfs tells only inodes that are
 * in memory, and a watch keeps it there.
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
