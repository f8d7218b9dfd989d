/**
 * Runs the hooks for one event after the other, each hook once, in the order of their names, with
 * a time limit.
 *
 * Invariants: an event begins only when the one before it is done. Whatever a hook does, and
 * however it fails, the other hooks and the later events still run.
 */

import { systemClock } from '../host/clock.js';
import { type CommandEnd, runCommand } from '../host/command.js';
import type { Event } from '../model/event.js';
import type { HookStatus, HooksStatus } from '../model/hooks.js';
import { type Hook, hooksIn } from './directory.js';
import { type Done, isDone } from './done.js';

interface RunnerOptions {
  readonly directory: string;
  readonly timeoutMs: number;
  readonly environment: (event: Event) => Readonly<Record<string, string>>;
  readonly done: Done;
  /** Must be written durably before it returns. */
  readonly record: (done: Done) => void;
  readonly failed: (hook: string, event: Event, fault: string) => void;
  readonly changed: (status: HooksStatus) => void;
}

export interface Runner {
  add(events: readonly Event[]): void;
  /** Events after this number are wanted. */
  after(): number;
  /** Starts no further hook. Resolves when none is running. */
  stop(): Promise<void>;
}

/** Maximum number of waiting events: as many as the agent's history holds. */
const MAX_WAITING = 1_000;

export function createRunner(options: RunnerOptions): Runner {
  let done = options.done;
  /** The last event that was accepted. */
  let newest: Pick<Done, 'seq' | 'at'> = done;
  let waiting: Event[] = [];
  let leftOut = 0;
  let running: Promise<void> | undefined;
  let stopping = false;
  const known = new Map<string, HookStatus>();

  const tell = (): void => {
    const hooks = hooksIn(options.directory).map(
      ({ name }) => known.get(name) ?? { name, runs: 0, failures: 0, last: null },
    );
    const { directory } = options;
    options.changed({ pid: process.pid, directory, lastEvent: done.seq, waiting: waiting.length, leftOut, hooks });
  };
  const take = (next: Done): void => {
    done = next;
    options.record(done);
  };
  const count = ({ name }: Hook, event: Event, tookMs: number, fault: string | null): void => {
    const before = known.get(name) ?? { runs: 0, failures: 0 };
    known.set(name, {
      name,
      runs: before.runs + 1,
      failures: before.failures + (fault === null ? 0 : 1),
      last: { at: new Date().toISOString(), event: event.seq, kind: event.kind, tookMs, fault },
    });
    if (fault !== null) options.failed(name, event, fault);
    tell();
  };
  const handle = async (event: Event): Promise<void> => {
    const begun = done.under?.seq === event.seq ? [...done.under.begun] : [];
    const env = options.environment(event);
    for (const hook of hooksIn(options.directory)) {
      if (begun.includes(hook.name)) continue;
      if (stopping) return;
      begun.push(hook.name);
      take({ ...done, under: { seq: event.seq, begun: [...begun] } });
      const from = performance.now();
      const fault = faultOf(await run(hook, env, options.timeoutMs), options.timeoutMs);
      count(hook, event, Math.round(performance.now() - from), fault);
    }
    take({ seq: event.seq, at: event.at, under: undefined });
  };
  const work = async (): Promise<void> => {
    while (!stopping && waiting.length > 0) await handle(waiting.shift()!);
    running = undefined;
    tell();
  };

  tell();
  return {
    add(events) {
      for (const event of events) {
        if (isDone(newest, event)) continue;
        newest = { seq: event.seq, at: event.at };
        waiting.push(event);
      }
      if (waiting.length > MAX_WAITING) {
        leftOut += waiting.length - MAX_WAITING;
        waiting = waiting.slice(-MAX_WAITING);
      }
      if (!stopping && waiting.length > 0) running ??= work();
    },
    after: () => newest.seq,
    async stop() {
      stopping = true;
      await running;
    },
  };
}

function run({ path }: Hook, env: Readonly<Record<string, string>>, timeoutMs: number): Promise<CommandEnd> {
  return new Promise((resolve) => {
    runCommand(
      { command: [path], timeoutMs, output: false, env, confined: false },
      systemClock,
      resolve,
      () => undefined,
    );
  });
}

function faultOf(end: CommandEnd, timeoutMs: number): string | null {
  switch (end.kind) {
    case 'succeeded':
      return null;
    case 'failed':
      return end.said === '' ? end.how : `${end.how}: ${end.said}`;
    case 'timed-out':
      return `was killed after ${timeoutMs} ms`;
    case 'not-started':
      return `cannot be started: ${end.code}`;
    default:
      return end satisfies never;
  }
}
