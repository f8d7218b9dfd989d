/**
 * The thread that does the work of aside.ts: an entry point of its own (scripts/lib/bundle.mjs),
 * which nothing else may import.
 */

import { parentPort, workerData } from 'node:worker_threads';
import { loadConfig } from '../config/load.js';
import type { Task } from './aside.js';
import { writeLastKnownGood } from './last-known-good.js';
import { writeUnconfirmed } from './unconfirmed-record.js';

const task = workerData as Task;
parentPort?.postMessage(done(task));

function done(what: Task): unknown {
  switch (what.kind) {
    case 'load':
      return loadConfig(what.path, what.hints);
    case 'keep':
      return writeLastKnownGood(what.path, what.text);
    case 'record':
      return writeUnconfirmed(what.path, what.what);
    default:
      return what satisfies never;
  }
}
