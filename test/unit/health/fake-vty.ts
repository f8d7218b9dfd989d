/**
 * A server that speaks FRR's vty protocol as well or as badly as a test wants, and what a test
 * needs around it: a directory of its own, a listener that writes verdicts down.
 */

import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { VTY } from '../../../src/health/frr/dialect.js';
import { Session } from '../../../src/health/session/session.js';
import { type Clock, systemClock } from '../../../src/host/clock.js';
import type { Verdict } from '../../../src/model/daemon.js';

/** Answers one command; what it writes to the socket is its own affair. */
export type Answering = (command: string, socket: Socket) => void;

/** `echo X` gives `X`, anything else its own text, status 0. */
export const obedient: Answering = (command, socket) => {
  socket.write(`${command.replace(/^echo /, '')}\n\0\0\0\0`);
};

export class FakeVty {
  answering: Answering;
  connections = 0;
  readonly commands: string[] = [];
  readonly sockets = new Set<Socket>();
  readonly #server: Server;

  constructor(answering: Answering = obedient) {
    this.answering = answering;
    this.#server = createServer((socket) => {
      this.connections++;
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
      socket.on('error', () => undefined);
      let pending = '';
      socket.on('data', (chunk) => {
        pending += chunk.toString('latin1');
        for (let nul = pending.indexOf('\0'); nul >= 0; nul = pending.indexOf('\0')) {
          const command = pending.slice(0, nul);
          pending = pending.slice(nul + 1);
          this.commands.push(command);
          this.answering(command, socket);
        }
      });
    });
  }

  async listen(path: string): Promise<this> {
    this.#server.listen(path);
    await once(this.#server, 'listening');
    return this;
  }

  /** Ends as a process does: every connection and the listener go; Node removes the socket file. */
  die(): void {
    this.#server.close();
    for (const socket of this.sockets) socket.destroy();
  }
}

export function directory(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'hlunit-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

export interface SessionSettings {
  readonly clock?: Clock;
  readonly probeIntervalMs?: number;
  readonly probeTimeoutMs?: number;
}

export function vtySession(path: string, settings: SessionSettings = {}): Session {
  return new Session({
    endpoint: { kind: 'unix', path },
    dialect: VTY,
    clock: settings.clock ?? systemClock,
    probeIntervalMs: settings.probeIntervalMs ?? 20,
    probeTimeoutMs: settings.probeTimeoutMs ?? 150,
    permissionHint: 'join the group',
    ageMs: () => 42,
  });
}

/** Starts a session and keeps what it says. */
export function listen(session: Session): Verdict[] {
  const heard: Verdict[] = [];
  session.start((verdict) => heard.push(verdict));
  return heard;
}

export function kinds(heard: readonly Verdict[]): readonly string[] {
  return heard.map((verdict) => verdict.kind);
}

/** Lets the loop turn until the condition holds, in real time; false when it never does. */
export async function until(condition: () => boolean, limitMs = 15_000): Promise<boolean> {
  const deadline = performance.now() + limitMs;
  while (!condition()) {
    if (performance.now() > deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return true;
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
