/**
 * The history on disk: JSON lines in the state directory, in two files of a bounded size, of which the older is dropped.
 *
 * Written in batches, by the thread pool, never more than one write at a time and never waited for: a disk that is full, read-only or hangs
 * costs history and nothing else, and is told of once. Half a line that a crash left is cut off before the next one is written.
 */

import type { FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { readBounded } from '../host/small-file.js';
import type { Event } from '../model/event.js';

export interface HistoryFile {
  append(event: Event): void;
  /** Lets what waits be written without the pause between batches. */
  close(): void;
}

/** Each of the two files has at most this size, in bytes. */
const MAX_BYTES = 256 * 1024;
/** A file of ours may have one batch more than that; a larger one is not ours. */
const MAX_READ_BYTES = 4 * MAX_BYTES;
/** Read at once in search of its end. */
const TAIL_BYTES = 65_536;
/** Between two batches: spares flash memory when much happens. */
const PAUSE_MS = 200;
/** Events that wait for a disk that does not answer; older ones are dropped. */
const MAX_WAITING = 1_000;

export function olderOf(path: string): string {
  return `${path}.1`;
}

/** Everything that is there and makes sense, oldest first. Throws what reading throws, except that there is no file. */
export function readHistory(path: string): readonly Event[] {
  return [olderOf(path), path].flatMap((file) => textOf(file).split('\n').flatMap(eventIn));
}

function textOf(file: string): string {
  try {
    return readBounded(file, MAX_READ_BYTES);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}

function eventIn(line: string): readonly Event[] {
  if (line === '') return [];
  try {
    const value = JSON.parse(line) as Partial<Event> | null;
    const sound =
      typeof value === 'object' &&
      Number.isSafeInteger(value?.seq) &&
      typeof value?.kind === 'string' &&
      !Number.isNaN(Date.parse(value.at ?? ''));
    return sound ? [value as Event] : [];
  } catch {
    return [];
  }
}

/** `report` hears once that the history is not kept, until it is again. */
export function openHistoryFile(path: string, report: (failure: string) => void, maxBytes = MAX_BYTES): HistoryFile {
  const waiting: string[] = [];
  let busy = false;
  let closing = false;
  let failing = false;
  let wake: (() => void) | undefined;
  // A life before this one, or a write that failed, may have left half a line.
  let torn = true;

  const pause = (): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, PAUSE_MS);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  const run = async (): Promise<void> => {
    while (waiting.length > 0) {
      try {
        await append(path, torn, waiting.splice(0).join(''), maxBytes);
        torn = false;
        failing = false;
      } catch (error) {
        torn = true;
        if (!failing) report(error instanceof Error ? error.message : String(error));
        failing = true;
      }
      if (!closing) await pause();
    }
    busy = false;
  };

  return {
    append(event) {
      waiting.push(`${JSON.stringify(event)}\n`);
      if (waiting.length > MAX_WAITING) waiting.shift();
      if (busy) return;
      busy = true;
      // Not in this turn of the event loop, in which a route may be due.
      setImmediate(() => void run());
    },
    close() {
      closing = true;
      wake?.();
    },
  };
}

async function append(path: string, torn: boolean, text: string, maxBytes: number): Promise<void> {
  // Not needed before the routes are in.
  const { mkdir, open, rename, stat } = await import('node:fs/promises');
  await mkdir(dirname(path), { recursive: true, mode: 0o755 });
  const found = await stat(path).catch(() => undefined);
  // open(2) of a FIFO would keep a thread of the pool for ever.
  if (found !== undefined && !found.isFile()) throw new Error(`${path} is not a regular file`);
  let handle = await open(path, 'a+', 0o644);
  try {
    const size = torn ? await mend(handle) : (await handle.stat()).size;
    if (size > 0 && size + text.length > maxBytes) {
      await handle.close();
      await rename(path, olderOf(path));
      handle = await open(path, 'a', 0o644);
    }
    await handle.appendFile(text);
    await handle.datasync();
  } finally {
    await handle.close();
  }
}

/** Cuts off what stands behind the last line feed. Returns the size that is left. */
async function mend(handle: FileHandle): Promise<number> {
  const { size } = await handle.stat();
  const piece = Buffer.alloc(TAIL_BYTES);
  let whole = 0;
  for (let end = size; end > 0 && whole === 0; end = Math.max(0, end - TAIL_BYTES)) {
    const from = Math.max(0, end - TAIL_BYTES);
    const { bytesRead } = await handle.read(piece, 0, end - from, from);
    const last = piece.subarray(0, bytesRead).lastIndexOf(10);
    if (last >= 0) whole = from + last + 1;
  }
  if (whole < size) await handle.truncate(whole);
  return whole;
}
