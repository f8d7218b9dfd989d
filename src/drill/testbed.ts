/**
 * The running laboratory of a drill, and what the cases wait for: the life of the agent, the two
 * states from which cases begin (healthy, down), and waits that fail with a reason. The cases are
 * in cases.ts.
 */

import { prepareDaemons, type RouterDaemons } from './daemons.js';
import { type Agent, startAgent } from './lab/agent.js';
import { eventually, sleep } from './lab/wait.js';
import { buildNetwork, type Network } from './network.js';
import { OwnedRoutes } from './owned-routes.js';
import { Probes } from './probes.js';
import type { CarriedBy, DrillSetup } from './protocol.js';

/**
 * Added to the configured times, since processes start, BGP sessions come up and machines are
 * busy.
 */
const PATIENCE_MS = 20_000;

/** The maximum time from the start of an agent to its first decision on a busy machine. */
export const START_MS = 30_000;

export class Testbed {
  /** The number of the agent's routes while they are in; known once they have been in. */
  wholeCount = 0;
  #agent: Agent | undefined;

  private constructor(
    readonly setup: DrillSetup,
    readonly network: Network,
    readonly daemons: RouterDaemons,
    readonly probes: Probes,
    readonly owned: OwnedRoutes,
  ) {}

  static async open(setup: DrillSetup): Promise<Testbed> {
    const network = buildNetwork(setup.network);
    const daemons = await prepareDaemons(network, setup);
    const owned = new OwnedRoutes(network.router, setup.routeProtocol);
    const testbed = new Testbed(setup, network, daemons, new Probes(network, setup.network.probes), owned);
    await sleep(500);
    return testbed;
  }

  get agent(): Agent {
    if (this.#agent === undefined) throw new Error('the agent was not started');
    return this.#agent;
  }

  /**
   * Starts an agent in the directories of the one before. It waits for nothing. Returns the time
   * (Date.now()) before the start.
   */
  startAgent(): number {
    const directory = this.#agent?.directory;
    const atMs = Date.now();
    this.#agent = startAgent(this.network.lab, this.network.router, {
      configText: this.setup.configuration,
      ...(directory === undefined ? {} : { directory }),
    });
    return atMs;
  }

  /**
   * Restarts the agent, so that it knows of no former deaths: each case has the configured
   * hold-time, without damping.
   */
  async freshAgent(): Promise<void> {
    await this.#agent?.stop();
    this.startAgent();
    await this.agent.waitForLog(/ routes phase=(?:in|out)/, START_MS);
  }

  /** Brings the laboratory into the state in which a case begins. */
  async enter(state: 'nothing' | 'healthy' | 'down'): Promise<void> {
    if (state === 'nothing') return;
    if (this.#agent === undefined) {
      this.startAgent();
      await this.booted();
    }
    if (state === 'down' && this.daemons.running) await this.daemons.stop();
    if (state === 'healthy' && !this.daemons.running) await this.daemons.start();
    if (state === 'healthy') await this.healthy();
    await this.freshAgent();
    if (state === 'healthy') await this.healthy();
    else await this.carriedByBackup();
  }

  /**
   * Waits for the first time that every probe is answered, and records the number of backup
   * routes.
   */
  async booted(): Promise<void> {
    const fromMs = Date.now();
    await this.#until('no answer to the far side through the backup router', 0, () => this.probes.answered(fromMs));
    this.wholeCount = await this.owned.count();
  }

  /** Waits until all backup routes are in the kernel. */
  async routesIn(waitMs = 0): Promise<void> {
    await this.#until(
      'the backup routes did not come in',
      waitMs,
      async () => (await this.owned.count()) >= this.wholeCount,
    );
  }

  /** Waits until the backup routes are in and carry the answers. */
  async carriedByBackup(waitMs = 0): Promise<void> {
    await this.routesIn(waitMs);
    await this.#carried('backup', waitMs);
  }

  /** Waits until the daemon's routes carry the answers, whether the backup routes are in or not. */
  async carriedByDaemon(waitMs = 0): Promise<void> {
    await this.#carried('daemon', waitMs);
  }

  /** Waits until the daemon's routes carry and the backup routes are out (in, on standby). */
  async healthy(): Promise<void> {
    const { holdMs, convergenceTimeoutMs } = this.setup.timings;
    const waitMs = holdMs + (convergenceTimeoutMs === 'never' ? 0 : convergenceTimeoutMs);
    const left = this.setup.role === 'standby' ? this.wholeCount : 0;
    if (this.setup.daemonCarries) await this.carriedByDaemon(waitMs);
    // The agent may have decided to bring the routes in without having done so yet, so a missing
    // route may still come.
    if (this.setup.role !== 'standby')
      await this.#until(
        'the agent did not decide to take the backup routes out',
        waitMs,
        () => this.#phase() === 'out',
      );
    await this.#until(
      left === 0 ? 'the backup routes did not leave' : 'the backup routes left on standby',
      waitMs,
      async () => (await this.owned.count()) === left,
    );
    const fromMs = Date.now();
    await this.#until("no answer to the far side by the daemon's routes", 0, () => this.probes.answered(fromMs));
  }

  /** The last decision in the agent's log. */
  #phase(): string | undefined {
    return this.agent.log.flatMap((line) => / routes phase=(in|out)\b/.exec(line)?.[1] ?? []).at(-1);
  }

  async #carried(carrier: CarriedBy, waitMs: number): Promise<void> {
    const fromMs = Date.now();
    const way = (): readonly CarriedBy[] => this.probes.carriers(fromMs);
    await this.#until(
      () => `not carried by ${carrierText(carrier)}, but by ${way().map(carrierText).join(' and ') || 'nothing'}`,
      waitMs,
      () => this.probes.answered(fromMs) && way().join() === carrier,
    );
  }

  async #until(
    inVain: string | (() => string),
    waitMs: number,
    probe: () => boolean | Promise<boolean>,
  ): Promise<void> {
    await eventually(probe, { timeoutMs: waitMs + PATIENCE_MS, intervalMs: 25 }).catch(() => {
      throw new NotInTime(
        `${typeof inVain === 'string' ? inVain : inVain()} (waited ${Math.round((waitMs + PATIENCE_MS) / 1000)} s)`,
      );
    });
  }
}

/** Something that was waited for did not happen. It is a result, not a bug. */
export class NotInTime extends Error {}

function carrierText(carrier: CarriedBy): string {
  return carrier === 'backup' ? 'the backup router' : "the daemon's route";
}
