/**
 * The router's half of the drill's ping, a process of its own in the router's namespace. It
 * returns each datagram to its source, from the address that it was sent to. So a router needs no
 * fping for a drill.
 *
 * argv: the addresses to answer on.
 */

import { createSocket } from 'node:dgram';
import { ECHO_PORT } from './probe-lines.js';

for (const address of process.argv.slice(2)) {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  // Without its route or address an answer cannot be sent, which is what the drill tests.
  socket.on('error', () => undefined);
  socket.on('message', (message, from) => socket.send(message, from.port, from.address, () => undefined));
  socket.bind(ECHO_PORT, address);
}
