/**
 * The control socket of the running agent: opened after the first routes, and again when the
 * socket file is removed.
 */

import type { ControlServer, RequestHandler } from '../control/server.js';
import { PathWatch } from '../host/path-watch.js';
import { libcFault, loadLibc } from '../native/libc.js';
import { someoneListens } from './admission.js';
import type { Emit } from './emit.js';
import type { Log } from './log.js';

/** inotify may be exhausted or late. */
const POLL_MS = 10_000;
/** Least time between two openings: a socket that is removed more often stays away for as long. */
const PAUSE_MS = 1_000;
/** Least time between two events about it. */
const TELL_MS = 60_000;

export function openControl(
  begun: Promise<void>,
  path: string,
  answer: RequestHandler,
  { log, emit }: { readonly log: Log; readonly emit: Emit },
): { close(): void } {
  let control: ControlServer | undefined;
  let watch: PathWatch | undefined;
  let poll: NodeJS.Timeout | undefined;
  let pause: NodeJS.Timeout | undefined;
  let closed = false;
  let asking = false;
  let renewals = 0;
  let told = Number.NEGATIVE_INFINITY;
  let foreign = false;
  /** The last error that was logged. */
  let fault: string | undefined;

  const tell = (): void => {
    renewals++;
    if (performance.now() - told < TELL_MS) return;
    told = performance.now();
    emit({
      kind: 'control-socket-renewed',
      what: `${path} was removed${renewals === 1 ? '' : `, ${renewals} times since the start`}`,
    });
  };
  const renew = async (): Promise<void> => {
    if (control === undefined || control.present() || asking) return;
    asking = true;
    // If another agent has the socket, it is left alone: two agents would take it from each other
    // for ever.
    const taken = await someoneListens(path).catch(() => false);
    asking = false;
    if (closed || control.present()) return;
    if (taken && !foreign)
      log('error', 'another-agent', {
        socket: path,
        effect: 'status and orders go to that one',
        remedy: 'stop one of them',
      });
    foreign = taken;
    if (taken) return;
    control.renew();
    if (!control.present()) return;
    fault = undefined;
    tell();
  };
  const look = (): void => {
    if (closed || pause !== undefined || control?.present() !== false) return;
    pause = setTimeout(() => {
      pause = undefined;
      look();
    }, PAUSE_MS).unref();
    void renew();
  };

  const open = async (): Promise<void> => {
    const { startControlServer } = await import('../control/server.js');
    if (closed) return;
    if (loadLibc() === undefined)
      log('warning', 'no-koffi', {
        message: libcFault(),
        effect: 'the kernel is polled each second for events; reload works by SIGHUP only',
      });
    control = startControlServer(path, answer, ({ message }) => {
      // It is retried each second, and the error of a directory that cannot be written stays the
      // same.
      if (message === fault) return;
      fault = message;
      log('warning', 'control-socket', { message, effect: 'no status; reload by SIGHUP only' });
    });
    watch = new PathWatch(path, look);
    poll = setInterval(() => {
      watch?.rearm();
      look();
    }, POLL_MS).unref();
  };
  // If it rejects, there is nothing to answer.
  void begun.then(open, () => undefined);
  return {
    close() {
      closed = true;
      clearInterval(poll);
      clearTimeout(pause);
      watch?.close();
      control?.close();
    },
  };
}
