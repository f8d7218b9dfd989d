/** The file descriptor of a socket of Node, for the calls of libc.ts. */

import type { Socket } from 'node:net';

/**
 * undefined: the socket is closed, or this Node has it no longer where it is not documented to be.
 */
export function descriptorOf(socket: Socket): number | undefined {
  return (socket as unknown as { readonly _handle?: { readonly fd?: number } | null })._handle?.fd;
}
