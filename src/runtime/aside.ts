/**
 * Reads a large configuration, and writes its copies, in a thread: a Junos text of 100,000 lines
 * takes more than half a second, in which no death would be noticed. A small one takes less time
 * than the start of a thread.
 *
 * Invariant: if no thread can be started, the work is done here.
 */

import { statSync } from 'node:fs';
import { extname, join } from 'node:path';
import { partsOf } from '../config/files.js';
import type { JunosHints } from '../config/junos/read.js';
import { type LoadedConfig, loadConfig } from '../config/load.js';
import { writeLastKnownGood } from './last-known-good.js';
import { type Unconfirmed, writeUnconfirmed } from './unconfirmed-record.js';

export type Task =
  | { readonly kind: 'load'; readonly path: string; readonly hints: JunosHints }
  | { readonly kind: 'keep'; readonly path: string; readonly text: string }
  | { readonly kind: 'record'; readonly path: string; readonly what: Unconfirmed };

/** A text of this size is parsed in some milliseconds. */
const LARGE_BYTES = 16_384;

/** Like {@link loadConfig}. Never rejects because of the file. */
export async function loadAside(path: string, hints: JunosHints): Promise<LoadedConfig> {
  const large = [path, ...partsOf(path).names].map(sizeOf).reduce((a, b) => a + b) > LARGE_BYTES;
  const task: Task = { kind: 'load', path, hints };
  return large ? inThread<LoadedConfig>(task).catch(() => loadConfig(path, hints)) : loadConfig(path, hints);
}

function sizeOf(path: string): number {
  const found = statSync(path, { throwIfNoEntry: false });
  return found?.isFile() === true ? found.size : 0;
}

let keeping: Promise<void> = Promise.resolve();

/**
 * Like {@link writeLastKnownGood}; `tell` gets the error. Writes run one after the other, so the
 * last text remains.
 */
export function keepAside(path: string, text: string, tell: (fault: string) => void): void {
  const told = (fault: string | undefined): void => (fault === undefined ? undefined : tell(fault));
  if (text.length <= LARGE_BYTES) return told(writeLastKnownGood(path, text));
  keeping = keeping
    .then(() => inThread<string | undefined>({ kind: 'keep', path, text }))
    .catch(() => writeLastKnownGood(path, text))
    .then(told);
}

/** Like {@link writeUnconfirmed}; returns a promise when the texts are large. */
export function recordAside(path: string, what: Unconfirmed): string | undefined | Promise<string | undefined> {
  if (what.text.length + what.former.length <= LARGE_BYTES) return writeUnconfirmed(path, what);
  return inThread<string | undefined>({ kind: 'record', path, what }).catch(() => writeUnconfirmed(path, what));
}

async function inThread<T>(task: Task): Promise<T> {
  const { Worker } = await import('node:worker_threads');
  const file = join(import.meta.dirname, `thread${extname(import.meta.filename)}`);
  return new Promise((resolve, reject) => {
    const worker = new Worker(file, { workerData: task });
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', () => reject(new Error('the thread has ended')));
    worker.unref();
  });
}
