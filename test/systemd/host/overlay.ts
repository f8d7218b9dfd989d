/**
 * A private, writable view of a root directory that stays untouched: overlayfs, mounted in a mount namespace of the
 * command's own, so that no mount is ever left on the host.
 */

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type CommandOptions, command } from '../../../src/drill/lab/command.js';

export interface Overlay {
  /** Where the command finds the merged root; empty for everybody else. */
  readonly root: string;
  /** argv of `argv` with the root mounted. */
  wrap(argv: readonly string[]): string[];
  /** Runs a command with the root mounted; what it writes there stays in the overlay. Throws when it fails. */
  run(argv: readonly string[], options?: CommandOptions): string;
}

const MOUNT =
  'mount -t overlay overlay -o "lowerdir=$1,upperdir=$2/upper,workdir=$2/work" "$2/root"; shift 2; exec "$@"';

/** An overlay above `lower`; its files live in `directory`, which must exist. */
export function createOverlay(lower: string, directory: string): Overlay {
  for (const name of ['upper', 'work', 'root']) mkdirSync(join(directory, name), { recursive: true });
  const wrap = (argv: readonly string[]): string[] => [
    'unshare',
    '--mount',
    '--propagation',
    'private',
    'sh',
    '-ec',
    MOUNT,
    'sh',
    lower,
    directory,
    ...argv,
  ];
  return { root: join(directory, 'root'), wrap, run: (argv, options) => command(wrap(argv), options) };
}
