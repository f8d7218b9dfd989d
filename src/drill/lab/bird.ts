/**
 * Runs a real BIRD in the foreground in a namespace, with its files in a directory of the
 * laboratory. Its configuration comes from the caller.
 *
 * Invariant: it is a foreground child, so its pid and its end are known exactly.
 */

import { mkdirSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import type { Namespace } from './namespace.js';
import type { Process } from './process.js';
import { sleep } from './wait.js';

interface BirdOptions {
  readonly config: string;
  /** The absolute path of the program. */
  readonly program: string;
  /** The directory for its configuration, socket and pid file; created if it does not exist. */
  readonly directory: string;
  /** `bird.ctl` in the directory by default; at most about 100 characters. */
  readonly socket?: string;
  /** Words in front of the command. */
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

  /** Starts BIRD and waits for nothing. Returns the time (Date.now()) before the start. */
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
   * Resolves when BIRD accepts connections on its control socket. Rejects with BIRD's output if it
   * has ended.
   */
  async listening(timeoutMs = 20_000): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    while (!(await accepts(this.socket))) {
      if (!this.running) throw new Error(`BIRD has ended: ${this.process.lines.slice(-5).join(' / ')}`);
      if (performance.now() > deadline) throw new Error(`BIRD does not listen on ${this.socket} after ${timeoutMs} ms`);
      await sleep(10);
    }
  }

  /**
   * Sends the signal and, for a signal that ends the process, waits for the end. Returns the time
   * (Date.now()) of the signal.
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
