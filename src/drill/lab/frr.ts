/**
 * Runs real FRR daemons in a namespace: start, stop, kill and pause of each daemon. Sockets, pid
 * files, logs and configurations are in a directory of their own, so any number of routers can run
 * side by side, apart from the host's FRR. The configurations are in frr-conf.ts, the supervision
 * by watchfrr in watchfrr.ts.
 *
 * Invariant: each daemon is a foreground child, so its pid and its end are known exactly.
 */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { command } from './command.js';
import type { Namespace } from './namespace.js';
import type { Process } from './process.js';
import { askVty } from './vty.js';
import { eventually } from './wait.js';

/** The directory with the daemons in the packages of Debian, Ubuntu and FRR. */
export const FRR_BINARIES = '/usr/lib/frr';

export interface DaemonOptions {
  readonly config: string;
  /** More arguments: `['-K', '5']`. */
  readonly args?: readonly string[];
}

interface FrrOptions {
  /**
   * The configuration text, or text and arguments, by daemon: `{zebra: '...', bgpd: {config:
   * '...', args: [...]}}`.
   */
  readonly daemons: Readonly<Record<string, string | DaemonOptions>>;
  /** Created if it does not exist; at most about 90 characters, since it contains unix sockets. */
  readonly directory: string;
  /** The programs by daemon; those in {@link FRR_BINARIES} by default. */
  readonly programs?: Readonly<Record<string, string>>;
}

/** Writes the configurations and starts nothing; see {@link Frr.start}. */
export function prepareFrr(namespace: Namespace, options: FrrOptions): Frr {
  return new Frr(namespace, options);
}

/** A set of FRR daemons in one namespace. */
export class Frr {
  /**
   * The directory with the vty sockets (`DAEMON.vty`), pid files, configurations and logs: the
   * agent's `socket-directory`.
   */
  readonly directory: string;
  /** zebra first, the others in the given order. */
  readonly daemons: readonly string[];
  readonly #options: Readonly<Record<string, DaemonOptions>>;
  readonly #programs: Readonly<Record<string, string>>;
  readonly #processes = new Map<string, Process>();

  constructor(
    readonly namespace: Namespace,
    options: FrrOptions,
  ) {
    this.directory = options.directory;
    this.#programs = options.programs ?? {};
    this.daemons = Object.keys(options.daemons).sort((a, b) => Number(b === 'zebra') - Number(a === 'zebra'));
    this.#options = Object.fromEntries(
      Object.entries(options.daemons).map(([name, value]) => [
        name,
        typeof value === 'string' ? { config: value } : value,
      ]),
    );
    mkdirSync(this.directory, { recursive: true });
    for (const daemon of this.daemons) this.configure(daemon, this.#options[daemon]!.config);
    // The daemons write their sockets and logs as frr:frr.
    command(['chown', '-R', 'frr:frr', this.directory]);
  }

  /** Replaces the configuration that the daemon reads at its next start. */
  configure(daemon: string, config: string): void {
    writeFileSync(
      join(this.directory, `${daemon}.conf`),
      `log file ${join(this.directory, `${daemon}.log`)}\n${config}\n`,
      { mode: 0o644 },
    );
  }

  /** The command line of a daemon in the foreground. */
  argv(daemon: string): readonly string[] {
    const at = (name: string): string => join(this.directory, name);
    const paths = [
      '-f',
      at(`${daemon}.conf`),
      '-i',
      at(`${daemon}.pid`),
      '-z',
      at('zserv.api'),
      '--vty_socket',
      this.directory,
    ];
    // -P 0: no TCP vty. FRR 8.4.4's own unit passes -A 127.0.0.1 for the same reason.
    return [
      this.#programs[daemon] ?? join(FRR_BINARIES, daemon),
      '-u',
      'frr',
      '-g',
      'frr',
      '-P',
      '0',
      ...paths,
      ...(this.#options[daemon]?.args ?? []),
    ];
  }

  /** Starts one daemon, or all that do not run. Resolves when they answer on their vty sockets. */
  async start(daemon?: string, timeoutMs = 20_000): Promise<void> {
    for (const name of daemon === undefined ? this.daemons : [daemon]) {
      if (this.running(name)) continue;
      this.#processes.set(name, this.namespace.spawn(this.argv(name), { closeSignal: 'SIGKILL' }));
      await this.answering(name, timeoutMs);
    }
  }

  /** Resolves when the daemon answers an echo on its vty socket. */
  async answering(daemon: string, timeoutMs = 20_000): Promise<void> {
    const socketPath = join(this.directory, `${daemon}.vty`);
    await eventually(
      async () => {
        const child = this.#processes.get(daemon);
        if (child?.running === false)
          return Promise.reject(new Error(`${daemon} has ended: ${child.lines.join(' / ')}`));
        return (await askVty(socketPath, 'echo alive')).includes('alive');
      },
      { timeoutMs, intervalMs: 10, what: `${daemon} answers on ${socketPath}` },
    );
  }

  /**
   * Sends SIGTERM to one daemon, or to all (zebra last, as frr.service does), and waits for the
   * end. zebra removes its routes.
   */
  async stop(daemon?: string): Promise<void> {
    for (const name of daemon === undefined ? [...this.daemons].reverse() : [daemon])
      await this.#processes.get(name)?.stop('SIGTERM');
  }

  /**
   * Sends SIGKILL to one daemon, or to all at once, and waits for the end. zebra's routes stay and
   * are stale. Resolves with the time (Date.now()) of the signal.
   */
  async kill(daemon?: string): Promise<number> {
    const victims = (daemon === undefined ? this.daemons : [daemon]).map((name) => this.process(name));
    const atMs = Date.now();
    for (const victim of victims) victim.kill('SIGKILL');
    await Promise.all(victims.map(async (victim) => victim.exited));
    return atMs;
  }

  /** Sends SIGSTOP: the daemon keeps its sockets and answers nothing. */
  pause(daemon: string): void {
    this.process(daemon).kill('SIGSTOP');
  }

  /** Sends SIGCONT. */
  resume(daemon: string): void {
    this.process(daemon).kill('SIGCONT');
  }

  running(daemon: string): boolean {
    return this.#processes.get(daemon)?.running ?? false;
  }

  /** The daemon's current process. Throws if it was never started here. */
  process(daemon: string): Process {
    const child = this.#processes.get(daemon);
    if (child === undefined) throw new Error(`${daemon} was not started`);
    return child;
  }

  /** The output of `vtysh -d DAEMON -c COMMAND`. Blocks. */
  vtysh(daemon: string, commandText: string): string {
    return this.namespace.run(['vtysh', '--vty_socket', this.directory, '-d', daemon, '-c', commandText]);
  }

  /**
   * Like {@link vtysh} for a configuration change: the lines are entered below `configure
   * terminal`.
   */
  configureRunning(daemon: string, lines: readonly string[]): void {
    const commands = ['configure terminal', ...lines].flatMap((line) => ['-c', line]);
    this.namespace.run(['vtysh', '--vty_socket', this.directory, '-d', daemon, ...commands]);
  }
}
