/**
 * Which of the watched daemons can be said to be down by looking at the file system: those whose
 * unix socket is not there. So a booting router knows before anything is loaded that a connection
 * needs. The adapters begin later, and say it again.
 */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Health } from '../core/ports.js';
import type { RoutingDaemon } from '../model/config.js';
import { refusal } from './session/endpoint.js';
import { watchedBySight } from './watched.js';

/**
 * Paths of the sockets that are missing, in the order of `Health.watched`; undefined: there, or it
 * has none.
 */
export function absentSockets(daemons: readonly RoutingDaemon[]): readonly (string | undefined)[] {
  return daemons.flatMap(socketsOf).map((path) => (path === undefined || existsSync(path) ? undefined : path));
}

function socketsOf(daemon: RoutingDaemon): readonly (string | undefined)[] {
  switch (daemon.kind) {
    case 'frr':
      return daemon.daemons.map((name) => join(daemon.socketDirectory, `${name}.vty`));
    case 'bird':
      return [daemon.socket];
    case 'socket':
      return [daemon.endpoint.kind === 'unix' ? daemon.endpoint.path : undefined];
    case 'unit':
    case 'pidfile':
    case 'process':
    case 'exec':
      return [undefined];
    default:
      return daemon satisfies never;
  }
}

/**
 * The same health, whose daemons without a socket are down at once; it begins to watch when `begun`
 * resolves. It is not even opened before where that can be helped: the adapters are a sixth of the
 * daemon's code.
 */
export function downAtOnce(
  daemons: readonly RoutingDaemon[],
  open: () => Health,
  absent: readonly (string | undefined)[],
  begun: Promise<void>,
): Health {
  const known = absent.every((path) => path === undefined) ? undefined : watchedBySight(daemons);
  let health = known === undefined ? open() : undefined;
  const watched = known ?? health?.watched ?? [];
  let closed = false;
  return {
    watched,
    start(listener) {
      absent.forEach((path, i) => {
        const daemon = watched[i];
        if (path !== undefined && daemon !== undefined)
          listener(daemon.id, { kind: 'down', reason: refusal('ENOENT', { kind: 'unix', path }, '') });
      });
      void begun.then(() => {
        if (closed) return;
        health ??= open();
        health.start(listener);
      });
    },
    async holds(prefixes, vrf) {
      if (health === undefined) throw new Error('nobody can be asked yet');
      return health.holds(prefixes, vrf);
    },
    close() {
      closed = true;
      health?.close();
    },
  };
}
