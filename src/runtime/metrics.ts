/**
 * The metrics of the running agent: counted all the time, made into text on request, and written
 * to a file by rename, soon after an event and each 30 s, for the textfile collector of
 * node_exporter.
 *
 * Invariant: they never delay a route. No text is made in the turn in which something happened.
 * The thread pool writes the file, one write at a time, and nothing waits for it. The longer the
 * text takes to make, the less often it is made.
 */

import { dirname } from 'node:path';
import { expositionOfNone } from '../metrics/exposition.js';
import { createTally, type Tally } from '../metrics/tally.js';
import { messageOf } from '../model/error.js';
import { VERSION } from '../model/version.js';

export interface Metrics {
  readonly tally: Tally;
  /** Called when something has happened. */
  poke(): void;
  /** The agent is ready: writes the file from now on. */
  begin(text: () => string): void;
  /** Writes a last file that says that no agent runs. */
  close(): void;
}

/** Delay from an event to the file: more events may follow. */
const SOON_MS = 100;
/** Least time between two files. */
const PAUSE_MS = 1_000;
const EVERY_MS = 30_000;
/** The largest share of CPU time for making the text. */
const SHARE = 1 / 200;

/**
 * Without a path nothing is written. `report` is called once when the file cannot be written, and
 * again only after it could be.
 */
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
          if (!failing) report(messageOf(error));
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
    // At most one write waits for a file system that does not answer.
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

/** CPU time of this process: on a busy machine elapsed time would include other processes. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

async function replace(path: string, content: string): Promise<void> {
  // Loaded here: not needed before the routes are in.
  const { chmod, mkdir, rename, writeFile } = await import('node:fs/promises');
  const temporary = `${path}.new`;
  await mkdir(dirname(path), { recursive: true, mode: 0o755 });
  await writeFile(temporary, content);
  // Readable whatever the umask: node_exporter has a user of its own, and the file contains
  // nothing that `ip route` does not show to everyone.
  await chmod(temporary, 0o644);
  await rename(temporary, path);
}
