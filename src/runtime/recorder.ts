/**
 * Writes the record of the unconfirmed configuration while the agent runs: large texts are written
 * by a thread, and every other use of the record waits for that. A dry run writes nothing.
 */

import { recordAside } from './aside.js';
import { removeUnconfirmed, type Unconfirmed } from './unconfirmed-record.js';

export interface Recorder {
  /** Set while a thread writes; resolves when it has written and what depended on it is done. */
  busy(): Promise<unknown> | undefined;
  /** Must not be called while it is busy. Returns the error, or undefined. */
  write(what: Unconfirmed): string | undefined | Promise<string | undefined>;
  /** The same; `tell` gets the error. */
  writeAndTell(what: Unconfirmed, tell: (fault: string) => void): void;
  /** Removes the record; must not be called while it is busy. Returns the error, or undefined. */
  forget(): string | undefined;
}

export function createRecorder(path: string, dryRun: boolean): Recorder {
  let writing: Promise<unknown> | undefined;
  const write = (what: Unconfirmed): string | undefined | Promise<string | undefined> => {
    if (dryRun) return 'a dry run writes nothing';
    const written = recordAside(path, what);
    if (!(written instanceof Promise)) return written;
    // Those who wait continue after the caller for whom the record was written.
    writing = written
      .then(() => new Promise(setImmediate))
      .finally(() => {
        writing = undefined;
      });
    return written;
  };
  return {
    busy: () => writing,
    write,
    writeAndTell(what, tell) {
      if (dryRun) return;
      const told = (fault: string | undefined): void => (fault === undefined ? undefined : tell(fault));
      const fault = write(what);
      if (fault instanceof Promise) void fault.then(told);
      else told(fault);
    },
    forget: () => (dryRun ? undefined : removeUnconfirmed(path)),
  };
}
