/**
 * Keeps the heap small beside a long list of destinations. V8 lets garbage grow to several times what is alive before it looks for it, which
 * nobody notices with ten destinations; with a hundred thousand every look and every batch leaves tens of megabytes behind, and the router has
 * better use for them. So the garbage is collected when there is that much of it, at a moment when nothing is under way.
 *
 * Invariant: never between a daemon's word and the routes that it asks for; with a short list nothing is done at all.
 */

import { createRequire } from 'node:module';
import { allBackupRouters, type Config } from '../model/config.js';
import type { State } from '../core/state.js';

/** Destinations from which on it is worth it: a collection takes some 20 ms there, and saves as many megabytes. */
const LONG_LIST = 10_000;
/** Garbage worth a collection, in bytes. */
const WORTH = 16 << 20;

export interface Sweeper {
  /** To be called after each input that was carried out. */
  poke(state: State): void;
}

export interface Heap {
  /** Bytes, garbage included. */
  used(): number;
  collect(): void;
}

export function hasLongList(config: Config): boolean {
  return allBackupRouters(config).reduce((count, { destinations }) => count + destinations.length, 0) >= LONG_LIST;
}

/** After what else waits for the loop to be idle: what is made ready for a death (readiness.ts) leaves the most. */
const afterTheIdle = (run: () => void): void => void setImmediate(() => setImmediate(run));

export function createSweeper(heap: Heap, whenIdle: (run: () => void) => void = afterTheIdle): Sweeper {
  let due = false;
  let alive = 0;
  return {
    poke(state) {
      if (due || state.round.kind === 'applying' || !hasLongList(state.config)) return;
      due = true;
      whenIdle(() => {
        due = false;
        if (heap.used() - alive < WORTH) return;
        heap.collect();
        alive = heap.used();
      });
    },
  };
}

/** V8's own heap. gc() is there for contexts made while the flag is set (v8.setFlagsFromString, vm.runInNewContext). */
export function processHeap(): Heap {
  const require = createRequire(import.meta.url);
  let collect: (() => void) | undefined;
  return {
    used: () => process.memoryUsage().heapUsed,
    collect() {
      if (collect === undefined) {
        const v8 = require('node:v8') as typeof import('node:v8');
        const vm = require('node:vm') as typeof import('node:vm');
        v8.setFlagsFromString('--expose-gc');
        collect = vm.runInNewContext('gc') as () => void;
        v8.setFlagsFromString('--no-expose-gc');
      }
      collect();
    },
  };
}
