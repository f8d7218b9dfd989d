/**
 * The referee of one namespace (scripts/bench.d/referee.c), asked over its standard input.
 *
 * What lives here: commands and their answers. What does not: any clock. Every time in a {@link Sighting} was taken in C,
 * by CLOCK_MONOTONIC, in a SCHED_FIFO process. One command at a time.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Namespace } from '../../src/drill/lab/namespace.js';
import { tool } from './tools.js';

/** How many messages of the kernel make a contestant's routes effective. */
export interface Wanted {
  readonly routes: number;
  readonly rules: number;
}

/** What the referee saw from the event (`fromNs`) on. Times are nanoseconds of CLOCK_MONOTONIC, 0 when there was none. */
export interface Sighting {
  /** Everything that was waited for came in time. */
  readonly done: boolean;
  readonly pid: number;
  /** Exit status; 128 + signal; -1 when nothing ended. */
  readonly status: number;
  readonly fromNs: number;
  /** The end of the process that was run. */
  readonly toNs: number;
  readonly firstAddNs: number;
  readonly lastAddNs: number;
  readonly routes: number;
  readonly rules: number;
  readonly firstDelNs: number;
  readonly lastDelNs: number;
  readonly deletions: number;
  /** Additions without their deletion, ever. */
  readonly live: number;
  /** User and system time of the process that has ended. */
  readonly cpuNs: number;
}

const SIGNAL_NUMBER = { SIGKILL: 9, SIGTERM: 15, SIGCONT: 18, SIGSTOP: 19 } as const;
export type Signal = keyof typeof SIGNAL_NUMBER;

/** Milliseconds from the event to the last message that was waited for; undefined when it never came. */
export function toLastMs(sighting: Sighting): number | undefined {
  return sighting.done ? (sighting.lastAddNs - sighting.fromNs) / 1e6 : undefined;
}

/** A running referee; it sees routes of one protocol number, and every rule. */
export class Referee {
  readonly #child: ChildProcess;
  readonly #waiting: ((line: string) => void)[] = [];

  constructor(namespace: Namespace, protocol: number) {
    this.#child = spawn('ip', ['netns', 'exec', namespace.name, tool('referee'), String(protocol)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    createInterface({ input: this.#child.stdout! }).on('line', (line) => this.#waiting.shift()?.(line));
    this.#child.on('exit', () => {
      for (const waiting of this.#waiting.splice(0)) waiting('gone');
    });
  }

  /** Sends the signal; resolves once the wanted messages have been seen, or not. */
  async kill(pid: number, signal: Signal, wanted: Wanted, timeoutMs: number): Promise<Sighting> {
    return this.#ask(['kill', pid, SIGNAL_NUMBER[signal], wanted.routes, wanted.rules, timeoutMs]);
  }

  /** Executes and leaves running; see {@link end}. Words `NAME=VALUE` in front of the file are its environment. */
  async start(argv: readonly string[], wanted: Wanted, timeoutMs: number): Promise<Sighting> {
    return this.#ask(['start', wanted.routes, wanted.rules, timeoutMs, ...argv]);
  }

  /** Executes to the end. */
  async run(argv: readonly string[], timeoutMs = 120_000): Promise<Sighting> {
    return this.#ask(['run', timeoutMs, ...argv]);
  }

  async watch(wanted: Wanted & { readonly deletions: number }, timeoutMs: number): Promise<Sighting> {
    return this.#ask(['watch', wanted.routes, wanted.rules, wanted.deletions, timeoutMs]);
  }

  /** Resolves when nothing of the contestant's is in the kernel any more. */
  async absent(timeoutMs: number): Promise<Sighting> {
    return this.#ask(['absent', timeoutMs]);
  }

  async end(pid: number, signal: Signal): Promise<Sighting> {
    return this.#ask(['end', pid, SIGNAL_NUMBER[signal]]);
  }

  close(): void {
    this.#child.stdin?.end();
  }

  async #ask(words: readonly (string | number)[]): Promise<Sighting> {
    return new Promise((resolve, reject) => {
      this.#waiting.push((line) => {
        const n = line.split(' ').map(Number);
        if (n.length !== 15 || n[1] === -1)
          return reject(new Error(`referee: "${words.join(' ')}" was answered by "${line}"`));
        const at = (i: number): number => n[i]!;
        resolve({
          done: at(1) === 1,
          pid: at(2),
          status: at(3),
          fromNs: at(4),
          toNs: at(5),
          firstAddNs: at(6),
          lastAddNs: at(7),
          routes: at(8),
          rules: at(9),
          firstDelNs: at(10),
          lastDelNs: at(11),
          deletions: at(12),
          live: at(13),
          cpuNs: at(14),
        });
      });
      this.#child.stdin!.write(`${words.join('\t')}\n`);
    });
  }
}
