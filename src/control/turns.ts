/**
 * Work for others in turn: one piece for each of them after the other, and only so much in one turn
 * of the event loop, however many wait. Between two turns the loop hears of daemons and kernel.
 */

export interface Turns {
  /** Puts someone in the queue; the function does one piece of work. */
  add(work: () => void): void;
}

/** Milliseconds of work in one turn of the loop; a piece that has begun is finished. */
const BUDGET_MS = 2;

export function createTurns(now: () => number = () => performance.now()): Turns {
  let queue: (() => void)[] = [];
  let due = false;

  const run = (): void => {
    const until = now() + BUDGET_MS;
    let done = 0;
    while (done < queue.length && (done === 0 || now() < until)) queue[done++]!();
    queue = queue.slice(done);
    due = queue.length > 0;
    if (due) setImmediate(run);
  };
  return {
    add(work) {
      queue.push(work);
      if (!due) setImmediate(run);
      due = true;
    },
  };
}
