/**
 * Actions on the agent itself and on what it needs from its host: signals, orders, clients, disk,
 * descriptors, capability, wall clock.
 */

import { createConnection, type Socket } from 'node:net';
import { tryCommand } from '../../src/drill/lab/command.js';
import type { Storm } from './storm.js';

const CLIENTS = 60;
const FLOOD_MS = 250;

interface Answer {
  readonly ok: boolean;
  readonly error?: { readonly code: string };
}

export async function performAgent(storm: Storm, verb: string, words: readonly string[]): Promise<void> {
  const { agent } = storm;
  const [what = ''] = words;
  switch (verb) {
    case 'agent':
      return signal(storm, what);
    case 'reload':
      return reload(storm);
    case 'confirm':
      return confirm(storm, what);
    case 'hold': {
      const durationMs = what === 'off' ? 'off' : Number(what) * 1_000;
      const answer = await agent.ask<Answer>({ command: 'hold', durationMs });
      if (answer?.ok === true) storm.pinned = durationMs === 'off' ? 'no' : Date.now() + durationMs;
      else storm.pinned = 'unknown';
      storm.orderWritten = storm.diskWorks;
      return;
    }
    case 'role': {
      const answer = await agent.ask<Answer>({ command: 'role', role: what });
      storm.role = answer?.ok !== true ? 'unknown' : what === 'standby' ? 'standby' : 'primary';
      storm.orderWritten = storm.diskWorks;
      return;
    }
    case 'clients':
      return flood(storm);
    case 'socket':
      return agent.inside('rm', '-f', agent.diskPath('run/control.sock'));
    case 'disk':
      return disk(storm, what);
    case 'descriptors':
      return descriptors(storm, what);
    case 'caps': {
      agent.order({ mayChange: what === 'give' });
      if (what === 'drop') storm.ways.bad('no capability');
      // Steps that were refused are tried again with growing pauses.
      else storm.ways.good('no capability', 3_000);
      return;
    }
    case 'clock':
      storm.clockJumped = true;
      return agent.order({ clockMs: Number(what) * 1_000 });
    default:
      throw new Error(`${verb}?`);
  }
}

async function signal(storm: Storm, what: string): Promise<void> {
  const { agent } = storm;
  switch (what) {
    case 'kill':
    case 'stop':
      storm.restarts();
      return agent.end(what === 'kill' ? 'SIGKILL' : 'SIGTERM');
    case 'pause':
      return agent.pause();
    case 'resume':
      return agent.resume();
    default:
      throw new Error(`agent ${what}?`);
  }
}

async function reload(storm: Storm): Promise<void> {
  const { agent, fileHas } = storm;
  const answer = await agent.ask<Answer>({ command: 'reload' });
  if (fileHas === undefined) return;
  storm.candidates.add(fileHas);
  storm.seen.add(fileHas);
  // While another configuration awaits its confirmation, this one waits, too.
  if (answer?.ok === true && Date.now() > storm.pendingUntil) storm.candidates = new Set([fileHas]);
}

async function confirm(storm: Storm, what: string): Promise<void> {
  const { agent, fileHas } = storm;
  if (what === 'yes') {
    await agent.ask({ command: 'confirm' });
    return;
  }
  if (fileHas !== undefined) {
    storm.candidates.add(fileHas);
    storm.seen.add(fileHas);
  }
  storm.pendingUntil = Date.now() + 10_000;
  await agent.ask({ command: 'reload', confirmMs: Number(what) * 1_000 });
}

/** Clients that send requests and do not read, send garbage, or stay silent. */
async function flood(storm: Storm): Promise<void> {
  const pieces = ['{"command":"status"}\n', '{"command":"events"}\n', '\n', '[[[\n', 'x'.repeat(9_000)];
  const sockets: Socket[] = [];
  for (let i = 0; i < CLIENTS; i++) {
    const socket = createConnection(storm.agent.path('run/control.sock'));
    sockets.push(socket);
    const piece = pieces[i % pieces.length]!.repeat(50);
    if (i % 2 === 0) socket.pause();
    else socket.resume();
    socket.on('error', () => undefined).on('connect', () => socket.write(piece));
    socket.on('drain', () => socket.write(piece));
  }
  await storm.wait(FLOOD_MS);
  for (const socket of sockets) socket.destroy();
}

function disk(storm: Storm, what: string): void {
  const { agent } = storm;
  switch (what) {
    case 'full':
      storm.diskWorks = false;
      return agent.inside('sh', '-c', 'cat /dev/zero > "$0"', agent.diskPath('filler'));
    case 'free':
      agent.inside('rm', '-f', agent.diskPath('filler'));
      break;
    case 'ro':
      storm.diskWorks = false;
      return agent.remount('ro');
    case 'rw':
      agent.remount('rw');
      break;
    default:
      throw new Error(`disk ${what}?`);
  }
  // The disk works only when both faults are over, so it is tested.
  storm.diskWorks = tryCommand(['sh', '-c', 'echo > "$0" && rm "$0"', agent.path('try')]).status === 0;
}

/**
 * `low`: the process may open no more descriptors than it has now. A restarted agent has the full
 * limit.
 */
function descriptors(storm: Storm, what: string): void {
  const { agent } = storm;
  if (!agent.process.running) return;
  const { pid } = agent.process;
  const now = agent.footprint()?.descriptors;
  if (now === undefined) return;
  storm.descriptorsLow = what === 'low';
  tryCommand(['prlimit', '--pid', String(pid), `--nofile=${what === 'low' ? now : 65_536}:65536`]);
}
