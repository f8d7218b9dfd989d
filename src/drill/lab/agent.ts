/**
 * The agent under test: the built command line, run as a real process in a namespace, with its own
 * runtime and state directories (RUNTIME_DIRECTORY and STATE_DIRECTORY override the defaults).
 *
 * It starts the agent, reads its log, asks it and ends it. It knows nothing of the agent's
 * internals.
 */

import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CommandResult } from './command.js';
import { ENTRY, mustBeBundled } from './entry.js';
import type { Lab } from './lab.js';
import type { Namespace } from './namespace.js';
import type { Process, ProcessEnd } from './process.js';
import { eventually } from './wait.js';

export interface LabAgentOptions {
  /** Text of the configuration file. */
  readonly configText: string;
  /**
   * Created below the laboratory's directory if omitted. Give the directory of a former agent to
   * start its successor.
   */
  readonly directory?: string;
  readonly stateDirectory?: string;
  readonly runtimeDirectory?: string;
  /** Added to a bare environment: PATH, HOME, LANG, TZ and the two directories. */
  readonly env?: NodeJS.ProcessEnv;
  /** More arguments for `run`. */
  readonly args?: readonly string[];
  /** The program to run instead of this build's, for example an installed copy. */
  readonly entry?: string;
  /** Words in front of the command: `['setpriv', '--bounding-set', '-net_admin', ...]`. */
  readonly wrapper?: readonly string[];
  /** Called with each line of the log. */
  readonly onLine?: (line: string) => void;
}

/**
 * Starts `backup-router run -c FILE`. It waits for nothing; see {@link Agent.waitForLog} and
 * {@link Agent.status}.
 */
export function startAgent(lab: Lab, namespace: Namespace, options: LabAgentOptions): Agent {
  return new Agent(lab, namespace, options);
}

/** A running agent. */
export class Agent {
  /** Contains the configuration file and, by default, the state and runtime directories. */
  readonly directory: string;
  readonly configFile: string;
  readonly process: Process;
  readonly #environment: readonly string[];

  constructor(
    lab: Lab,
    readonly namespace: Namespace,
    options: LabAgentOptions,
  ) {
    mustBeBundled();
    this.directory = options.directory ?? mkdtempSync(join(lab.directory, 'agent-'));
    this.configFile = join(this.directory, 'config.yaml');
    const stateDirectory = options.stateDirectory ?? join(this.directory, 'state');
    const runtimeDirectory = options.runtimeDirectory ?? join(this.directory, 'run');
    for (const directory of [this.directory, stateDirectory, runtimeDirectory])
      mkdirSync(directory, { recursive: true });
    this.configure(options.configText);
    this.#environment = environmentArgv({
      RUNTIME_DIRECTORY: runtimeDirectory,
      STATE_DIRECTORY: stateDirectory,
      ...options.env,
    });
    const argv = [
      ...this.#environment,
      ...(options.wrapper ?? []),
      process.execPath,
      options.entry ?? ENTRY,
      'run',
      '-c',
      this.configFile,
      ...(options.args ?? []),
    ];
    this.process = namespace.spawn(argv, options.onLine === undefined ? {} : { onLine: options.onLine });
  }

  /** The lines of the log so far. */
  get log(): readonly string[] {
    return this.process.lines;
  }

  /** Rewrites the configuration file. The agent reads it on SIGHUP. */
  configure(configText: string): void {
    writeFileSync(this.configFile, configText);
  }

  /**
   * Resolves with the first matching line from line number `from` on. With `from` 0, past lines
   * count; with `agent.log.length`, only future ones.
   */
  async waitForLog(pattern: RegExp, timeoutMs = 20_000, from = 0): Promise<string> {
    try {
      return await eventually(() => this.log.slice(from).find((line) => pattern.test(line)), {
        timeoutMs,
        intervalMs: 5,
        what: `a log line like ${pattern}`,
      });
    } catch (error) {
      const text = this.log.slice(-30).join('\n');
      throw new Error(`no log line like ${pattern} in ${timeoutMs} ms; the log ends:\n${text}`, {
        cause: error,
      });
    }
  }

  /** Runs another command of the program beside the agent: `agent.cli('flush', '--force')`. */
  async cli(...args: readonly string[]): Promise<CommandResult> {
    return this.namespace.runAsync(this.command(...args));
  }

  /** The command line of such a command, for a caller that runs it in another way. */
  command(...args: readonly string[]): readonly string[] {
    return [...this.#environment, process.execPath, ENTRY, ...args];
  }

  /** The parsed output of `status --json`, whatever its exit status. Throws if there is none. */
  async status<T = Record<string, unknown>>(): Promise<T> {
    const result = await this.cli('status', '--json');
    try {
      return JSON.parse(result.stdout) as T;
    } catch (error) {
      throw new Error(`status --json: exit status ${result.status}: ${result.stderr.trim() || result.stdout.trim()}`, {
        cause: error,
      });
    }
  }

  /** Sends a signal and does not wait: SIGHUP, SIGSTOP, SIGCONT. */
  signal(signal: NodeJS.Signals): void {
    this.process.kill(signal);
  }

  /** Stops the agent in order and waits for its end. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<ProcessEnd> {
    return this.process.stop(signal);
  }

  /** Sends SIGKILL and waits for the end. */
  async kill(): Promise<ProcessEnd> {
    return this.process.stop('SIGKILL');
  }
}

/**
 * `env -i NAME=VALUE ...`: an environment as bare as systemd's. A command sets it instead of
 * `spawn`, because test runners patch Node's spawn to load themselves into every child, and that
 * changes its timing and signals.
 */
function environmentArgv(extra: NodeJS.ProcessEnv): readonly string[] {
  const bare = { PATH: process.env['PATH'], HOME: '/root', LANG: 'C.UTF-8', TZ: 'UTC', ...extra };
  return [
    'env',
    '-i',
    ...Object.entries(bare).flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`])),
  ];
}
