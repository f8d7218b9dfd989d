/** The file descriptor of a socket of Node, for the calls of libc.ts. */

import type { Socket } from 'node:net';

/**
 * undefined when the socket is closed, or when this release of Node no longer has the undocumented
 * field.
 */
export function descriptorOf(socket: Socket): number | undefined {
  return (socket as unknown as { readonly _handle?: { readonly fd?: number } | null })._handle?.fd;
}
