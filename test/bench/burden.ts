/**
 * What makes a machine busy while contestants compete: two loops that never rest, and a flood of foreign routes.
 * Everything here is ended by its pid.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpus } from 'node:os';
import { BGP_PROTOCOL, type Lane } from './lane.js';
import { DAEMON_NICE, tool } from './tools.js';

/** One endless loop a core, at ordinary priority. Resolve the returned function to end them. */
export function busyCores(): () => Promise<void> {
  const children = cpus().map(() => spawn('sh', ['-c', 'while :; do :; done'], { stdio: 'ignore' }));
  return async () => {
    await Promise.all(children.map(end));
  };
}

/**
 * Foreign routes into the lane's own main table and out again: `turn` once, as fast as the kernel takes them; `cycle` again and
 * again, at a pace at which zebra can read along. The returned function ends it, and resolves when all are out.
 */
export function floodIn(lane: Lane, mode: 'turn' | 'cycle', count: number): () => Promise<void> {
  const argv = [
    'netns',
    'exec',
    lane.namespace.name,
    ...DAEMON_NICE,
    tool('flood'),
    mode,
    'mgmt0',
    lane.gateway,
    String(BGP_PROTOCOL),
    '254',
    '16.0.0.0',
    '24',
    String(count),
  ];
  const child = spawn('ip', argv, { stdio: 'ignore' });
  return async () => {
    child.kill('SIGTERM');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  };
}

async function end(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}
