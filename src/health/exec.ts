/**
 * The health adapter for an operator's command: exit status 0 means alive, anything else dead. It
 * is polled, so a failure is noticed only at the next interval. How the command is run and
 * restricted: host/command.ts. Invariant: at most one runs at a time.
 */

import type { Clock, Timer } from '../host/clock.js';
import { type CommandEnd, runCommand } from '../host/command.js';
import type { ExecDaemon } from '../model/config.js';
import type { Verdict } from '../model/daemon.js';
import { type Adapter, generic, type Watcher } from './adapter.js';

/**
 * Runs the command as `exec/BASENAME`: at once, then every intervalMs, counted from start to
 * start.
 */
export function openExec(spec: ExecDaemon, clock: Clock): Adapter {
  return generic(spec, new ExecWatch(spec, clock));
}

class ExecWatch implements Watcher {
  readonly #spec: ExecDaemon;
  readonly #clock: Clock;
  #listener: (verdict: Verdict) => void = () => undefined;
  #lastOutcome = '';
  #next: Timer | undefined;
  #stop: () => void = () => undefined;
  #closed = false;

  constructor(spec: ExecDaemon, clock: Clock) {
    this.#spec = spec;
    this.#clock = clock;
  }

  start(listener: (verdict: Verdict) => void): void {
    this.#listener = listener;
    this.#run();
  }

  close(): void {
    this.#closed = true;
    this.#next?.cancel();
    this.#stop();
  }

  #run(): void {
    const startedMs = this.#clock.now();
    this.#stop = runCommand(
      { ...this.#spec, output: false },
      this.#clock,
      (end) => this.#onEnd(end),
      () => {
        if (!this.#closed) this.#next = this.#clock.at(startedMs + this.#spec.intervalMs, () => this.#run());
      },
    );
  }

  #onEnd(end: CommandEnd): void {
    // Its standard error may contain a time, so only another outcome is reported.
    const outcome = outcomeOf(end);
    if (outcome === this.#lastOutcome) return;
    this.#lastOutcome = outcome;
    this.#listener(verdictOf(this.#spec, end));
  }
}

function outcomeOf(end: CommandEnd): string {
  switch (end.kind) {
    case 'failed':
      return end.how;
    case 'not-started':
      return end.code;
    case 'succeeded':
    case 'timed-out':
      return end.kind;
    default:
      return end satisfies never;
  }
}

function verdictOf({ command: [file], timeoutMs }: ExecDaemon, end: CommandEnd): Verdict {
  switch (end.kind) {
    case 'succeeded':
      return { kind: 'responsive', reason: `${file} succeeded`, ageMs: undefined };
    case 'failed':
      return { kind: 'down', reason: `${file} ${end.how}${end.said === '' ? '' : `: ${end.said}`}` };
    case 'timed-out':
      return { kind: 'unresponsive', reason: `${file} took longer than ${timeoutMs} ms` };
    case 'not-started':
      return { kind: 'down', reason: `cannot run ${file}: ${end.code}` };
    default:
      return end satisfies never;
  }
}
