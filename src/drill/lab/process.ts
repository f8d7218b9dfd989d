/**
 * A process that stays: a routing daemon, a ping, the agent. It is ended by its pid and by nothing
 * else.
 *
 * What lives here: its lines of output, its end, its signals. What does not: where it runs
 * (namespace.ts).
 * Invariant: close() returns only once the process is gone, stopped (SIGSTOP) ones included.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** How a process ended: by itself (`status`) or by a signal. */
export interface ProcessEnd {
  readonly status: number | undefined;
  readonly signal: NodeJS.Signals | undefined;
}

export interface SpawnOptions {
  /** The whole environment; the caller's own when omitted. */
  readonly env?: NodeJS.ProcessEnv;
  /** Hears each line of standard output and standard error as it comes. */
  readonly onLine?: (line: string, stream: 'stdout' | 'stderr') => void;
  /**
   * What close() sends first. SIGKILL for those whose orderly end nobody needs; SIGTERM by default.
   */
  readonly closeSignal?: 'SIGTERM' | 'SIGKILL';
  /** SIGTERM is followed by SIGKILL after this long; 3 s by default. */
  readonly closeTimeoutMs?: number;
  /** Whether `lines` keeps the output; true by default. A ping is better off without. */
  readonly keepLines?: boolean;
}

/** A running process; made by {@link Namespace.spawn}. */
export class Process {
  readonly pid: number;
  /** Standard output and standard error, line by line, in the order of arrival. */
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
    // `exit` comes as soon as the process is gone, `close` when its output is read: killing needs
    // the first, waiting the second.
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

  /** How it ended, or undefined while it runs. */
  get end(): ProcessEnd | undefined {
    return this.#end;
  }

  get running(): boolean {
    return this.#end === undefined;
  }

  /** Sends a signal; false when the process is gone already. */
  kill(signal: NodeJS.Signals): boolean {
    return this.running && this.#child.kill(signal);
  }

  /** Sends a signal and waits for the end; SIGKILL follows after `timeoutMs`. */
  async stop(signal: NodeJS.Signals = 'SIGTERM', timeoutMs = 10_000): Promise<ProcessEnd> {
    this.kill(signal);
    const timer = setTimeout(() => this.kill('SIGKILL'), timeoutMs);
    try {
      return await this.exited;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Ends it for good. Safe to call twice. */
  async close(): Promise<void> {
    const signal = this.#options.closeSignal ?? 'SIGTERM';
    this.kill(signal);
    // A stopped process keeps SIGTERM pending until it is continued.
    if (signal !== 'SIGKILL') this.kill('SIGCONT');
    await this.stop(signal, this.#options.closeTimeoutMs ?? 3000);
  }
}
