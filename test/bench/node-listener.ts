/**
 * What a JavaScript program pays that listens to all route notifications and only then looks whose they are: the way without
 * a filter in the kernel. It reads nothing but the protocol number of each.
 */

import { openSocket } from '../../src/kernel/netlink/socket.js';

const RTNLGRP_IPV4_ROUTE = 7;
let own = 0;
const socket = openSocket({
  receiveBuffer: 256 << 20,
  datagramBytes: 32_768,
  onDatagram: (bytes) => {
    for (let at = 0; at + 28 <= bytes.length; at += Math.max(16, (bytes.readUInt32LE(at) + 3) & ~3))
      if (bytes[at + 21] === 157) own++;
  },
  onError: () => undefined,
});
socket.join(RTNLGRP_IPV4_ROUTE);
process.on('exit', () => process.stderr.write(`${own}\n`));
