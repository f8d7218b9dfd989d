/**
 * Work for others in turn: one piece for each of them after the other, and of all together only a
 * share of the time. Between two pieces of work that are too much for one turn of the event loop
 * the loop waits for daemons and kernel alone, so a death is heard before the next piece begins.
 */

export interface Turns {
  /** Puts someone in the queue; the function does one piece of work. */
  add(work: () => void): void;
}

/** Milliseconds of work without a pause; a piece that has begun is finished, and paid for. */
const BUDGET_MS = 1;
/** Of all the time, at the most. */
const SHARE = 1 / 4;
/** A piece that took longer than this was itself interrupted, by a busy machine: that is not paid for. */
const MOST_MS = 3;

export function createTurns(now: () => number = () => performance.now()): Turns {
  let queue: (() => void)[] = [];
  let due = false;
  /** What may be spent; below 0 after a piece that took longer. */
  let credit = BUDGET_MS;
  let countedAt = now();

  const earn = (): void => {
    const at = now();
    credit = Math.min(BUDGET_MS, credit + SHARE * (at - countedAt));
    countedAt = at;
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
    if (due) setTimeout(run, Math.ceil((BUDGET_MS - credit) / SHARE));
  };
  return {
    add(work) {
      queue.push(work);
      if (due) return;
      due = true;
      earn();
      // One that comes alone waits for nothing.
      if (credit > 0) setImmediate(run);
      else setTimeout(run, Math.ceil((BUDGET_MS - credit) / SHARE));
    },
  };
}
