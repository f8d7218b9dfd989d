/**
 * A process that keeps running: a routing daemon, a ping, the agent. It has the lines of output,
 * the end and the signals of the process. Where it runs is in namespace.ts. It is ended by its pid
 * and in no other way.
 *
 * Invariant: close() returns only once the process is gone, even one that is stopped (SIGSTOP).
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** How a process ended: by itself (`status`) or by a signal. */
export interface ProcessEnd {
  readonly status: number | undefined;
  readonly signal: NodeJS.Signals | undefined;
}

export interface SpawnOptions {
  /** The whole environment; the caller's own if omitted. */
  readonly env?: NodeJS.ProcessEnv;
  /** Called with each line of standard output and standard error. */
  readonly onLine?: (line: string, stream: 'stdout' | 'stderr') => void;
  /**
   * The signal that close() sends first, SIGTERM by default. SIGKILL for a process that needs no
   * orderly end.
   */
  readonly closeSignal?: 'SIGTERM' | 'SIGKILL';
  /** SIGKILL follows SIGTERM after this time; 3 s by default. */
  readonly closeTimeoutMs?: number;
  /** Whether `lines` keeps the output; true by default. Set it to false for a ping. */
  readonly keepLines?: boolean;
}

/** A running process; made by {@link Namespace.spawn}. */
export class Process {
  readonly pid: number;
  /** The lines of standard output and standard error in the order of arrival. */
  readonly lines: string[] = [];
  /** Resolves when the process has ended and its output has been read. Never rejects. */
  readonly exited: Promise<ProcessEnd>;
  readonly #child: ChildProcess;
  readonly #options: SpawnOptions;
  #end: ProcessEnd | undefined;

  constructor(
    readonly argv: readonly string[],
    options: SpawnOptions = {},
  ) {
    const [file, ...args] = argv;
    if (file === undefined) throw new TypeError('an empty command');
    this.#options = options;
    const child = spawn(file, args, { env: options.env ?? process.env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    this.pid = child.pid ?? 0;
    // `exit` comes as soon as the process is gone, `close` when its output has been read. Killing
    // needs the first, waiting the second.
    child.once('exit', (status, signal) => (this.#end = { status: status ?? undefined, signal: signal ?? undefined }));
    this.exited = new Promise((resolve) => {
      child.once('close', () => resolve(this.#end ?? { status: undefined, signal: undefined }));
      child.once('error', (error) => {
        this.lines.push(`${file}: ${error.message}`);
        this.#end ??= { status: 127, signal: undefined };
        resolve(this.#end);
      });
    });
    for (const stream of ['stdout', 'stderr'] as const) {
      createInterface({ input: child[stream]! }).on('line', (line) => {
        if (options.keepLines !== false) this.lines.push(line);
        options.onLine?.(line, stream);
      });
    }
  }

  /** How the process ended; undefined while it runs. */
  get end(): ProcessEnd | undefined {
    return this.#end;
  }

  get running(): boolean {
    return this.#end === undefined;
  }

  /** Sends a signal; false if the process has ended. */
  kill(signal: NodeJS.Signals): boolean {
    return this.running && this.#child.kill(signal);
  }

  /** Sends a signal and waits for the end. SIGKILL follows after `timeoutMs`. */
  async stop(signal: NodeJS.Signals = 'SIGTERM', timeoutMs = 10_000): Promise<ProcessEnd> {
    this.kill(signal);
    const timer = setTimeout(() => this.kill('SIGKILL'), timeoutMs);
    try {
      return await this.exited;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Ends the process with its close signal, then SIGKILL. May be called twice. */
  async close(): Promise<void> {
    const signal = this.#options.closeSignal ?? 'SIGTERM';
    this.kill(signal);
    // A stopped process keeps SIGTERM pending until it is continued.
    if (signal !== 'SIGKILL') this.kill('SIGCONT');
    await this.stop(signal, this.#options.closeTimeoutMs ?? 3000);
  }
}
