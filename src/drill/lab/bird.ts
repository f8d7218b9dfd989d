/**
 * A real BIRD in the foreground of a namespace, with its files in a directory of the laboratory.
 *
 * What lives here: start and signals. What does not: what it is configured with.
 * Invariant: it is a foreground child, so that its pid and its end are known exactly.
 */

import { mkdirSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import type { Namespace } from './namespace.js';
import type { Process } from './process.js';
import { sleep } from './wait.js';

export interface BirdOptions {
  readonly config: string;
  /** The program, by its whole path. */
  readonly program: string;
  /** For its configuration, socket and pid file; made when missing. */
  readonly directory: string;
  /** `bird.ctl` in the directory by default; at most about 100 characters. */
  readonly socket?: string;
  /** Put before the command. */
  readonly wrapper?: readonly string[];
}

/** BIRD in one namespace. */
export class Bird {
  readonly socket: string;
  readonly pidfile: string;
  #process: Process | undefined;

  constructor(
    readonly namespace: Namespace,
    readonly options: BirdOptions,
  ) {
    mkdirSync(options.directory, { recursive: true });
    this.socket = options.socket ?? join(options.directory, 'bird.ctl');
    this.pidfile = join(options.directory, 'bird.pid');
    writeFileSync(join(options.directory, 'bird.conf'), options.config);
  }

  get process(): Process {
    if (this.#process === undefined) throw new Error(`${this.options.program} was not started`);
    return this.#process;
  }

  get running(): boolean {
    return this.#process?.running ?? false;
  }

  /** Starts it and waits for nothing. Returns the time (Date.now()) before. */
  start(...more: readonly string[]): number {
    const atMs = Date.now();
    const argv = [
      this.options.program,
      '-f',
      '-c',
      join(this.options.directory, 'bird.conf'),
      '-s',
      this.socket,
      '-P',
      this.pidfile,
      ...more,
    ];
    this.#process = this.namespace.spawn([...(this.options.wrapper ?? []), ...argv], {
      closeSignal: 'SIGKILL',
    });
    return atMs;
  }

  /**
   * Resolves when it takes connections on its control socket; rejects, with its own words, when it
   * has ended instead.
   */
  async listening(timeoutMs = 10_000): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    while (!(await accepts(this.socket))) {
      if (!this.running) throw new Error(`BIRD has ended: ${this.process.lines.slice(-5).join(' / ')}`);
      if (performance.now() > deadline) throw new Error(`BIRD does not listen on ${this.socket} after ${timeoutMs} ms`);
      await sleep(10);
    }
  }

  /**
   * Sends the signal, and waits for the end where there is one. Returns the time (Date.now()) of
   * the signal.
   */
  async signal(signal: 'SIGKILL' | 'SIGTERM' | 'SIGSTOP' | 'SIGCONT'): Promise<number> {
    const atMs = Date.now();
    this.process.kill(signal);
    if (signal === 'SIGKILL' || signal === 'SIGTERM') await this.process.exited;
    return atMs;
  }
}

async function accepts(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(socketPath);
    const finish = (result: boolean): void => {
      socket.destroy();
      resolve(result);
    };
    socket.once('connect', () => finish(true));
    socket.once('error', () => finish(false));
  });
}
