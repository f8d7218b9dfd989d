/** Feeds one target with its corpus and with inputs made of it. */

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { dice } from '../scenario/random/dice.js';
import { mutated } from './mutate.js';
import type { Target } from './targets.js';

/** Of the sources: the compiler copies none. */
const CORPUS = fileURLToPath(new URL('../../../test/fuzz/corpus/', import.meta.url));
/** No reader may take longer over one input, milliseconds of the processor. */
const SLOW_MS = 2_000;

export interface Fault {
  readonly input: Buffer;
  readonly message: string;
}

export function corpusOf({ name }: Target): readonly { readonly file: string; readonly bytes: Buffer }[] {
  return readdirSync(join(CORPUS, name))
    .sort()
    .map((file) => ({ file, bytes: readFileSync(join(CORPUS, name, file)) }));
}

export function faultOf({ run }: Target, input: Buffer): Fault | undefined {
  const from = process.cpuUsage();
  const frames = Error.stackTraceLimit;
  try {
    // Most inputs are refused by an error, and its stack costs more than the rest of it.
    Error.stackTraceLimit = 0;
    run(input);
  } catch (error) {
    Error.stackTraceLimit = frames;
    return { input, message: withStack(run, input, error) };
  } finally {
    Error.stackTraceLimit = frames;
  }
  const { user } = process.cpuUsage(from);
  return user > 1000 * SLOW_MS ? { input, message: `took ${Math.round(user / 1000)} ms` } : undefined;
}

/** The same again, with all words. */
function withStack(run: Target['run'], input: Buffer, first: unknown): string {
  let error = first;
  try {
    run(input);
  } catch (again) {
    error = again;
  }
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** Feeds so many inputs from a seed; the faults, of each kind one. */
export function fuzz(target: Target, seed: number, inputs: number): readonly Fault[] {
  const d = dice(seed);
  const corpus = corpusOf(target).map(({ bytes }) => bytes);
  const words = target.words.map((word) => Buffer.from(word));
  const faults = new Map<string, Fault>();
  for (let i = 0; i < inputs; i++) {
    const fault = faultOf(target, mutated(d, corpus, words));
    if (fault !== undefined) faults.set(kindOf(fault), fault);
  }
  return [...faults.values()];
}

/** Without the numbers. */
function kindOf({ message }: Fault): string {
  return message
    .split('\n')
    .slice(0, 2)
    .join(' ')
    .replace(/[0-9a-f.:]*\d[0-9a-f.:]*/g, '#');
}

/** Keeps an input that a reader failed on. */
export function keep({ name }: Target, { input, message }: Fault): string {
  mkdirSync(join(CORPUS, name), { recursive: true });
  let hash = 0;
  for (const byte of input) hash = (Math.imul(hash, 31) + byte) >>> 0;
  const path = join(CORPUS, name, `failed-${hash.toString(16)}`);
  writeFileSync(path, input);
  return `${path}: ${message.split('\n').slice(0, 6).join('\n')}`;
}
