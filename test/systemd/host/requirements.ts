/**
 * Whether this host can boot a systemd of its own in a container, and what is missing if not.
 * Only what costs nothing to ask is asked: on a host that passes, a container that does not boot is a failure, not a skip.
 */

import { accessSync, constants, existsSync } from 'node:fs';
import { join } from 'node:path';
import { tryCommand } from '../../../src/drill/lab/command.js';
import { cgroupRoot } from './cgroup.js';

const COMMANDS = ['mmdebstrap', 'systemd-nspawn', 'nsenter', 'unshare', 'ip', 'apt-get'];

/** The reason why a root directory cannot be made here (no mirror answers), or false. */
export function cannotMake(root: () => string): string | false {
  try {
    root();
    return false;
  } catch (error) {
    return `no root directory: ${(error as Error).message.split('\n').at(-1)}`;
  }
}

/** The reason why the tests are skipped, or false: the form that tap's `skip` takes. */
export function cannotBoot(): string | false {
  if (process.getuid?.() !== 0) return 'needs root';
  const missing = COMMANDS.filter((name) => !onPath(name));
  if (missing.length > 0) return `not installed: ${missing.join(', ')} (scripts/setup systemd-lab)`;
  const cgroups = cgroupRoot();
  if (cgroups === undefined) return 'no cgroup v2 hierarchy';
  try {
    accessSync(cgroups, constants.W_OK);
  } catch {
    return `${cgroups} is read-only`;
  }
  const overlay = tryCommand([
    'unshare',
    '--mount',
    '--propagation',
    'private',
    'sh',
    '-ec',
    'mount -t tmpfs none /mnt; cd /mnt; mkdir l u w m; mount -t overlay none -o lowerdir=l,upperdir=u,workdir=w m',
  ]);
  return overlay.status === 0 ? false : `no overlay mounts: ${overlay.stderr.trim()}`;
}

/** Whether a program is there to be run. */
export function onPath(name: string): boolean {
  return (process.env['PATH'] ?? '').split(':').some((directory) => existsSync(join(directory, name)));
}
