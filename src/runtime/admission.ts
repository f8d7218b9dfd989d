/**
 * Whether this process may run as the agent: it needs the capability, and no other agent may own
 * the control socket.
 */

import { existsSync } from 'node:fs';
import { inContainer } from '../host/container.js';
import { CommandError, EXIT } from '../model/exit.js';
import { requireCapability } from './capability.js';
import { takeLock } from './lock.js';
import type { Log } from './log.js';

const TAKEN_POLL_MS = 1_000;
const UNIT_REMEDY = 'run as root, or in a unit with AmbientCapabilities=CAP_NET_ADMIN';
/** The capability is a file capability, which no_new_privs removes. */
const CONTAINER_REMEDY =
  'start the container with --cap-add NET_ADMIN and without no-new-privileges (Kubernetes: allowPrivilegeEscalation)';

/**
 * Rejects with exit status 77 or 69 and the remedy. Under a service manager, which would restart
 * the agent ten times a second in vain, it waits for the end of the other agent; without one it
 * rejects at once.
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
 * Takes the lock: of agents that start at the same time and find nobody on the socket, one gets
 * it, and the others throw with exit status 69. The result releases it. If the lock cannot be had
 * at all, the agent runs all the same.
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

/** At boot there is no socket, and loading the client would delay the first routes. */
export async function someoneListens(socket: string): Promise<boolean> {
  return existsSync(socket) && (await import('../control/client.js')).someoneListens(socket);
}
