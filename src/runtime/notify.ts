/**
 * sd_notify(3): what the agent tells the service manager that started it.
 *
 * Two transports, one notifier: a datagram sent by the process itself through native/libc, and where that cannot load the
 * npm package `systemd-notify`, which starts the program of that name (fact N7). It knows READY and STATUS only, but
 * sd_notify assignments are lines, so whatever else is due rides behind the status text as further lines.
 * Invariants: nothing here throws, blocks or is fatal. Without NOTIFY_SOCKET every call does nothing. What could not be
 * sent yet waits, the newest value of each kind only. Children of the agent never see NOTIFY_SOCKET.
 */

import { createRequire } from 'node:module';
import { sendDatagram } from '../native/libc.js';

export interface Notifier {
  /** How often {@link Notifier.watchdog} wants to be called: half the manager's timeout (sd_watchdog_enabled(3)); undefined: it keeps no watchdog. */
  readonly watchdogIntervalMs: number | undefined;
  /** The first round is complete; also ends what {@link Notifier.reloading} began. */
  ready(): void;
  /** One line for people, shown by `systemctl status`. */
  status(text: string): void;
  /** A round was completed: the agent does its work, rather than merely run. */
  watchdog(): void;
  /** A reload begins; {@link Notifier.ready} ends it. */
  reloading(): void;
  stopping(): void;
}

type Assignments = ReadonlyMap<string, string>;
type Outcome = 'sent' | 'later' | 'use-helper';

/** PID 1 was too busy to empty its queue (EAGAIN, ENOBUFS), so a lost READY would cost the start: ask again this soon. */
const RETRY_MS = 50;

/**
 * The notifier of this process. Takes NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID out of `env`, so that no child can
 * speak in the agent's name. `report` hears once of each kind of failure.
 */
export function createNotifier(env: NodeJS.ProcessEnv, report: (failure: string) => void = () => {}): Notifier {
  const socket = env['NOTIFY_SOCKET'];
  const watchdogIntervalMs = watchdogInterval(env);
  for (const name of ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID']) delete env[name];
  // Paths and abstract names are AF_UNIX; sd_notify(3) knows further kinds (vsock) that no service on a host is given.
  if (socket === undefined || !/^[/@]./.test(socket)) return SILENT;

  const queue = createQueue(socket, reportOnce(report));
  return {
    watchdogIntervalMs,
    ready: () => queue({ READY: '1', RELOADING: undefined, MONOTONIC_USEC: undefined }),
    status: (text) => queue({ STATUS: text.replace(/\s+/g, ' ').trim() }),
    watchdog: () => queue({ WATCHDOG: '1' }),
    reloading: () =>
      queue({ RELOADING: '1', MONOTONIC_USEC: String(process.hrtime.bigint() / 1000n), READY: undefined }),
    stopping: () => queue({ STOPPING: '1', READY: undefined, RELOADING: undefined, MONOTONIC_USEC: undefined }),
  };
}

const nothing = (): void => {};
const SILENT: Notifier = {
  watchdogIntervalMs: undefined,
  ready: nothing,
  status: nothing,
  watchdog: nothing,
  reloading: nothing,
  stopping: nothing,
};

/** sd_watchdog_enabled(3): WATCHDOG_USEC counts only for the process that WATCHDOG_PID names, if it names one. */
function watchdogInterval(env: NodeJS.ProcessEnv): number | undefined {
  const usec = env['WATCHDOG_USEC'] ?? '';
  const pid = env['WATCHDOG_PID'];
  if (!/^[1-9][0-9]*$/.test(usec) || (pid !== undefined && pid !== String(process.pid))) return undefined;
  return Number(usec) / 2000;
}

function reportOnce(report: (failure: string) => void): (failure: string) => void {
  const said = new Set<string>();
  return (failure) => {
    if (said.has(failure)) return;
    said.add(failure);
    report(failure);
  };
}

/** A function that merges assignments into what waits (undefined: no longer wanted) and sends as soon as it can. */
function createQueue(
  socket: string,
  report: (failure: string) => void,
): (news: Readonly<Record<string, string | undefined>>) => void {
  const waiting = new Map<string, string>();
  let busy = false;
  // The helper cannot leave the status out, so the one that stands is said again.
  let status = '';

  const flush = (): void => {
    if (busy || waiting.size === 0) return;
    const outcome = sendItself(socket, waiting, report);
    if (outcome === 'later') {
      busy = true;
      setTimeout(() => {
        busy = false;
        flush();
      }, RETRY_MS).unref();
      return;
    }
    const assignments = new Map(waiting);
    waiting.clear();
    if (outcome === 'sent') return;
    busy = true;
    status = assignments.get('STATUS') ?? status;
    void sendByHelper(socket, status, assignments, report).finally(() => {
      busy = false;
      flush();
    });
  };

  return (news) => {
    for (const [name, value] of Object.entries(news)) {
      waiting.delete(name);
      if (value !== undefined) waiting.set(name, value);
    }
    flush();
  };
}

function sendItself(socket: string, assignments: Assignments, report: (failure: string) => void): Outcome {
  const text = [...assignments].map(([name, value]) => `${name}=${value}`).join('\n');
  const result = sendDatagram(socket, Buffer.from(text));
  if (result.ok) return 'sent';
  if (result.code === 'ENOSYS') return 'use-helper';
  if (result.code === 'EAGAIN' || result.code === 'ENOBUFS') return 'later';
  report(`the service manager cannot be told: ${result.code}`);
  return 'sent';
}

interface HelperOptions {
  readonly ready?: true;
  readonly status: string;
}

/** One run of systemd-notify(1), which may take seconds (it waits for the manager to have read it). Never rejects. */
async function sendByHelper(
  socket: string,
  shown: string,
  assignments: Assignments,
  report: (failure: string) => void,
): Promise<void> {
  const others = [...assignments]
    .filter(([name]) => name !== 'READY' && name !== 'STATUS')
    .map(([name, value]) => `${name}=${value}`);
  const status = [shown, ...others].join('\n');
  const outside = process.env['NOTIFY_SOCKET'];
  try {
    const helper = createRequire(import.meta.filename)('systemd-notify') as (
      options: HelperOptions,
    ) => Promise<unknown>;
    // The package hands its child the environment of this process, as it is at the moment of the call.
    process.env['NOTIFY_SOCKET'] = socket;
    const sent = helper(assignments.has('READY') ? { ready: true, status } : { status });
    restore(outside);
    await sent;
  } catch (failure) {
    restore(outside);
    // It rejects with what the program printed, a string.
    report(`systemd-notify: ${failure instanceof Error ? failure.message : String(failure)}`);
  }
}

function restore(value: string | undefined): void {
  if (value === undefined) delete process.env['NOTIFY_SOCKET'];
  else process.env['NOTIFY_SOCKET'] = value;
}
