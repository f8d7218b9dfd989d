/**
 * The record of what awaits its confirmation while the agent runs: of large texts it is written by a thread, and whoever has more to
 * do with it waits for that. A dry run writes nothing.
 */

import { recordAside } from './aside.js';
import { removeUnconfirmed, type Unconfirmed } from './unconfirmed-record.js';

export interface Recorder {
  /** A thread is writing; resolves when it has, and what was to follow has been done. */
  busy(): Promise<unknown> | undefined;
  /** Not while it is busy. What went wrong, or undefined. */
  write(what: Unconfirmed): string | undefined | Promise<string | undefined>;
  /** The same, and what went wrong is told. */
  writeAndTell(what: Unconfirmed, tell: (fault: string) => void): void;
  /** Removes it, not while it is busy; returns what went wrong, or undefined. */
  forget(): string | undefined;
}

export function createRecorder(path: string, dryRun: boolean): Recorder {
  let writing: Promise<unknown> | undefined;
  const write = (what: Unconfirmed): string | undefined | Promise<string | undefined> => {
    if (dryRun) return 'a dry run writes nothing';
    const written = recordAside(path, what);
    if (!(written instanceof Promise)) return written;
    // Who waits comes after what the record was written for.
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
