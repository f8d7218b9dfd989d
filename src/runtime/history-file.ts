/**
 * The history on disk: JSON lines in the state directory, in two files of bounded size, of which
 * the older is dropped.
 *
 * Written in batches by the thread pool, at most one write at a time, and never waited for: a disk
 * that is full, read-only or hangs costs only history, and is reported once. An incomplete line
 * that a crash left is cut off before the next one is written.
 */

import type { FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { readBounded } from '../host/small-file.js';
import { codeOf, messageOf } from '../model/error.js';
import type { Event } from '../model/event.js';

export interface HistoryFile {
  append(event: Event): void;
  /** Writes what waits without the pause between batches. */
  close(): void;
}

/** Size limit of each of the two files, in bytes. */
const MAX_BYTES = 256 * 1024;
/** The most that is read of a file: one of ours exceeds the limit by one batch at most. */
const MAX_READ_BYTES = 4 * MAX_BYTES;
/** Bytes read at a time when the end is searched. */
const TAIL_BYTES = 65_536;
/** Pause between two batches, to spare flash memory. */
const PAUSE_MS = 200;
/** The most events that wait for a disk that does not answer; older ones are dropped. */
const MAX_WAITING = 1_000;

export function olderOf(path: string): string {
  return `${path}.1`;
}

/** All valid events, oldest first. Throws the errors of reading, except for a missing file. */
export function readHistory(path: string): readonly Event[] {
  return [olderOf(path), path].flatMap((file) => textOf(file).split('\n').flatMap(eventIn));
}

function textOf(file: string): string {
  try {
    return readBounded(file, MAX_READ_BYTES);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return '';
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

/** `report` is called once when the history cannot be written, and again only after it could be. */
export function openHistoryFile(path: string, report: (failure: string) => void, maxBytes = MAX_BYTES): HistoryFile {
  const waiting: string[] = [];
  let busy = false;
  let closing = false;
  let failing = false;
  let wake: (() => void) | undefined;
  // An earlier run, or a failed write, may have left an incomplete line.
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
        if (!failing) report(messageOf(error));
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
  // Loaded here: not needed before the routes are in.
  const { mkdir, open, rename, stat } = await import('node:fs/promises');
  await mkdir(dirname(path), { recursive: true, mode: 0o755 });
  const found = await stat(path).catch(() => undefined);
  // open(2) of a FIFO would block a thread of the pool for ever.
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

/** Cuts off what follows the last line feed. Returns the remaining size. */
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
