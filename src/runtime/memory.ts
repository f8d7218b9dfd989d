/**
 * Keeps the heap small beside a long list of destinations. V8 lets garbage grow to several times what is alive before it looks for it, which
 * nobody notices with ten destinations; with a hundred thousand every look and every batch leaves tens of megabytes behind, and the router has
 * better use for them. So the garbage is collected when there is that much of it, at a moment when nothing is under way; and the space for
 * young objects, which V8 lets grow to 32 MB and seldom takes back, stays as it is at start.
 *
 * Invariant: never between a daemon's word and the routes that it asks for; with a short list nothing is done at all.
 */

import { statSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { State } from '../core/state.js';
import { allBackupRouters, type Config } from '../model/config.js';

/** Destinations from which on it is worth it: a collection takes some 20 ms there, and saves as many megabytes. */
const LONG_LIST = 10_000;
/** Garbage worth a collection, in bytes. */
const WORTH = 16 << 20;
/** Bytes of a configuration file that may hold a long list: the shortest item is `- 1.0.0.0/8`. */
const LONG_FILE = 10 * LONG_LIST;
/** V8 takes nothing below 2 on its command line, and 1 at run time: then the semi-spaces keep their size (NewSpace::Grow in src/heap/new-spaces.cc). */
const YOUNG_STAYS_SMALL = '--semi-space-growth-factor=1';

const require = createRequire(import.meta.url);
const loadV8 = (): typeof import('node:v8') => require('node:v8') as typeof import('node:v8');

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

/** To be called before the configuration is read: reading a long one is what makes the heap grow first. */
export function expectConfig(file: string): void {
  let size = 0;
  try {
    size = statSync(file).size;
  } catch {
    // Who reads the file tells what is wrong with it.
  }
  if (size >= LONG_FILE) loadV8().setFlagsFromString(YOUNG_STAYS_SMALL);
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
  let collect: (() => void) | undefined;
  return {
    used: () => process.memoryUsage().heapUsed,
    collect() {
      if (collect === undefined) {
        const v8 = loadV8();
        const vm = require('node:vm') as typeof import('node:vm');
        v8.setFlagsFromString('--expose-gc');
        collect = vm.runInNewContext('gc') as () => void;
        v8.setFlagsFromString('--no-expose-gc');
        // The long list may have come by a reload.
        v8.setFlagsFromString(YOUNG_STAYS_SMALL);
      }
      collect();
    },
  };
}
