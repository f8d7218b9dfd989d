/**
 * A private FRR for the tests of the health adapter: a namespace with one veth, a directory for
 * sockets and pid files, and real daemons as children of the test. `ip netns exec` calls exec, so
 * the child's pid is the daemon's own, and Node reaps it.
 */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Health } from '../../src/core/ports.js';
import type { DaemonId, Verdict } from '../../src/model/daemon.js';

/** 10.9.0.1/24 and 2001:db8:9::1/64 on the veth; staticd holds one route of each family through it. */
const CONFIG: Readonly<Record<string, string>> = {
  zebra: 'hostname z\n',
  staticd: 'ip route 10.50.0.0/16 10.9.0.2\nipv6 route 2001:db8:50::/48 2001:db8:9::2\n',
  bgpd: 'router bgp 65001\n bgp router-id 10.9.0.1\n',
};

/** Not only of the process: a number may be used again beside what a killed run left behind. */
let labs = Date.now();

export class FrrLab {
  readonly directory: string;
  readonly #namespace: string;
  readonly #root: string;
  readonly #children = new Map<string, ChildProcess>();

  constructor() {
    process.umask(0o022);
    this.#namespace = `hlfrr-${process.pid}-${labs++}`;
    // Not below a mode 0700 directory: the daemons are the user frr.
    this.#root = mkdtempSync(join(tmpdir(), 'hlfrr-'));
    chmodSync(this.#root, 0o755);
    this.directory = join(this.#root, 'run');
    this.makeDirectory();
    for (const [daemon, text] of Object.entries(CONFIG)) writeFileSync(join(this.#root, `${daemon}.conf`), text);
    ip('netns', 'add', this.#namespace);
    this.ip('link', 'set', 'lo', 'up');
    this.ip('link', 'add', 'd0', 'type', 'veth', 'peer', 'name', 'd1');
    this.ip('addr', 'add', '10.9.0.1/24', 'dev', 'd0');
    this.ip('addr', 'add', '2001:db8:9::1/64', 'dev', 'd0', 'nodad');
    this.ip('link', 'set', 'd0', 'up');
    this.ip('link', 'set', 'd1', 'up');
  }

  makeDirectory(): void {
    mkdirSync(this.directory);
    execFileSync('chown', ['frr:frr', this.directory]);
  }

  removeDirectory(): void {
    rmSync(this.directory, { recursive: true });
  }

  /** `ip` inside the namespace. */
  ip(...args: readonly string[]): string {
    return ip('-n', this.#namespace, ...args);
  }

  /** Starts a daemon in the foreground; returns at once. */
  start(daemon: string, ...more: readonly string[]): ChildProcess {
    const dir = this.directory;
    const args = [
      '-u',
      'frr',
      '-g',
      'frr',
      '--vty_socket',
      dir,
      '-z',
      join(dir, 'zserv.api'),
      '-i',
      join(dir, `${daemon}.pid`),
    ];
    args.push('-f', join(this.#root, `${daemon}.conf`), '-A', '127.0.0.1', '-P', '0', '--log', 'stdout', ...more);
    if (daemon === 'bgpd') args.push('-p', '0');
    const child = spawn('ip', ['netns', 'exec', this.#namespace, `/usr/lib/frr/${daemon}`, ...args], {
      stdio: 'ignore',
    });
    this.#children.set(daemon, child);
    return child;
  }

  signal(daemon: string, signal: NodeJS.Signals): void {
    this.#child(daemon).kill(signal);
  }

  /** Ends a daemon and waits until it is gone. */
  async end(daemon: string, signal: NodeJS.Signals): Promise<void> {
    const child = this.#child(daemon);
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, 'exit');
    child.kill(signal);
    await exit;
  }

  async close(): Promise<void> {
    for (const daemon of this.#children.keys()) await this.end(daemon, 'SIGKILL');
    ip('netns', 'del', this.#namespace);
    rmSync(this.#root, { recursive: true, force: true });
  }

  #child(daemon: string): ChildProcess {
    const child = this.#children.get(daemon);
    if (child === undefined) throw new Error(`${daemon} was not started`);
    return child;
  }
}

/** One verdict and when it was heard (performance.now). */
export interface Heard {
  readonly id: DaemonId;
  readonly verdict: Verdict;
  readonly atMs: number;
}

/** Writes down every verdict of a health adapter and waits for one. */
export class Ear {
  readonly heard: Heard[] = [];
  #waiting: (() => void)[] = [];

  constructor(health: Health) {
    health.start((id, verdict) => {
      this.heard.push({ id, verdict, atMs: performance.now() });
      for (const wake of this.#waiting.splice(0)) wake();
    });
  }

  /** The kinds heard of one daemon, in order. */
  kinds(id: DaemonId): readonly string[] {
    return this.heard.filter((h) => h.id === id).map((h) => h.verdict.kind);
  }

  /** The first verdict of that kind at place `from` or later; rejects after `limitMs`. */
  async until(id: DaemonId, kind: Verdict['kind'], from = 0, limitMs = 20_000): Promise<Heard> {
    const deadline = performance.now() + limitMs;
    for (;;) {
      const found = this.heard.slice(from).find((h) => h.id === id && h.verdict.kind === kind);
      if (found !== undefined) return found;
      const left = deadline - performance.now();
      if (left <= 0)
        throw new Error(`no '${kind}' of ${id} within ${limitMs} ms; heard ${JSON.stringify(this.heard.slice(from))}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#waiting.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }
}

/** Waits until `condition` resolves to true, asking every 20 ms; a rejection counts as false. */
export async function eventually(condition: () => Promise<boolean>, limitMs = 20_000): Promise<boolean> {
  const deadline = performance.now() + limitMs;
  while (performance.now() < deadline) {
    if (await condition().catch(() => false)) return true;
    await sleep(20);
  }
  return false;
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function ip(...args: readonly string[]): string {
  return execFileSync('ip', args, { encoding: 'utf8' });
}
