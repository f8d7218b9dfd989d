/**
 * The history: a bounded list of events with numbers and times, its listeners, and its copy on
 * disk.
 *
 * The copy is read after the first routes; events get numbers from then on, and earlier ones wait
 * for theirs. Numbers begin after the last one in the copy, and not below the seconds since 2020.
 * So they never go back, even if the last events of an earlier run, or all, are lost (a power
 * failure, a disk that was full or read-only).
 */

import type { Event, Happening, Level, Outage } from '../model/event.js';
import type { HistoryFile } from './history-file.js';
import { between, outageAfter } from './last-outage.js';
import { createSeries } from './series.js';

export interface History {
  record(happening: Happening, level: Level): void;
  /**
   * Reads the events of earlier runs and numbers the new ones. May be called twice. Returns for
   * how long an outage had lasted before this run, in milliseconds.
   */
  load(): number;
  /** Numbered events, oldest first. */
  events(): readonly Event[];
  /** Calls the listener for every event that is numbered from now on. */
  subscribe(listener: (event: Event) => void): () => void;
  lastOutage(): Outage | undefined;
  close(): void;
}

interface HistoryOptions {
  /** Reads the events of earlier runs. */
  readonly read: () => readonly Event[];
  readonly file: HistoryFile | undefined;
  /** Wall clock, milliseconds. */
  readonly wallNow: () => number;
}

const EPOCH = Date.UTC(2020, 0, 1);

/** Kinds that are always taken: once in each run. */
const ALWAYS: ReadonlySet<Happening['kind']> = new Set(['ready', 'stopping']);
/** Kinds that are taken if the beginning of their outage was: half an outage would mislead. */
const OF_AN_OUTAGE: ReadonlySet<Happening['kind']> = new Set(['outage-bridged', 'outage-ended']);

/** How many events are kept in memory. */
export const REMEMBERED = 1_000;

type Unnumbered = Happening & { readonly at: string; readonly level: Level };

export function createHistory({ read, file, wallNow }: HistoryOptions): History {
  const listeners = new Set<(event: Event) => void>();
  let early: Unnumbered[] | undefined = [];
  let events: Event[] = [];
  let last = 0;
  let outage: Outage | undefined;
  const series = createSeries();
  let outageTaken = true;

  const admitted = ({ kind }: Happening, now: number): boolean => {
    if (ALWAYS.has(kind)) return true;
    if (OF_AN_OUTAGE.has(kind)) return outageTaken;
    const taken = series.admit(kind, now);
    if (kind === 'outage-began') outageTaken = taken;
    return taken;
  };
  const add = (event: Event): void => {
    last = event.seq;
    outage = outageAfter(outage, event);
    events.push(event);
    if (events.length >= 2 * REMEMBERED) events = events.slice(-REMEMBERED);
  };
  const number = ({ at, level, kind, ...fields }: Unnumbered): void => {
    const event = { seq: last + 1, at, level, kind, ...fields } as Event;
    add(event);
    file?.append(event);
    for (const listener of listeners) listener(event);
  };

  return {
    record(happening, level) {
      const now = wallNow();
      const at = new Date(now).toISOString();
      const take = (one: Happening, as: Level): void => {
        if (early === undefined) number({ ...one, at, level: as });
        else if (early.length < REMEMBERED) early.push({ ...one, at, level: as });
      };
      for (const { kind, count } of series.over(now)) take({ kind: 'left-out', what: kind, count }, 'notice');
      if (admitted(happening, now)) take(happening, level);
      // The last outage also counts events that the history leaves out.
      else if (early === undefined) outage = outageAfter(outage, { ...happening, at, level, seq: last });
    },
    load() {
      if (early === undefined) return 0;
      for (const event of former(read)) add(event);
      last = Math.max(last, Math.floor((wallNow() - EPOCH) / 1000));
      const open = outage?.ended === null ? outage : undefined;
      const waiting = early;
      early = undefined;
      const began = waiting.find((event) => event.kind === 'outage-began');
      for (const event of waiting) number(event);
      return open === undefined || began === undefined ? 0 : between(open.began, began.at);
    },
    events: () => events.slice(-REMEMBERED),
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    lastOutage: () =>
      outage?.ended === null ? { ...outage, lengthMs: Math.max(0, wallNow() - Date.parse(outage.began)) } : outage,
    close() {
      listeners.clear();
      file?.close();
    },
  };
}

/** A history that cannot be read counts as empty; the next write reports the error. */
function former(read: () => readonly Event[]): readonly Event[] {
  try {
    return read();
  } catch {
    return [];
  }
}
