/**
 * A lane: one namespace with a management link, a zebra and a bgpd of its own, one contestant, and the referee. All lanes
 * are alike, so that contestants can take turns at any distance without one waiting for another's daemons to return.
 *
 * What lives here: the network, the daemons, their death and return. What does not: what the contestants are.
 */

import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { type Frr, prepareFrr } from '../../src/drill/lab/frr.js';
import { bgpConfig, zebraConfig } from '../../src/drill/lab/frr-conf.js';
import type { Lab } from '../../src/drill/lab/lab.js';
import type { Namespace } from '../../src/drill/lab/namespace.js';
import type { Process } from '../../src/drill/lab/process.js';
import { askVty } from '../../src/drill/lab/vty.js';
import { eventually } from '../../src/drill/lab/wait.js';
import { Referee, type Sighting, type Wanted } from './referee.js';
import { DAEMON_NICE } from './tools.js';

export type Daemon = 'zebra' | 'bgpd';
export const DAEMONS: readonly Daemon[] = ['zebra', 'bgpd'];

/** Own routes of every contestant but keepalived's virtual routes. */
export const PROTOCOL = 157;
/** Foreign routes: FRR's number for BGP, which zebra takes for its own and does not read again. */
export const BGP_PROTOCOL = 186;

/** As Debian's /etc/frr/daemons: a zebra whose receive buffer overflows ends itself (zebra/kernel_netlink.c), and a flood is not to kill it. */
const ZEBRA_ARGS = ['-s', '90000000'];

let lanes = 0;

export class Lane {
  readonly namespace: Namespace;
  readonly referee: Referee;
  readonly directory: string;
  /** The backup router. */
  readonly gateway: string;
  readonly #frr: Frr;
  readonly #running = new Map<Daemon, Process>();

  constructor(
    readonly lab: Lab,
    far: Namespace,
    readonly name: string,
    protocol: number = PROTOCOL,
  ) {
    const number = ++lanes;
    this.namespace = lab.namespace(`l${number}`);
    this.gateway = `10.254.${number}.1`;
    lab.link(this.namespace, 'mgmt0', far, `lane${number}`);
    this.namespace.ip(`addr add 10.254.${number}.2/24 dev mgmt0`);
    far.ip(`addr add ${this.gateway}/24 dev lane${number}`);
    this.directory = join(lab.directory, `l${number}`);
    mkdirSync(this.directory);
    this.referee = new Referee(this.namespace, protocol);
    const bgpd = bgpConfig({ asn: 65002, routerId: `10.254.${number}.2`, neighbours: [] });
    this.#frr = prepareFrr(this.namespace, {
      directory: join(this.directory, 'frr'),
      daemons: { zebra: { config: zebraConfig(), args: ZEBRA_ARGS }, bgpd },
    });
    for (const daemon of DAEMONS) symlinkSync(this.#frr.argv(daemon)[0]!, this.program(daemon));
  }

  get socketDirectory(): string {
    return this.#frr.directory;
  }

  socket(daemon: Daemon): string {
    return join(this.socketDirectory, `${daemon}.vty`);
  }

  /** A path of the daemon's that no other lane has, by which keepalived tells its own from the others'. */
  program(daemon: Daemon): string {
    return join(this.directory, daemon);
  }

  /** Starts those that do not run, and resolves when they answer. */
  async startDaemons(timeoutMs = 20_000): Promise<void> {
    for (const daemon of DAEMONS) {
      if (this.#running.get(daemon)?.running === true) continue;
      this.spawn(daemon);
      await this.answering(daemon, timeoutMs);
    }
  }

  /** Starts one and waits for nothing. */
  spawn(daemon: Daemon): void {
    const argv = [...DAEMON_NICE, this.program(daemon), ...this.#frr.argv(daemon).slice(1)];
    this.#running.set(daemon, this.namespace.spawn(argv, { closeSignal: 'SIGKILL' }));
  }

  async answering(daemon: Daemon, timeoutMs = 20_000): Promise<void> {
    await eventually(async () => (await askVty(this.socket(daemon), 'echo alive', timeoutMs)).includes('alive'), {
      timeoutMs,
      intervalMs: 5,
      what: `${this.name}: ${daemon} answers`,
    });
  }

  pid(daemon: Daemon): number {
    const child = this.#running.get(daemon);
    if (child?.running !== true) throw new Error(`${this.name}: ${daemon} does not run`);
    return child.pid;
  }

  /** SIGKILL, timed. Resolves when the contestant's routes are in and the daemon is gone. */
  async death(daemon: Daemon, wanted: Wanted, timeoutMs: number): Promise<Sighting> {
    const pid = this.pid(daemon);
    const sighting = await this.referee.kill(pid, 'SIGKILL', wanted, timeoutMs);
    await this.#running.get(daemon)!.exited;
    return sighting;
  }

  /** Takes out what a contestant left that was ended without order. */
  clear(): void {
    const { namespace } = this;
    namespace.tryRun(['ip', 'route', 'flush', 'table', 'all', 'proto', String(PROTOCOL)]);
    // By protocol: main's own rule may have the same priority.
    namespace.tryRun(['ip', 'rule', 'flush', 'protocol', String(PROTOCOL)]);
  }

  /** Ends the daemons; the next {@link startDaemons} brings new ones. */
  async stopDaemons(): Promise<void> {
    await Promise.all([...this.#running.values()].map(async (child) => child.stop('SIGKILL')));
  }

  /** Resolves when the daemons live and the contestant has taken its routes out. */
  async ready(timeoutMs = 20_000): Promise<void> {
    await this.startDaemons(timeoutMs);
    const { done, live } = await this.referee.absent(timeoutMs);
    if (!done)
      throw new Error(
        `${this.name}: ${live} routes and rules are still in, ${timeoutMs} ms after its daemons returned`,
      );
  }
}
