/**
 * The metrics while the agent runs: counted all along, made into text when somebody asks, and written to a file soon after something
 * has happened and each 30 s, by rename, for the textfile collector of node_exporter.
 *
 * Invariant: never in the way of a route. Nothing is made in the turn in which something happened; the file is written by the thread
 * pool, one write at a time, and not waited for; the more a text costs, the rarer it is made.
 */

import { dirname } from 'node:path';
import { expositionOfNone } from '../metrics/exposition.js';
import { createTally, type Tally } from '../metrics/tally.js';
import { VERSION } from '../model/version.js';

export interface Metrics {
  readonly tally: Tally;
  /** Something has happened. */
  poke(): void;
  /** The agent is ready: from now on the file is written. */
  begin(text: () => string): void;
  /** The file tells from now on that there is no agent. */
  close(): void;
}

/** From something that happened to the file: more of it may come. */
const SOON_MS = 100;
/** Between two files, at the least. */
const PAUSE_MS = 1_000;
const EVERY_MS = 30_000;
/** Making the text takes at most this part of the time of a processor. */
const SHARE = 1 / 200;

/** Without a path nothing is written. `report` hears once that it cannot be, until it can again. */
export function createMetrics(
  agent: string | undefined,
  path: string | undefined,
  report: (failure: string) => void,
): Metrics {
  const tally = createTally();
  let text: (() => string) | undefined;
  let timer: NodeJS.Timeout | undefined;
  let due = Number.POSITIVE_INFINITY;
  let notBefore = 0;
  let writing = Promise.resolve();
  let busy = false;
  let failing = false;

  const put = (content: string): void => {
    if (path === undefined) return;
    busy = true;
    writing = writing
      .then(() => replace(path, content))
      .then(
        () => {
          failing = false;
        },
        (error: unknown) => {
          if (!failing) report(error instanceof Error ? error.message : String(error));
          failing = true;
        },
      )
      .finally(() => {
        busy = false;
      });
  };
  const arm = (at: number): void => {
    const when = Math.max(at, notBefore);
    if (when >= due) return;
    due = when;
    clearTimeout(timer);
    timer = setTimeout(write, Math.max(0, when - performance.now())).unref();
  };
  const write = (): void => {
    if (text === undefined) return;
    const before = cpuMs();
    due = Number.POSITIVE_INFINITY;
    // A file system that does not answer has one write waiting, and no more.
    if (!busy) put(text());
    const now = performance.now();
    notBefore = now + Math.max(PAUSE_MS, (cpuMs() - before) / SHARE);
    arm(Math.min(tally.settlesAt() ?? Number.POSITIVE_INFINITY, now + EVERY_MS));
  };
  return {
    tally,
    poke() {
      if (text !== undefined) arm(performance.now() + SOON_MS);
    },
    begin(made) {
      if (path === undefined) return;
      text = made;
      arm(performance.now() + SOON_MS);
    },
    close() {
      clearTimeout(timer);
      if (text !== undefined) put(expositionOfNone(VERSION, agent));
      text = undefined;
    },
  };
}

/** Of this process: on a busy machine the time of day would tell of others. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

async function replace(path: string, content: string): Promise<void> {
  // Not needed before the routes are in.
  const { chmod, mkdir, rename, writeFile } = await import('node:fs/promises');
  const temporary = `${path}.new`;
  await mkdir(dirname(path), { recursive: true, mode: 0o755 });
  await writeFile(temporary, content);
  // Whatever the umask: node_exporter has a user of its own, and here is nothing that `ip route` does not tell everybody.
  await chmod(temporary, 0o644);
  await rename(temporary, path);
}
