/** Floods of the control socket, as anybody who may open it can cause. */

import { type ChildProcess, spawn } from 'node:child_process';

/** Fifty connections that send requests and do not read, or send garbage, as fast as they can. */
const FLOOD = `
const { connect } = require('node:net');
const pieces = ['{"command":"status"}\\n', '{"command":"events"}\\n', '\\n', '{}\\n', '[[[[\\n', 'x'.repeat(3000) + '\\n', 'y'.repeat(9000)];
const open = (i) => {
  const socket = connect(process.argv[1]);
  const piece = Buffer.from(pieces[i % pieces.length].repeat(Math.ceil(60000 / pieces[i % pieces.length].length)));
  if (i % 2 === 0) socket.pause(); else socket.resume();
  const more = () => { while (!socket.destroyed && socket.write(piece)); };
  socket.on('connect', more).on('drain', more).on('error', () => {}).on('close', () => setTimeout(open, 20, i));
};
for (let i = 0; i < 50; i++) open(i);
`;

/** Two hundred clients that connect again at once: half of them ask and go, half go without a word. */
const RUSH = `
const { connect } = require('node:net');
const open = (asks) => {
  const socket = connect(process.argv[1]);
  socket.on('error', () => {}).on('close', () => setImmediate(open, asks));
  if (asks) socket.on('connect', () => socket.write('{"command":"status"}\\n')).on('data', () => socket.destroy());
  else socket.on('connect', () => setTimeout(() => socket.destroy(), 30 * Math.random()));
};
for (let i = 0; i < 200; i++) open(i % 2 === 0);
`;

/**
 * Two hundred clients of five kinds: requests without end that are not read, or are; one request
 * and gone; a request in single bytes; gone without a word.
 */
const CROWD = `
const { connect } = require('node:net');
const pieces = ['{"command":"status"}\\n', '{"command":"events"}\\n', '{"command":"metrics"}\\n', '{"command":"configuration"}\\n', '{"command":"status","follow":true}\\n', '\\n', '{}\\n', '[[[[\\n', 'x'.repeat(3000) + '\\n', 'y'.repeat(9000)];
const ask = pieces[0];
const kinds = [
  (socket, piece) => flood(socket.pause(), piece),
  (socket, piece) => flood(socket.resume(), piece),
  (socket) => socket.on('data', () => socket.destroy()).write(ask),
  (socket) => { let at = 0; const more = () => socket.destroyed || (socket.write(ask[at++ % ask.length]), setTimeout(more, 1)); socket.resume(); more(); },
  (socket) => setTimeout(() => socket.destroy(), 20 * Math.random()),
];
const flood = (socket, piece) => {
  const text = Buffer.from(piece.repeat(Math.ceil(60000 / piece.length)));
  const more = () => { while (!socket.destroyed && socket.write(text)); };
  socket.on('drain', more);
  more();
};
const open = (i) => {
  const socket = connect(process.argv[1]);
  socket.on('connect', () => kinds[i % 5](socket, pieces[(i / 5 | 0) % pieces.length])).on('error', () => {});
  socket.on('close', () => setTimeout(open, i % 5 === 2 ? 0 : 10, i));
};
for (let i = 0; i < 200; i++) open(i);
`;

/**
 * Runs in a process of its own, so that it does not delay the measuring one. End it with SIGKILL.
 */
export function floodOf(socket: string): ChildProcess {
  return spawn(process.execPath, ['-e', FLOOD, socket], { stdio: 'ignore' });
}

/** Like {@link floodOf}: connections without end. */
export function rushOf(socket: string): ChildProcess {
  return spawn(process.execPath, ['-e', RUSH, socket], { stdio: 'ignore' });
}

/** Like {@link floodOf}: clients of every kind. */
export function crowdOf(socket: string): ChildProcess {
  return spawn(process.execPath, ['-e', CROWD, socket], { stdio: 'ignore' });
}
