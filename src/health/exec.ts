/**
 * The health adapter for a command of the operator: exit status 0 is life, all else is death. Polled, so as slow as its interval.
 *
 * Invariants. Never two at once. No shell. The environment is bare: in particular NOTIFY_SOCKET is not passed, or the command could speak
 * to systemd in our name. Nothing of it outlives its time: it leads a process group of its own, which is killed when it ends
 * or its time is over. It runs with the agent's own user and capabilities.
 */

import { spawn } from 'node:child_process';
import { basename } from 'node:path';
import type { ExecDaemon } from '../model/config.js';
import type { Verdict } from '../model/daemon.js';
import { type Adapter, generic, type Watcher } from './adapter.js';
import type { Clock, Timer } from './clock.js';

const ENVIRONMENT = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C' };
/** Of its standard error. */
const MAX_STDERR_BYTES = 4096;
const MAX_REASON_CHARS = 120;
/** From the end of the command to the end of its standard error. */
const GRACE_MS = 100;

/** Runs the command as `exec/BASENAME`, the first time at once, then every intervalMs from start to start. */
export function openExec(spec: ExecDaemon, clock: Clock): Adapter {
  return generic(`exec/${basename(spec.command[0])}`, spec.routeProtocols, new ExecWatch(spec, clock));
}

/** How one run ended: a word that is the same for the same outcome, and the verdict. */
interface Outcome {
  readonly key: string;
  readonly verdict: Verdict;
}

class ExecWatch implements Watcher {
  readonly #spec: ExecDaemon;
  readonly #clock: Clock;
  #listener: (verdict: Verdict) => void = () => undefined;
  #lastKey = '';
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
    if (this.#next !== undefined) this.#clock.clearTimeout(this.#next);
    this.#stop();
  }

  #run(): void {
    const startedMs = this.#clock.now();
    const done = (): void => {
      const waitMs = Math.max(0, startedMs + this.#spec.intervalMs - this.#clock.now());
      if (!this.#closed) this.#next = this.#clock.setTimeout(() => this.#run(), waitMs);
    };
    this.#stop = runOnce(this.#spec, this.#clock, (outcome) => this.#onOutcome(outcome), done);
  }

  #onOutcome(outcome: Outcome): void {
    // The words of its standard error may hold a time: only another outcome is news.
    if (this.#closed || outcome.key === this.#lastKey) return;
    this.#lastKey = outcome.key;
    this.#listener(outcome.verdict);
  }
}

/** One run: `tell` is called once, `done` once and after it, when the command is gone. Returns what ends it early. */
function runOnce(spec: ExecDaemon, clock: Clock, tell: (outcome: Outcome) => void, done: () => void): () => void {
  const [file, ...args] = spec.command;
  let told = false;
  let finished = false;
  let stderr = '';
  let child: ReturnType<typeof start>;
  try {
    child = start(file, args);
  } catch (error) {
    tell(notStarted(file, (error as NodeJS.ErrnoException).code ?? String(error)));
    done();
    return () => undefined;
  }
  const tellOnce = (outcome: Outcome): void => {
    if (!told) tell(outcome);
    told = true;
  };
  // Told at once, whether or not it can be killed (state D); the next run waits until it is gone.
  const limit = clock.setTimeout(() => {
    tellOnce(tooLong(spec));
    killGroup(child.pid);
  }, spec.timeoutMs);
  let grace: Timer | undefined;
  const finish = (outcome: Outcome): void => {
    if (finished) return;
    finished = true;
    clock.clearTimeout(limit);
    if (grace !== undefined) clock.clearTimeout(grace);
    child.stderr.destroy();
    tellOnce(outcome);
    done();
  };
  child.on('error', (error: NodeJS.ErrnoException) => finish(notStarted(file, error.code ?? error.message)));
  child.stderr.setEncoding('utf8');
  child.stderr.on('data', (text: string) => {
    if (stderr.length < MAX_STDERR_BYTES) stderr += text.slice(0, MAX_STDERR_BYTES - stderr.length);
  });
  child.stderr.on('error', () => undefined);
  child.on('exit', (status, signal) => {
    killGroup(child.pid);
    // Its last words may still be in the pipe, and a grandchild that left the group may hold it open for ever.
    grace = clock.setTimeout(() => finish(ended(file, status, signal, stderr)), GRACE_MS);
  });
  child.on('close', (status, signal) => finish(ended(file, status, signal, stderr)));
  return () => {
    finish({ key: 'closed', verdict: { kind: 'down', reason: 'closed' } });
    killGroup(child.pid);
  };
}

function start(file: string, args: readonly string[]) {
  return spawn(file, args, {
    detached: true,
    cwd: '/',
    env: ENVIRONMENT,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
}

/** kill(2) of the group; ESRCH: nothing is left of it. */
function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    return;
  }
}

function notStarted(file: string, code: string): Outcome {
  return { key: code, verdict: { kind: 'down', reason: `cannot run ${file}: ${code}` } };
}

function tooLong(spec: ExecDaemon): Outcome {
  return {
    key: 'timeout',
    verdict: { kind: 'unresponsive', reason: `${spec.command[0]} took longer than ${spec.timeoutMs} ms` },
  };
}

function ended(file: string, status: number | null, signal: string | null, stderr: string): Outcome {
  if (status === 0) return { key: '0', verdict: { kind: 'responsive', reason: `${file} says so`, ageMs: 0 } };
  const how = status === null ? `was ended by ${signal}` : `exited with ${status}`;
  // Control characters would garble a terminal or the journal.
  const line = (stderr.split('\n').find((text) => text.trim() !== '') ?? '')
    .replace(/[\x00-\x1f\x7f-\x9f]+/g, ' ')
    .trim();
  const why = line === '' ? '' : `: ${line.length > MAX_REASON_CHARS ? `${line.slice(0, MAX_REASON_CHARS)}...` : line}`;
  return { key: how, verdict: { kind: 'down', reason: `${file} ${how}${why}` } };
}
