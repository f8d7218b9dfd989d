/** What aside.ts has done in a thread of its own: an entry of its own (scripts/lib/bundle.mjs), and nothing else may import it. */

import { parentPort, workerData } from 'node:worker_threads';
import { loadConfig } from '../config/load.js';
import type { Task } from './aside.js';
import { writeLastKnownGood } from './last-known-good.js';

const task = workerData as Task;
parentPort?.postMessage(
  task.kind === 'load' ? loadConfig(task.path, task.hints) : writeLastKnownGood(task.path, task.text),
);
