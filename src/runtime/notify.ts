/**
 * sd_notify(3): what the agent reports to the service manager that started it.
 *
 * There are two transports: a datagram that the process sends itself through native/libc, and, if
 * that cannot be loaded, the npm package `systemd-notify`, which starts the program of that name in
 * 4 to 8 ms. The package supports only READY and STATUS. Because sd_notify assignments are lines,
 * other assignments are appended to the status text as further lines.
 *
 * Invariants: nothing here throws, blocks or is fatal. Without NOTIFY_SOCKET every call does
 * nothing. What could not be sent yet waits, only the newest value of each kind. Children of the
 * agent never see NOTIFY_SOCKET.
 */

import { createRequire } from 'node:module';
import { messageOf } from '../model/error.js';
import { sendDatagram } from '../native/libc.js';

export interface Notifier {
  /**
   * The interval at which {@link Notifier.watchdog} is to be called: half the manager's timeout
   * (sd_watchdog_enabled(3)); undefined: there is no watchdog.
   */
  readonly watchdogIntervalMs: number | undefined;
  /** The first round is complete. Also ends {@link Notifier.reloading}. */
  ready(): void;
  /** One line for people, shown by `systemctl status`. */
  status(text: string): void;
  /** A round was completed: the agent works and does not merely run. */
  watchdog(): void;
  /** A reload begins; {@link Notifier.ready} ends it. */
  reloading(): void;
  stopping(): void;
}

type Assignments = ReadonlyMap<string, string>;
type Outcome = 'sent' | 'later' | 'use-helper';

/**
 * PID 1 was too busy to empty its queue (EAGAIN, ENOBUFS). A lost READY would fail the start, so
 * it is sent again after this time.
 */
const RETRY_MS = 50;

/**
 * The notifier of this process. Removes NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID from `env`,
 * so that no child can speak for the agent. `report` is called once for each kind of failure.
 */
export function createNotifier(env: NodeJS.ProcessEnv, report: (failure: string) => void = () => {}): Notifier {
  const socket = env['NOTIFY_SOCKET'];
  const watchdogIntervalMs = watchdogInterval(env);
  for (const name of ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID']) delete env[name];
  // Paths and abstract names are AF_UNIX; sd_notify(3) has other kinds (vsock), which services on
  // a host do not get.
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

/**
 * Returns a function that merges assignments into those that wait (undefined: no longer wanted)
 * and sends them as soon as it can.
 */
function createQueue(
  socket: string,
  report: (failure: string) => void,
): (news: Readonly<Record<string, string | undefined>>) => void {
  const waiting = new Map<string, string>();
  let busy = false;
  // The helper always sends a status, so the present one is repeated.
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
  report(`cannot notify the service manager: ${result.code}`);
  return 'sent';
}

interface HelperOptions {
  readonly ready?: true;
  readonly status: string;
}

/**
 * Runs systemd-notify(1) once, which may take seconds (it waits until the manager has read it).
 * Never rejects.
 */
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
    // The package passes the environment of this process at the time of the call to its child.
    process.env['NOTIFY_SOCKET'] = socket;
    const sent = helper(assignments.has('READY') ? { ready: true, status } : { status });
    restore(outside);
    await sent;
  } catch (failure) {
    restore(outside);
    // It rejects with the program's output, a string.
    report(`systemd-notify: ${messageOf(failure)}`);
  }
}

function restore(value: string | undefined): void {
  if (value === undefined) delete process.env['NOTIFY_SOCKET'];
  else process.env['NOTIFY_SOCKET'] = value;
}
