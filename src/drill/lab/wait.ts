/**
 * Waits for a time, or until a condition is true. A test that sleeps for a fixed time is slow or
 * wrong. One that polls reports what it waited for and what it saw instead.
 */

import { setTimeout as delay } from 'node:timers/promises';
import { inspect } from 'node:util';
import { messageOf } from '../../model/error.js';

interface EventuallyOptions {
  /** The time-out; 20 s by default. */
  readonly timeoutMs?: number;
  /** The interval between two polls; 20 ms by default. */
  readonly intervalMs?: number;
  /** What is waited for; part of the error text. */
  readonly what?: string;
}

type Truthy<T> = Exclude<T, undefined | null | false | 0 | ''>;

/** Resolves after `ms` milliseconds. */
export async function sleep(ms: number): Promise<void> {
  await delay(ms);
}

/**
 * Calls `probe` until it returns a truthy value, and resolves with that value. If `probe` throws,
 * it is called again. Rejects after the time-out with the last value or error.
 */
export async function eventually<T>(probe: () => T | Promise<T>, options: EventuallyOptions = {}): Promise<Truthy<T>> {
  const timeoutMs = options.timeoutMs ?? 20_000;
  const start = performance.now();
  let cause: unknown;
  let seen = '';
  do {
    try {
      const value = await probe();
      if (value) return value as Truthy<T>;
      cause = undefined;
      seen = `last seen: ${inspect(value, { depth: 5 })}`;
    } catch (error) {
      cause = error;
      seen = `last error: ${messageOf(error)}`;
    }
    await sleep(options.intervalMs ?? 20);
  } while (performance.now() - start < timeoutMs);
  throw new Error(`not within ${timeoutMs} ms: ${options.what ?? probe.toString()}; ${seen}`, { cause });
}
