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
 * Runs in a process of its own, so that it does not delay the measuring one. End it with SIGKILL.
 */
export function floodOf(socket: string): ChildProcess {
  return spawn(process.execPath, ['-e', FLOOD, socket], { stdio: 'ignore' });
}

/** Like {@link floodOf}: connections without end. */
export function rushOf(socket: string): ChildProcess {
  return spawn(process.execPath, ['-e', RUSH, socket], { stdio: 'ignore' });
}
