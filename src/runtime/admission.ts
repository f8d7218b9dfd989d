/** Whether this process may be the agent here: it has the capability, and no other agent owns the control socket. */

import { existsSync } from 'node:fs';
import { inContainer } from '../host/container.js';
import { CommandError, EXIT } from '../model/exit.js';
import { requireCapability } from './capability.js';
import { takeLock } from './lock.js';
import type { Log } from './log.js';

const TAKEN_POLL_MS = 1_000;
const UNIT_REMEDY = 'run as root, or in a unit with AmbientCapabilities=CAP_NET_ADMIN';
/** The capability is one of the file, which no_new_privs takes away. */
const CONTAINER_REMEDY =
  'start the container with --cap-add NET_ADMIN and without no-new-privileges (Kubernetes: allowPrivilegeEscalation)';

/**
 * Rejects with exit status 77 or 69 and the remedy. Under a service manager, which would start us ten times a second for
 * nothing, the end of the other agent is waited for; a person is told at once.
 */
export async function mustBeAlone(socket: string, log: Log): Promise<void> {
  requireCapability(inContainer() ? CONTAINER_REMEDY : UNIT_REMEDY);
  if (!(await someoneListens(socket))) return;
  if (process.env['NOTIFY_SOCKET'] === undefined) {
    throw new CommandError(
      EXIT.UNAVAILABLE,
      `another agent runs already (it listens on ${socket})`,
      'backup-router status',
    );
  }
  log('error', 'another-agent', {
    socket,
    effect: 'waiting for its end',
    remedy: 'stop the one that was started by hand',
  });
  while (await someoneListens(socket)) await new Promise((resolve) => setTimeout(resolve, TAKEN_POLL_MS));
}

/**
 * Of agents that start at the same time, and find nobody on the socket, one gets the lock; for the
 * others this throws with exit status 69. The result gives it back. A lock that cannot be had at all
 * keeps no agent from running.
 */
export function claim(lockFile: string, log: Log): () => void {
  const lock = takeLock(lockFile);
  switch (lock.kind) {
    case 'held':
      return lock.release;
    case 'taken':
      throw new CommandError(
        EXIT.UNAVAILABLE,
        `another agent runs already (${lock.by} holds ${lockFile})`,
        'backup-router status',
      );
    case 'unknown':
      log('warning', 'no-lock', { message: lock.reason, effect: 'a second agent would not be noticed' });
      return () => undefined;
    default:
      return lock satisfies never;
  }
}

/** At boot there is no socket, and no time to load what would tell that nobody listens on it. */
export async function someoneListens(socket: string): Promise<boolean> {
  return existsSync(socket) && (await import('../control/client.js')).someoneListens(socket);
}
