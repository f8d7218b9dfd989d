/**
 * One network namespace, which is one host of the laboratory: commands and processes in it, its
 * links and sysctls. Names, wiring and removal are in lab.ts.
 *
 * Invariant: nothing here touches the namespace that the caller runs in.
 */

import { type CommandOptions, type CommandResult, command, tryCommand, tryCommandAsync } from './command.js';
import { Process, type SpawnOptions } from './process.js';

/** A host of the laboratory. Made by {@link Lab.namespace}. */
export class Namespace {
  /** The processes started here, including those that have ended. */
  readonly processes: Process[] = [];

  constructor(
    /** The name within the laboratory: `router`. */
    readonly label: string,
    /** The name in `ip netns`: `br-4711-1-router`. */
    readonly name: string,
  ) {}

  /**
   * Runs `ip -n NAME ARGUMENTS`, split at blanks. Returns the output; throws with ip's error text.
   */
  ip(argumentsText: string): string {
    return command(['ip', '-n', this.name, ...argumentsText.trim().split(/\s+/)]);
  }

  /** Like {@link ip} for many lines in one process, in order. Throws at the first failure. */
  ipBatch(lines: readonly string[]): void {
    command(['ip', '-n', this.name, '-batch', '-'], { input: `${lines.join('\n')}\n` });
  }

  /**
   * Runs a command inside and returns its standard output; throws with its standard error. Blocks.
   */
  run(argv: readonly string[], options: CommandOptions = {}): string {
    return command(this.#inside(argv), options);
  }

  /** Runs a command inside and returns how it ended. Blocks. */
  tryRun(argv: readonly string[], options: CommandOptions = {}): CommandResult {
    return tryCommand(this.#inside(argv), options);
  }

  /** Like {@link tryRun}, without blocking the event loop. */
  async runAsync(argv: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
    return tryCommandAsync(this.#inside(argv), options);
  }

  /**
   * Starts a process that keeps running; it is ended with the laboratory. `ip netns exec` calls
   * exec, so its pid is the command's own.
   */
  spawn(argv: readonly string[], options: SpawnOptions = {}): Process {
    const child = new Process(this.#inside(argv), options);
    this.processes.push(child);
    return child;
  }

  /** Sets a sysctl (`net.ipv4.ip_forward`), or reads it if no value is given. */
  sysctl(key: string, value?: string | number): string {
    if (value !== undefined) {
      this.sysctls({ [key]: value });
      return String(value);
    }
    return this.run(['cat', sysctlPath(key)]).trim();
  }

  /** Sets several sysctls with one process. */
  sysctls(values: Readonly<Record<string, string | number>>): void {
    const script = Object.entries(values).map(([key, value]) => `echo '${value}' > '${sysctlPath(key)}'`);
    this.run(['sh', '-ec', script.join('\n')]);
  }

  /** The pids of all processes inside, whoever started them. */
  pids(): number[] {
    const result = tryCommand(['ip', 'netns', 'pids', this.name]);
    return result.stdout
      .split('\n')
      .filter((line) => line !== '')
      .map(Number);
  }

  #inside(argv: readonly string[]): string[] {
    return ['ip', 'netns', 'exec', this.name, ...argv];
  }
}

/**
 * The path of a sysctl in /proc/sys. A dot in the key is a slash in the path, and a slash in the
 * key is a dot of an interface's name.
 */
function sysctlPath(key: string): string {
  return `/proc/sys/${key.replace(/[./]/g, (c) => (c === '.' ? '/' : '.'))}`;
}
