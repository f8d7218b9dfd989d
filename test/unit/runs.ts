/**
 * How much a test tries, and how much of the processor it has had.
 *
 * A function for the properties that take seconds: `runs`. One for the few bounds on time: `cpuSeconds`, which other work on the machine
 * does not lengthen.
 */

/** How many random cases, or how much of anything: all of it in `scripts/test`, a fifth while one works. */
export function runs(all: number): number {
  return process.env['BACKUP_ROUTER_TEST_RUNS'] === 'all' ? all : Math.ceil(all / 5);
}

/** Begins now; the result tells how many seconds of the processor this process has had since. */
export function cpuSeconds(): () => number {
  const before = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1e6;
  };
}
