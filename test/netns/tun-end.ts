/**
 * One end of a tunnel, for no-gateway.test.ts; run inside a namespace as `tun-end.js NAME`. It
 * creates the point-to-point device NAME, copies its packets to standard output, and standard
 * input to the device. Each packet follows its length (2 bytes). The device is removed with the
 * process.
 */

import { openSync, read, writeSync } from 'node:fs';
import { createRequire } from 'node:module';

const TUNSETIFF = 0x400454ca;
const [IFF_TUN, IFF_NO_PI] = [0x0001, 0x1000] as const;
const MOST_BYTES = 0xffff;

const koffi = createRequire(import.meta.url)('koffi') as typeof import('koffi');
const ioctl = koffi.load(null).func('int ioctl(int fd, unsigned long request, void *value)');
const fd = openSync('/dev/net/tun', 'r+');
const request = Buffer.alloc(40);
request.write(process.argv[2]!);
request.writeUInt16LE(IFF_TUN | IFF_NO_PI, 16);
if (ioctl(fd, TUNSETIFF, request) !== 0) throw new Error(`TUNSETIFF: errno ${koffi.errno()}`);

const packet = Buffer.alloc(2 + MOST_BYTES);
const pump = (): void =>
  read(fd, packet, 2, MOST_BYTES, null, (error, bytes) => {
    // A device that is down says EIO.
    if (error !== null) return void setTimeout(pump, 20);
    packet.writeUInt16LE(bytes, 0);
    process.stdout.write(Buffer.from(packet.subarray(0, 2 + bytes)));
    pump();
  });
pump();

let rest = Buffer.alloc(0);
process.stdin.on('data', (chunk: Buffer) => {
  rest = Buffer.concat([rest, chunk]);
  while (rest.length >= 2 && rest.length >= 2 + rest.readUInt16LE(0)) {
    const end = 2 + rest.readUInt16LE(0);
    try {
      writeSync(fd, rest, 2, end - 2);
    } catch {
      // Down: the packet is lost.
    }
    rest = rest.subarray(end);
  }
});
process.stdin.on('end', () => process.exit(0));
