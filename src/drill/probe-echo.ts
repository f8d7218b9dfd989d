/**
 * The router's half of the drill's ping, a process of its own in the router's namespace: each
 * datagram goes back to where it came from, from the address that it was sent to. With it, a router
 * needs no fping for a drill.
 *
 * argv: the addresses to answer on.
 */

import { createSocket } from 'node:dgram';
import { ECHO_PORT } from './probe-lines.js';

for (const address of process.argv.slice(2)) {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  // While its route or its address is gone an answer cannot be sent; that is what the drill is
  // about.
  socket.on('error', () => undefined);
  socket.on('message', (message, from) => socket.send(message, from.port, from.address, () => undefined));
  socket.bind(ECHO_PORT, address);
}
