/**
 * A container with systemd as PID 1, in a network namespace of a laboratory.
 *
 * Invariants: it is ended by ending its PID 1 (a SIGKILL to systemd-nspawn would leave it running), and only processes of
 * its own cgroup are ever signalled. Commands inside get an environment of their own, not the test runner's.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CommandResult, command, tryCommand, tryCommandAsync } from '../../../src/drill/lab/command.js';
import { installExitHook, removeExitHook } from '../../../src/drill/lab/exit-hook.js';
import type { Namespace } from '../../../src/drill/lab/namespace.js';
import { eventually } from '../../../src/drill/lab/wait.js';
import { cgroupPids, createCgroup, killCgroup, removeCgroup } from './cgroup.js';
import type { Overlay } from './overlay.js';

const ENVIRONMENT = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LC_ALL: 'C.UTF-8',
  SYSTEMD_PAGER: '',
  SYSTEMD_COLORS: '0',
};
/** Neither below /tmp nor /run, which systemd covers with file systems of its own. */
export const CHECKOUT = '/srv/checkout';
const BOOT_TIMEOUT_MS = 30_000;
const LONG_TIMEOUT_MS = 240_000;

export interface MachineOptions {
  readonly overlay: Overlay;
  readonly namespace: Namespace;
  /** A directory for the console's log. */
  readonly directory: string;
  /** A directory of this host, to be seen read-only as {@link CHECKOUT} inside. */
  readonly checkout?: string;
}

/** Boots, and resolves once systemd has finished starting up (whether or not some unit failed). */
export async function bootMachine(options: MachineOptions): Promise<Machine> {
  const machine = new Machine(options);
  try {
    await machine.started();
  } catch (error) {
    await machine.close();
    throw new Error(`the container did not boot:\n${machine.console()}`, { cause: error });
  }
  return machine;
}

export class Machine {
  readonly #cgroup: string;
  readonly #log: string;
  readonly #nspawn: ChildProcess;
  readonly #ended: Promise<void>;
  #leader = 0;

  constructor({ overlay, namespace, directory, checkout }: MachineOptions) {
    this.#cgroup = createCgroup(namespace.name);
    this.#log = join(directory, 'console.log');
    const nspawn = [
      ...[
        'systemd-nspawn',
        '--quiet',
        `--directory=${overlay.root}`,
        `--machine=${namespace.name}`,
        '--boot',
        '--register=no',
        '--keep-unit',
        '--link-journal=no',
      ],
      ...[
        '--capability=all',
        `--network-namespace-path=/run/netns/${namespace.name}`,
        '--resolv-conf=off',
        '--timezone=off',
        '--console=read-only',
      ],
      ...(checkout === undefined ? [] : [`--bind-ro=${checkout}:${CHECKOUT}`]),
    ];
    const argv = [
      'sh',
      '-ec',
      'echo $$ > "$1/cgroup.procs"; shift; exec "$@"',
      'sh',
      this.#cgroup,
      ...overlay.wrap(nspawn),
    ];
    const log = openSync(this.#log, 'a');
    const environment = {
      ...ENVIRONMENT,
      SYSTEMD_NSPAWN_UNIFIED_HIERARCHY: '1',
      SYSTEMD_NSPAWN_API_VFS_WRITABLE: 'network',
    };
    this.#nspawn = spawn(argv[0]!, argv.slice(1), { stdio: ['ignore', log, log], env: environment });
    closeSync(log);
    this.#ended = new Promise((resolve) => this.#nspawn.once('close', () => resolve()).once('error', () => resolve()));
    installExitHook(this);
  }

  async started(): Promise<void> {
    this.#leader = await eventually(() => this.#findLeader(), {
      timeoutMs: BOOT_TIMEOUT_MS,
      what: 'PID 1 of the container',
    });
    await eventually(() => /^(running|degraded)$/.test(this.try('systemctl', 'is-system-running').stdout.trim()), {
      timeoutMs: BOOT_TIMEOUT_MS,
      what: 'the end of the boot',
    });
  }

  /** Runs a command inside; returns its standard output, throws when it fails. */
  run(...argv: readonly string[]): string {
    return command(this.#enter(argv));
  }

  /** Runs a command inside and returns how it ended. */
  try(...argv: readonly string[]): CommandResult {
    return tryCommand(this.#enter(argv));
  }

  /** The same for what may take minutes, without holding up the event loop. */
  async tryAsync(...argv: readonly string[]): Promise<CommandResult> {
    return tryCommandAsync(this.#enter(argv), { timeoutMs: LONG_TIMEOUT_MS });
  }

  /** Writes a file inside, mode 644, with its directories. */
  write(path: string, content: string): void {
    command(this.#enter(['sh', '-ec', 'mkdir -p "$(dirname "$1")"; cat > "$1"; chmod 644 "$1"', 'sh', path]), {
      input: content,
    });
  }

  /** One property of a unit, as `systemctl show` prints it. */
  property(unit: string, name: string): string {
    return this.run('systemctl', 'show', '--value', `--property=${name}`, unit).trim();
  }

  /** What PID 1 wrote to the console so far. */
  console(): string {
    return readFileSync(this.#log, 'utf8');
  }

  /** Resolves when the container has ended by itself, as it does when it is told to reboot. */
  async ended(): Promise<void> {
    await eventually(() => this.#nspawn.exitCode !== null, {
      timeoutMs: BOOT_TIMEOUT_MS,
      what: 'the end of the container',
    });
    removeCgroup(this.#cgroup);
    removeExitHook(this);
  }

  async close(): Promise<void> {
    if (this.#leader !== 0) killIfAlive(this.#leader);
    else killCgroup(this.#cgroup);
    const timer = setTimeout(() => killCgroup(this.#cgroup), 5000);
    await this.#ended;
    clearTimeout(timer);
    removeCgroup(this.#cgroup);
    removeExitHook(this);
  }

  closeNow(): void {
    killCgroup(this.#cgroup);
    removeExitHook(this);
  }

  #enter(argv: readonly string[]): string[] {
    // `env -i`: tap's hooks put variables into every child that a container's Node cannot make sense of.
    const environment = Object.entries(ENVIRONMENT).map(([name, value]) => `${name}=${value}`);
    return ['nsenter', '-t', String(this.#leader), '-a', '--', 'env', '-i', ...environment, ...argv];
  }

  /** nspawn's first child is transient: PID 1 is the one that calls itself so, in the cgroup that systemd made for itself. */
  #findLeader(): number | undefined {
    return cgroupPids(join(this.#cgroup, 'payload/init.scope')).find((pid) =>
      /^NSpid:.*\t1$/m.test(readFileSync(`/proc/${pid}/status`, 'utf8')),
    );
  }
}

function killIfAlive(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
