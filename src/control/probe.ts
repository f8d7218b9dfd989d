/**
 * Whether somebody listens on a unix socket: tells a running agent from the socket file that a
 * killed one left.
 */

import { connect } from 'node:net';

export function someoneListens(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    // EACCES and EAGAIN (full backlog) mean that the socket has an owner.
    socket.on('error', (error: NodeJS.ErrnoException) =>
      resolve(error.code !== 'ENOENT' && error.code !== 'ECONNREFUSED' && error.code !== 'ENOTSOCK'),
    );
  });
}
