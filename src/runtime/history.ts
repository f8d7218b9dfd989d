/**
 * What has happened, in order: a bounded memory with numbers and times, who listens to it, and its copy on disk.
 *
 * The copy is read once the routes are where they belong: numbers are given out from then on. What happens before that waits for its
 * number. They begin behind the last one that is found there, and not below the seconds since 2020: so they never go back, although
 * the last events of a life, or all of them, may be lost (a power cut, a disk that was full or read-only).
 */

import type { Event, Happening, Level, Outage } from '../model/event.js';
import type { HistoryFile } from './history-file.js';
import { between, outageAfter } from './last-outage.js';
import { createSeries } from './series.js';

export interface History {
  record(happening: Happening, level: Level): void;
  /** Reads what former lives left and numbers what is new. Safe to call twice. Answers with how long an outage had gone on before, in ms. */
  load(): number;
  /** Numbered events, oldest first. */
  events(): readonly Event[];
  /** Hears of every event that is numbered from now on. */
  subscribe(listener: (event: Event) => void): () => void;
  lastOutage(): Outage | undefined;
  close(): void;
}

export interface HistoryOptions {
  /** The events of former lives. */
  readonly read: () => readonly Event[];
  readonly file: HistoryFile | undefined;
  /** Wall clock, milliseconds. */
  readonly wallNow: () => number;
}

const EPOCH = Date.UTC(2020, 0, 1);

/** Once in a life of the agent. */
const ALWAYS: ReadonlySet<Happening['kind']> = new Set(['ready', 'stopping']);
/** What belongs to an outage is taken if its beginning was: half an outage would be a wrong story. */
const OF_AN_OUTAGE: ReadonlySet<Happening['kind']> = new Set(['outage-bridged', 'outage-ended']);

/** Events kept in memory. */
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
      // What the history leaves out has happened all the same.
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

/** A history that cannot be read is none; whoever writes it next says what is wrong. */
function former(read: () => readonly Event[]): readonly Event[] {
  try {
    return read();
  } catch {
    return [];
  }
}
