/**
 * A cgroup (v2) for each container: systemd as PID 1 wants a subtree that nobody else manages.
 * Invariant: only cgroups of our own name are made or removed.
 */

import { mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const PREFIX = 'backup-router-test-';

/** Where the v2 hierarchy is mounted: alone, or beside v1 (hybrid); undefined where there is none. */
export function cgroupRoot(): string | undefined {
  const mounts = readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' '));
  return mounts.find((fields) => fields[2] === 'cgroup2')?.[1];
}

/** Makes an empty cgroup, and removes those that killed test runs left behind empty. Returns its directory. */
export function createCgroup(name: string): string {
  const root = cgroupRoot();
  if (root === undefined) throw new Error('no cgroup v2 hierarchy');
  for (const entry of readdirSync(root)) if (entry.startsWith(PREFIX)) removeCgroup(join(root, entry));
  const directory = join(root, `${PREFIX}${name}`);
  mkdirSync(directory);
  return directory;
}

/** Removes a cgroup and those below; does nothing where processes are left. */
export function removeCgroup(directory: string): void {
  try {
    for (const entry of readdirSync(directory, { withFileTypes: true }))
      if (entry.isDirectory()) removeCgroup(join(directory, entry.name));
    rmdirSync(directory);
  } catch {
    // Populated (EBUSY) or gone already.
  }
}

/** SIGKILL to all inside, at once (cgroup-v2.rst, cgroup.kill). */
export function killCgroup(directory: string): void {
  try {
    writeFileSync(join(directory, 'cgroup.kill'), '1');
  } catch {
    // Gone already.
  }
}

/** The processes directly in a cgroup below `directory`; none where it does not exist (yet). */
export function cgroupPids(directory: string): number[] {
  try {
    return readFileSync(join(directory, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}
