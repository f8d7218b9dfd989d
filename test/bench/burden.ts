/**
 * What makes a machine busy while contestants compete: two loops that never rest, and a flood of foreign routes.
 * Everything here is ended by its pid.
 */

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpus } from 'node:os';
import { BGP_PROTOCOL, type Lane } from './lane.js';
import { NICE, tool } from './tools.js';

/** One endless loop a core, at ordinary priority. Resolve the returned function to end them. */
export function busyCores(): () => Promise<void> {
  const children = cpus().map(() => spawn('sh', ['-c', 'while :; do :; done'], { stdio: 'ignore' }));
  return async () => {
    await Promise.all(children.map(end));
  };
}

/** 100 000 foreign routes come and go, again and again, in the lane's own main table, until ended. */
export function floodIn(lane: Lane, count = 100_000): () => Promise<void> {
  const argv = ['netns', 'exec', lane.namespace.name, ...NICE, tool('flood'), 'cycle', 'mgmt0', lane.gateway, String(BGP_PROTOCOL), '254', '16.0.0.0', '24', String(count)];
  const child = spawn('ip', argv, { stdio: 'ignore' });
  return async () => {
    // SIGTERM: it deletes what it has added first.
    child.kill('SIGTERM');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  };
}

async function end(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}
