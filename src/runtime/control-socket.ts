/**
 * The control socket while the agent runs: opened once the first routes have had their chance, and
 * again when somebody has removed it.
 */

import type { ControlServer, RequestHandler } from '../control/server.js';
import { PathWatch } from '../host/path-watch.js';
import { libcFault, loadLibc } from '../native/libc.js';
import { someoneListens } from './admission.js';
import type { Emit } from './emit.js';
import type { Log } from './log.js';

/** inotify may be exhausted or late. */
const POLL_MS = 10_000;
/** From one opening to the next; who removes it faster than that has it removed for as long. */
const PAUSE_MS = 1_000;
/** From one event of a series to the next. */
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
  /** What was told last of a socket that cannot be had. */
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
    // Not against another agent: two that take it from each other would go on for ever.
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
        effect: 'kernel events are polled for each second; reload works by SIGHUP only',
      });
    control = startControlServer(path, answer, ({ message }) => {
      // It is tried each second, and a directory that takes nothing says the same each time.
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
  // Where it rejects there is nothing to answer.
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
