/**
 * The net under everything that is not the core: control socket, history, records, notifier, sources
 * of the role. What throws there is told and counted, and the agent goes on. A bug of the core is
 * another matter: its memory cannot be trusted, so the process ends, the routes stay, and the next
 * one looks at the kernel anew.
 */

export interface Net {
  /** Runs the function; what it throws is caught. */
  aside(run: () => void): void;
  /** Told and counted, as if it had been caught here. */
  caught(error: unknown): void;
  /** How much has been caught. */
  count(): number;
  close(): void;
}

export interface NetOptions {
  /** Hears of each fault that is not the same as the one before. */
  readonly tell: (error: unknown, count: number) => void;
  /** So much has been caught in so short a time that a new process is the better agent. */
  readonly giveUp: (error: unknown) => void;
  readonly now?: () => number;
}

/** Faults in this time are too many; a bug that comes with each packet would eat the CPU. */
const WINDOW_MS = 60_000;
const TOO_MANY = 1_000;
/** The same fault is told again after this time. */
const SAME_MS = 60_000;

/** Spreads the net: from now on an exception that nobody catches ends here, a rejected promise too. */
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
      // What tells has a fault itself; the number tells of that.
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

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
