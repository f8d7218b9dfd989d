/**
 * What the far side saw: answers and losses over time, and which routes carried the answers. It
 * runs the two processes (probe-sender.ts, probe-echo.ts), reads their lines and answers the
 * questions of the cases.
 *
 * An outage is counted in datagrams that were sent and not answered, never in time during which
 * this machine was too busy to send.
 */

import { program } from './lab/entry.js';
import { sleep } from './lab/wait.js';
import type { Network } from './network.js';
import { type CarrierSample, carriersOf, longestOutage, type Tick } from './outage.js';
import type { FarLine, FarSetup } from './probe-lines.js';
import type { CarriedBy, ProbePlan } from './protocol.js';

/** A later answer has waited in a queue for a neighbour or a route, and counts as lost. */
const LATE_MS = 500;

/** A period of time (Date.now()). */
export interface TimeSpan {
  readonly fromMs: number;
  readonly toMs: number;
}

export class Probes {
  readonly intervalMs: number;
  readonly #ticks: Tick[] = [];
  readonly #samples: CarrierSample[] = [];
  readonly #bySequence = new Map<number, Tick>();

  constructor(
    network: Network,
    readonly plans: readonly ProbePlan[],
  ) {
    this.intervalMs = Math.max(10, plans.length);
    network.router.spawn(
      [process.execPath, program('drill-probe-echo'), ...new Set(plans.map((plan) => plan.target))],
      {
        closeSignal: 'SIGKILL',
      },
    );
    const setup: FarSetup = {
      intervalMs: this.intervalMs,
      probes: plans.map(({ source, target }) => ({ source, target })),
    };
    network.far.spawn([process.execPath, program('drill-probe-sender'), JSON.stringify(setup)], {
      closeSignal: 'SIGKILL',
      keepLines: false,
      onLine: (line, stream) => stream === 'stdout' && this.#read(JSON.parse(line) as FarLine),
    });
  }

  /** Whether the last three ticks since `fromMs` were answered for every probe. */
  answered(fromMs: number): boolean {
    const recent = this.#ticks
      .filter((tick) => tick.atMs >= fromMs && tick.atMs < Date.now() - 3 * this.intervalMs)
      .slice(-3);
    return recent.length === 3 && recent.every((tick) => tick.answered.size === this.plans.length);
  }

  /** What carried the last answers: one carrier, both or none. */
  carriers(fromMs: number): readonly CarriedBy[] {
    const last = this.#samples.filter((one) => one.fromMs >= fromMs).slice(-2);
    return (['backup', 'daemon'] as const).filter((carrier) => last.some((one) => one[carrier] > 0));
  }

  /** What carried the answers, in the order of time. */
  carriedBy(window: TimeSpan): readonly CarriedBy[] {
    return carriersOf(this.#samples.filter((one) => one.fromMs >= window.fromMs && one.toMs <= window.toMs));
  }

  /**
   * The longest outage of any probe in milliseconds. `windows` has the times in which the probes
   * of a port are judged: while a port is down or without address, it cannot be probed. Waits for
   * answers under way.
   */
  async longestOutageMs(windows: (port: number) => readonly TimeSpan[]): Promise<number> {
    await sleep(LATE_MS + 100);
    const outages = this.plans.flatMap((plan, probe) =>
      windows(plan.port).map((window) => longestOutage(this.#ticks, probe, window)),
    );
    return Math.max(0, ...outages);
  }

  /** The time in milliseconds from `fromMs` to the first tick in which every probe is answered. */
  firstAnswerMs(fromMs: number): number | undefined {
    const tick = this.#ticks.find((one) => one.atMs >= fromMs && one.answered.size === this.plans.length);
    return tick === undefined ? undefined : tick.atMs - fromMs;
  }

  #read(line: FarLine): void {
    for (const [sequence, atMs] of line.sent) {
      const tick: Tick = { atMs, answered: new Set() };
      this.#ticks.push(tick);
      this.#bySequence.set(sequence, tick);
    }
    for (const [probe, sequence, tookMs] of line.answers)
      if (tookMs <= LATE_MS) this.#bySequence.get(sequence)?.answered.add(probe);
    const fromMs = line.sent[0]?.[1] ?? line.atMs;
    const backup = Object.entries(line.received).reduce(
      (sum, [device, packets]) => sum + (device.startsWith('gw') ? packets : 0),
      0,
    );
    // Without answers the packets are neighbour discovery only.
    if (line.answers.length === 0) return;
    this.#samples.push({ fromMs, toMs: line.atMs, backup, daemon: line.received['peer'] ?? 0 });
  }
}
