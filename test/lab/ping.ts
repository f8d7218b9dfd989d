/**
 * Continuous pings, and the outages that they show. Each ping is a real fping. Its own timestamps
 * are used, not the time at which this process reads them. `ping -i 0.01` sends only every 16 ms.
 *
 * Times are milliseconds of the wall clock (Date.now()), because fping prints that clock.
 */

import type { Namespace } from '../../src/drill/lab/namespace.js';
import type { Process } from '../../src/drill/lab/process.js';
import { eventually, sleep } from '../../src/drill/lab/wait.js';
import type { Family } from '../../src/model/address.js';

/** A time without replies, longer than two intervals. */
export interface Gap {
  /** The time of the last reply before the gap, or of the start of the ping. */
  readonly fromMs: number;
  /** The time of the first reply after the gap, or the current time if there is none yet. */
  readonly toMs: number;
  /** toMs - fromMs. */
  readonly lengthMs: number;
}

export interface PingTotals {
  /** Without the packets of the last 200 ms that were still unanswered. */
  readonly sent: number;
  readonly received: number;
  readonly longestGapMs: number;
}

export interface PingOptions {
  /** The time between two packets; 10 ms by default. */
  readonly intervalMs?: number;
  /** Needed only if the target is a name. */
  readonly family?: Family;
  /** The source address. */
  readonly source?: string;
}

/** Starts to ping the address `target` from the namespace. */
export function startPing(namespace: Namespace, target: string, options: PingOptions = {}): Ping {
  return new Ping(namespace, target, options);
}

/** A running ping. */
export class Ping {
  readonly intervalMs: number;
  readonly startMs = Date.now();
  /** The time of each reply, in order; `#sequences`: the number of the packet that it answers. */
  readonly #replies: number[] = [];
  readonly #sequences: number[] = [];
  readonly #process: Process;
  #lastSequence = -1;
  #summary: { readonly sent: number } | undefined;
  #stopMs: number | undefined;

  constructor(
    namespace: Namespace,
    readonly target: string,
    options: PingOptions,
  ) {
    this.intervalMs = options.intervalMs ?? 10;
    const family = options.family === undefined ? [] : [options.family === 'inet' ? '-4' : '-6'];
    const source = options.source === undefined ? [] : ['-S', options.source];
    // -t: by default a reply that takes longer than the interval counts as lost, which on a loaded
    // machine is not an outage. Packets that wait for their reply are missing from fping's final
    // count, so a much longer time would falsify that count.
    const argv = [
      'fping',
      ...family,
      ...source,
      '-l',
      '-D',
      '-i',
      '1',
      '-p',
      String(this.intervalMs),
      '-t',
      '200',
      target,
    ];
    this.#process = namespace.spawn(argv, {
      closeSignal: 'SIGKILL',
      keepLines: false,
      onLine: (line) => this.#read(line),
    });
  }

  get received(): number {
    return this.#replies.length;
  }

  /**
   * Whether a reply came within the last few intervals. The event loop must have run to know; see
   * {@link nextReply}.
   */
  alive(): boolean {
    return Date.now() - (this.#replies.at(-1) ?? 0) < Math.max(100, 5 * this.intervalMs);
  }

  /**
   * Resolves with the time of the first reply at or after `fromMs` (now). Rejects after the
   * time-out.
   */
  async nextReply(timeoutMs = 20_000, fromMs = Date.now()): Promise<number> {
    const what = `a ping reply of ${this.target}`;
    return eventually(() => this.#replies.find((at) => at >= fromMs), { timeoutMs, intervalMs: 5, what });
  }

  /**
   * The gaps that overlap the time from `fromMs` to `toMs` (now), cut to it, including a gap that
   * is still open.
   */
  async gaps(fromMs: number = this.startMs, toMs: number = Date.now()): Promise<readonly Gap[]> {
    await this.#drain();
    return gapsOf(
      this.#replies,
      Math.max(fromMs, this.startMs),
      Math.min(toMs, this.#stopMs ?? toMs),
      2 * this.intervalMs,
    );
  }

  /** The longest gap since `fromMs` (the start); 0 if there is none. */
  async longestGapMs(fromMs: number = this.startMs, toMs: number = Date.now()): Promise<number> {
    return Math.max(0, ...(await this.gaps(fromMs, toMs)).map((gap) => gap.lengthMs));
  }

  /**
   * The number of packets without a reply between the first and the last reply since `fromMs`. A
   * gap without losses means a busy machine, not an outage.
   */
  async lost(fromMs: number = this.startMs): Promise<number> {
    await this.#drain();
    const first = this.#replies.findIndex((at) => at >= fromMs);
    if (first < 0) return 0;
    return this.#sequences.at(-1)! - this.#sequences[first]! + 1 - (this.#sequences.length - first);
  }

  /** Ends the ping. May be called twice. */
  async stop(): Promise<PingTotals> {
    this.#stopMs ??= Date.now();
    // On SIGINT fping prints its own packet count.
    await this.#process.stop('SIGINT', 2000);
    const received = this.received;
    return {
      sent: Math.max(this.#summary?.sent ?? 0, this.#lastSequence + 1),
      received,
      longestGapMs: await this.longestGapMs(),
    };
  }

  /** Waits until replies under way have arrived and have been read. */
  async #drain(): Promise<void> {
    await sleep(this.#process.running ? this.intervalMs + 10 : 0);
  }

  #read(line: string): void {
    const reply = /^\[(\d+\.\d+)\] \S+ +: \[(\d+)\], \d+ bytes, /.exec(line);
    if (reply !== null) {
      this.#replies.push(Number(reply[1]) * 1000);
      this.#lastSequence = Number(reply[2]);
      this.#sequences.push(this.#lastSequence);
    }
    const summary = /xmt\/rcv\/%loss = (\d+)\//.exec(line);
    if (summary !== null) this.#summary = { sent: Number(summary[1]) };
  }
}

/**
 * The periods between `fromMs` and `toMs` without any of the `times` (ascending) that are longer
 * than `thresholdMs`.
 */
export function gapsOf(times: readonly number[], fromMs: number, toMs: number, thresholdMs: number): readonly Gap[] {
  const marks = [fromMs, ...times.filter((at) => at > fromMs && at < toMs), toMs];
  const gaps: Gap[] = [];
  for (let i = 1; i < marks.length; i++) {
    const lengthMs = marks[i]! - marks[i - 1]!;
    if (lengthMs > thresholdMs) gaps.push({ fromMs: marks[i - 1]!, toMs: marks[i]!, lengthMs });
  }
  return gaps;
}
