/**
 * The agent of a storm and its supervisor, which restarts it 100 ms after its end, as the unit
 * does. The state and runtime directories are on a small disk that only its mount namespace has; a
 * sleeping process keeps the namespace.
 */

import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { getPriority } from 'node:os';
import { join } from 'node:path';
import { ENTRY, mustBeBundled } from '../../src/drill/lab/entry.js';
import type { Process } from '../../src/drill/lab/process.js';
import { eventually, sleep } from '../../src/drill/lab/wait.js';
import { hookText, type Memory, memoryFile, type Orders } from './hook.js';
import type { World } from './world.js';

const RESTART_MS = 100;
/** The same as Nice= of the unit. */
const UNIT_NICE = -10;
const DISK = 'size=1500k,mode=755';
/** The exit status of an orderly end after the storm has removed the capability. */
const EX_NOPERM = 77;

export interface Footprint {
  readonly rssAnonKiB: number;
  readonly descriptors: number;
  readonly threads: number;
}

export class StormAgent {
  readonly configFile: string;
  readonly orders: { clockMs: number; mayChange: boolean; collect: boolean } = {
    clockMs: 0,
    mayChange: true,
    collect: false,
  };
  /** Ends that the storm did not cause. */
  readonly faults: string[] = [];
  paused = false;
  /**
   * The times (wall clock, ms) in which the agent was not at work, of this and of former
   * processes.
   */
  readonly absences: { from: number; to: number; readonly why: string }[] = [];
  lives = 0;
  readonly #directory: string;
  readonly #disk: string;
  readonly #holder: Process;
  readonly #ordersFile: string;
  #process: Process | undefined;
  #expected = false;
  #closing = false;
  #ready = false;
  #lastLines: string[] = [];

  constructor(
    readonly world: World,
    readonly processEvents: boolean,
  ) {
    mustBeBundled();
    const { lab } = world.std;
    this.#directory = join(lab.directory, 'agent');
    this.#disk = join(this.#directory, 'disk');
    mkdirSync(this.#disk, { recursive: true });
    this.configFile = join(this.#directory, 'config.yaml');
    this.#ordersFile = join(this.#directory, 'orders');
    this.#writeOrders();
    const koffi = join(ENTRY, '../../../node_modules/koffi');
    writeFileSync(join(this.#directory, 'hook.cjs'), hookText(this.#ordersFile, koffi));
    const script = `mount -t tmpfs -o ${DISK} tmpfs "$1" && mkdir "$1/run" "$1/state" && echo mounted && exec sleep infinity`;
    this.#holder = world.router.spawn(['sh', '-c', script, 'sh', this.#disk], { closeSignal: 'SIGKILL' });
  }

  async begin(): Promise<void> {
    await eventually(() => this.#holder.lines.includes('mounted'), { what: 'a disk for the agent' });
    this.#start();
  }

  get process(): Process {
    return this.#process!;
  }

  /** Whether the process runs and is not stopped. */
  get atWork(): boolean {
    return this.#process?.running === true && !this.paused;
  }

  /** Whether this process has reported that it is ready. */
  get ready(): boolean {
    return this.#ready && this.#process?.running === true;
  }

  get log(): readonly string[] {
    return [...this.#lastLines, ...(this.#process?.lines ?? [])];
  }

  /** A path on the disk, as this process sees it. */
  path(name: string): string {
    return `/proc/${this.#holder.pid}/root${this.#disk}/${name}`;
  }

  /** The same path, as the agent and {@link inside} see it. */
  diskPath(name: string): string {
    return join(this.#disk, name);
  }

  /** Runs a command in the mount namespace with the disk. */
  inside(...argv: readonly string[]): void {
    this.world.router.tryRun(['nsenter', '-t', String(this.#holder.pid), '-m', ...argv]);
  }

  remount(options: string): void {
    this.inside('mount', '-o', `remount,${options}`, this.#disk);
  }

  /** Ends the process on purpose. */
  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const victim = this.#process;
    if (victim?.running !== true) return;
    if (this.paused && signal === 'SIGTERM') this.resume();
    this.#expected = true;
    this.#gone(signal);
    await victim.stop(signal, 6_000);
  }

  pause(): void {
    if (!this.atWork) return;
    this.paused = true;
    this.#gone('SIGSTOP');
    this.process.kill('SIGSTOP');
  }

  resume(): void {
    if (!this.paused) return;
    this.paused = false;
    this.process.kill('SIGCONT');
    this.#back();
  }

  order(orders: Partial<Orders>): void {
    Object.assign(this.orders, orders);
    this.#writeOrders();
    // Before the hook is loaded, the signal would end the process.
    if (this.#ready && this.#process?.running === true) this.process.kill('SIGUSR2');
  }

  /** Sends one request on the control socket. Undefined: no answer in time. */
  async ask<T>(request: object, timeoutMs = 5_000): Promise<T | undefined> {
    return new Promise((resolve) => {
      let text = '';
      const socket = createConnection(this.path('run/control.sock'));
      const end = (): void => {
        clearTimeout(timer);
        socket.destroy();
        try {
          resolve(JSON.parse(text) as T);
        } catch {
          resolve(undefined);
        }
      };
      const timer = setTimeout(end, timeoutMs);
      socket.setEncoding('utf8');
      socket.on('connect', () => socket.write(`${JSON.stringify(request)}\n`));
      socket.on('data', (piece: string) => {
        text += piece;
        if (text.endsWith('\n')) end();
      });
      socket.on('error', end).on('end', end);
    });
  }

  footprint(): Footprint | undefined {
    try {
      const { pid } = this.process;
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      const number = (key: string): number => Number(new RegExp(`^${key}:\\s+(\\d+)`, 'm').exec(status)![1]);
      return {
        rssAnonKiB: number('RssAnon'),
        descriptors: readdirSync(`/proc/${pid}/fd`).length,
        threads: number('Threads'),
      };
    } catch {
      return undefined;
    }
  }

  /** The memory report of the process. Undefined: no report in time. */
  async memory(collect: boolean): Promise<Memory | undefined> {
    const file = memoryFile(this.#ordersFile);
    rmSync(file, { force: true });
    this.order({ collect });
    this.orders.collect = false;
    return eventually(() => JSON.parse(readFileSync(file, 'utf8')) as Memory, { timeoutMs: 3_000 }).catch(
      () => undefined,
    );
  }

  async close(): Promise<void> {
    this.#closing = true;
    if (this.paused) this.resume();
    await this.#process?.stop('SIGKILL');
  }

  #start(): void {
    this.orders.mayChange = true;
    this.#writeOrders();
    this.#ready = false;
    const environment = {
      PATH: process.env['PATH']!,
      HOME: '/root',
      LANG: 'C.UTF-8',
      NODE_OPTIONS: `--require=${join(this.#directory, 'hook.cjs')}`,
      RUNTIME_DIRECTORY: join(this.#disk, 'run'),
      STATE_DIRECTORY: join(this.#disk, 'state'),
      ...(this.processEvents ? { BACKUP_ROUTER_PROCESS_EVENTS_NETNS: '/proc/1/ns/net' } : {}),
    };
    const child = this.world.router.spawn(
      [
        'nsenter',
        '-t',
        String(this.#holder.pid),
        '-m',
        // The same niceness as in the unit, whatever the storm itself has.
        'nice',
        '-n',
        String(UNIT_NICE - getPriority()),
        'env',
        '-i',
        ...Object.entries(environment).map(([name, value]) => `${name}=${value}`),
        // For experiments, for example MALLOC_ARENA_MAX=1.
        ...(process.env['CHAOS_AGENT_ENV'] ?? '').split(' ').filter((word) => word !== ''),
        process.execPath,
        ENTRY,
        'run',
        '-c',
        this.configFile,
      ],
      {
        closeSignal: 'SIGKILL',
        onLine: (line) => {
          if (!/ ready /.test(line) || this.#process !== child) return;
          this.#ready = true;
          this.#back();
        },
      },
    );
    this.lives++;
    this.paused = false;
    this.#process = child;
    if (this.absences.at(-1)?.to !== Number.POSITIVE_INFINITY) this.#gone('start');
    void child.exited.then(async (end) => {
      this.paused = false;
      this.#lastLines = child.lines.slice(-200);
      const mayFail = end.status === EX_NOPERM && !this.orders.mayChange;
      if (!this.#expected && !this.#closing && !mayFail)
        this.faults.push(`the agent has ended: ${JSON.stringify(end)}; ${child.lines.slice(-6).join(' / ')}`);
      this.#expected = false;
      if (this.absences.at(-1)?.to !== Number.POSITIVE_INFINITY) this.#gone('ended');
      await sleep(RESTART_MS);
      if (!this.#closing) this.#start();
    });
  }

  #gone(why: string): void {
    this.absences.push({ from: Date.now(), to: Number.POSITIVE_INFINITY, why });
  }

  #back(): void {
    const last = this.absences.at(-1);
    if (last?.to === Number.POSITIVE_INFINITY) last.to = Date.now();
  }

  #writeOrders(): void {
    // Written atomically, because a process that starts reads it.
    writeFileSync(`${this.#ordersFile}.new`, JSON.stringify(this.orders));
    renameSync(`${this.#ordersFile}.new`, this.#ordersFile);
  }
}
