/**
 * The address a daemon listens on: its text, the meaning of a refused connection, whether a
 * connection goes to itself, and whether the socket exists.
 */

import { existsSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import type { RoutingDaemon, SocketDaemon } from '../../model/config.js';

export type Endpoint = SocketDaemon['endpoint'];

/** `/run/x.sock`, `127.0.0.1:179`, `[::1]:179`. */
export function endpointText(endpoint: Endpoint): string {
  switch (endpoint.kind) {
    case 'unix':
      return endpoint.path;
    case 'tcp':
      return endpoint.host.includes(':') ? `[${endpoint.host}]:${endpoint.port}` : `${endpoint.host}:${endpoint.port}`;
    default:
      return endpoint satisfies never;
  }
}

/** The reason of a `down` for the errno of a failed connection. */
export function refusal(code: string, endpoint: Endpoint, permissionHint: string): string {
  const where = endpointText(endpoint);
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return `no socket ${where}`;
    case 'ECONNREFUSED':
      return `nobody listens on ${where}`;
    case 'EACCES':
    case 'EPERM':
      return `no permission on ${where}, so it counts as down: ${permissionHint}`;
    default:
      return `${code} on ${where}`;
  }
}

/**
 * RFC 9293 3.5: a connection to a free port of the ephemeral range may get that port as its own
 * source port, and then connects to itself.
 */
export function calledItself(socket: Socket): boolean {
  return (
    socket.remotePort !== undefined &&
    socket.localPort === socket.remotePort &&
    socket.localAddress === socket.remoteAddress
  );
}

/** Whether one of the daemons is down because its unix socket does not exist. */
export function socketMissing(daemons: readonly RoutingDaemon[]): boolean {
  return daemons.flatMap(socketsOf).some((path) => !existsSync(path));
}

function socketsOf(daemon: RoutingDaemon): readonly string[] {
  switch (daemon.kind) {
    case 'frr':
      return daemon.daemons.map((name) => join(daemon.socketDirectory, `${name}.vty`));
    case 'bird':
      return [daemon.socket];
    case 'socket':
      return daemon.endpoint.kind === 'unix' ? [daemon.endpoint.path] : [];
    default:
      return [];
  }
}
