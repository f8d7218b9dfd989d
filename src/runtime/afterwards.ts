/**
 * What can wait until the first routes are on their way: log lines, the journal, what is told. Calls are kept in the order in which they came,
 * whatever their function, and made when `begun` resolves or the process ends, whichever is first; from then on at once.
 *
 * Invariant: no call is lost and none overtakes another. What waits must not be needed for a route, nor answer anything.
 */

export type Afterwards = <Args extends readonly unknown[]>(call: (...args: Args) => void) => (...args: Args) => void;

export function createAfterwards(begun: Promise<void>): Afterwards {
  let waiting: (() => void)[] | undefined = [];
  const flush = (): void => {
    process.off('exit', flush);
    const calls = waiting ?? [];
    // What one of them calls comes at once, before the next of them.
    waiting = undefined;
    for (const call of calls) call();
  };
  process.on('exit', flush);
  void begun.then(flush);
  return (call) =>
    (...args) => {
      if (waiting === undefined) call(...args);
      else waiting.push(() => call(...args));
    };
}

/** Nothing has to wait. */
export const atOnce: Afterwards = (call) => call;
