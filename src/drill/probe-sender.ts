/**
 * The far side of the drill, a process of its own in the far side's namespace. It continuously
 * sends a request from every source to its target, and reports which answers arrived and by which
 * device.
 *
 * argv: a {@link FarSetup} as JSON. Standard output: {@link FarLine}s.
 */

import { createSocket, type Socket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { ECHO_PORT, type FarLine, type FarSetup } from './probe-lines.js';

/** The number of ticks in one line. */
const BATCH = 5;

const setup = JSON.parse(process.argv[2] ?? '') as FarSetup;
let sent: [number, number][] = [];
let answers: [number, number, number][] = [];
let counters = receivedByDevice();
let sequence = 0;
/** The times of the ticks whose answers may still arrive. */
const times = new Map<number, number>();

let sockets: readonly Socket[] = [];
void Promise.all(setup.probes.map(({ source }, probe) => open(source, probe))).then((opened) => {
  sockets = opened;
  setInterval(tick, setup.intervalMs);
});

async function open(source: string, probe: number): Promise<Socket> {
  const socket = createSocket(source.includes(':') ? 'udp6' : 'udp4');
  socket.on('error', () => undefined);
  socket.on('message', (message) => {
    const number = message.readUInt32BE(0);
    const at = times.get(number);
    if (at !== undefined) answers.push([probe, number, performance.now() - at]);
  });
  await new Promise<void>((resolve) => socket.bind(0, source, resolve));
  return socket;
}

function tick(): void {
  const message = Buffer.alloc(8);
  message.writeUInt32BE(sequence, 0);
  times.set(sequence, performance.now());
  times.delete(sequence - 1000);
  sent.push([sequence, Date.now()]);
  setup.probes.forEach(({ target }, probe) => sockets[probe]!.send(message, ECHO_PORT, target, () => undefined));
  if (++sequence % BATCH === 0) tell();
}

function tell(): void {
  const now = receivedByDevice();
  const received = Object.fromEntries(
    Object.entries(now).map(([device, packets]) => [device, packets - (counters[device] ?? 0)]),
  );
  counters = now;
  const line: FarLine = { sent, answers, received, atMs: Date.now() };
  process.stdout.write(`${JSON.stringify(line)}\n`);
  sent = [];
  answers = [];
}

/**
 * The packets received so far per device, from /proc/net/dev of the namespace (proc_pid_net(5)).
 */
function receivedByDevice(): Readonly<Record<string, number>> {
  const rows = readFileSync('/proc/net/dev', 'utf8').split('\n').slice(2);
  return Object.fromEntries(
    rows.flatMap((row) => {
      const [device, numbers] = row.split(':');
      return numbers === undefined ? [] : [[device!.trim(), Number(numbers.trim().split(/\s+/)[1])]];
    }),
  );
}
