/**
 * The least that Node can do: hold the vty sockets, and on end of file send one prebuilt RTM_NEWROUTE. The floor in C
 * (scripts/bench.d/floor.c) does the same; what lies between the two is the price of Node, and between this and the agent
 * the price of being right.
 *
 * usage: node node-floor.js PROTOCOL GATEWAY INTERFACE SOCKET...
 */

import { readFileSync } from 'node:fs';
import { createConnection, type Socket } from 'node:net';
import { RawNetlinkSocket } from 'netlink/dist/raw.js';

const [protocol, gateway, device, ...sockets] = process.argv.slice(2);
const netlink = new RawNetlinkSocket(0, { recvBufferSize: 1 << 20, sendBufferSize: 1 << 20 });
netlink.on('error', () => undefined);
const index = Number(readFileSync(`/sys/class/net/${device}/ifindex`, 'utf8'));

/** rtnetlink(7): nlmsghdr, rtmsg, RTA_GATEWAY (5), RTA_OIF (4). */
function message(type: number, flags: number): Buffer {
  const bytes = Buffer.alloc(44);
  bytes.writeUInt32LE(44, 0);
  bytes.writeUInt16LE(type, 4);
  bytes.writeUInt16LE(1 | flags, 6);
  bytes.set([2, 0, 0, 0, 254, Number(protocol), 0, 1], 16);
  bytes.writeUInt16LE(8, 28);
  bytes.writeUInt16LE(5, 30);
  bytes.set(gateway!.split('.').map(Number), 32);
  bytes.writeUInt16LE(8, 36);
  bytes.writeUInt16LE(4, 38);
  bytes.writeUInt32LE(index, 40);
  return bytes;
}

const add = message(24, 0x600);
const del = message(25, 0);
const ignore = (): void => undefined;
const held = new Set<Socket>();
let routed = false;

function install(): void {
  if (routed) return;
  routed = true;
  netlink.send(add, {}, ignore);
}

function attach(path: string): void {
  const socket = createConnection(path);
  socket.on('connect', () => socket.write('echo ok\0'));
  socket.on('data', () => {
    held.add(socket);
    if (held.size < sockets.length || !routed) return;
    routed = false;
    netlink.send(del, {}, ignore);
  });
  socket.on('end', install);
  socket.on('error', install);
  socket.on('close', () => {
    held.delete(socket);
    setTimeout(() => attach(path), 5);
  });
}
for (const path of sockets) attach(path);
