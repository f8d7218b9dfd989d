/**
 * Catches the exceptions of everything that is not the core: control socket, history, records,
 * notifier, role sources. They are reported and counted, and the agent goes on. A bug of the core
 * is different: its state cannot be trusted, so the process ends, the routes stay, and the next
 * process reads the kernel again.
 */

import { messageOf } from '../model/error.js';

interface Net {
  /** Runs the function; what it throws is caught. */
  aside(run: () => void): void;
  /** Reports and counts an error as if it had been caught here. */
  caught(error: unknown): void;
  /** How many errors were caught. */
  count(): number;
  close(): void;
}

interface NetOptions {
  /** Called for each error that differs from the one before. */
  readonly tell: (error: unknown, count: number) => void;
  /** Called when there were so many errors in a short time that a restart is better. */
  readonly giveUp: (error: unknown) => void;
  readonly now?: () => number;
}

/**
 * More than TOO_MANY errors in this time are too many: a bug that comes with each packet would use
 * up the CPU.
 */
const WINDOW_MS = 60_000;
const TOO_MANY = 1_000;
/** The same error is reported again after this time. */
const SAME_MS = 60_000;

/** Installs the handler: from now on uncaught exceptions and rejected promises end here. */
export function spreadNet({ tell, giveUp, now = () => performance.now() }: NetOptions): Net {
  let count = 0;
  let inWindow = 0;
  let windowAt = Number.NEGATIVE_INFINITY;
  let last: { readonly message: string; readonly at: number } | undefined;

  const caught = (error: unknown): void => {
    const at = now();
    count++;
    if (at - windowAt > WINDOW_MS) {
      windowAt = at;
      inWindow = 0;
    }
    if (++inWindow > TOO_MANY) return giveUp(error);
    const message = messageOf(error);
    if (last?.message === message && at - last.at < SAME_MS) return;
    last = { message, at };
    try {
      tell(error, count);
    } catch {
      // Reporting has failed itself; it is only counted.
      count++;
    }
  };
  process.on('uncaughtException', caught);
  return {
    aside(run) {
      try {
        run();
      } catch (error) {
        caught(error);
      }
    },
    caught,
    count: () => count,
    close: () => void process.off('uncaughtException', caught),
  };
}
