/**
 * Shares the event loop among clients: one piece of work for each in turn, and for all together
 * only a share of the time. Between pieces that are too much for one turn of the event loop, the
 * loop handles daemons and the kernel, so that a death is heard before the next piece begins.
 */

export interface Turns {
  /** Queues a piece of work. */
  add(work: () => void): void;
}

/**
 * Milliseconds of work without a pause; a piece that has begun is finished, and its time is
 * charged.
 */
const BUDGET_MS = 1;
/** The largest share of all time. */
const SHARE = 1 / 4;
/**
 * At most this many milliseconds are charged: a piece that took longer was interrupted by other
 * work on the machine.
 */
const MOST_MS = 3;

export function createTurns(now: () => number = () => performance.now()): Turns {
  let queue: (() => void)[] = [];
  let due = false;
  /** Milliseconds that may be used now; negative after a piece that took longer. */
  let credit = BUDGET_MS;
  let countedAt = now();

  const earn = (): void => {
    const at = now();
    credit = Math.min(BUDGET_MS, credit + SHARE * (at - countedAt));
    countedAt = at;
  };
  /** Once the whole budget is there again. */
  const runLater = (): void => {
    setTimeout(run, Math.ceil((BUDGET_MS - credit) / SHARE));
  };
  const run = (): void => {
    earn();
    const from = now();
    let done = 0;
    while (done < queue.length && (done === 0 || now() - from < credit)) queue[done++]!();
    queue = queue.slice(done);
    credit -= Math.min(MOST_MS, now() - from);
    countedAt = now();
    due = queue.length > 0;
    if (due) runLater();
  };
  return {
    add(work) {
      queue.push(work);
      if (due) return;
      due = true;
      earn();
      // A single piece does not wait.
      if (credit > 0) setImmediate(run);
      else runLater();
    },
  };
}
