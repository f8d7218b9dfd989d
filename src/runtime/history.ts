/**
 * What has happened, in order: a bounded memory with numbers and times, who listens to it, and its copy on disk.
 *
 * The copy is read once the routes are where they belong: numbers are given out from then on, so that they go on where the last life
 * of the agent stopped. What happens before that waits for its number.
 */

import type { Event, Happening, Level, Outage } from '../model/event.js';
import type { HistoryFile } from './history-file.js';
import { between, outageAfter } from './last-outage.js';

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

/** Events kept in memory. */
export const REMEMBERED = 1_000;

type Unnumbered = Happening & { readonly at: string; readonly level: Level };

export function createHistory({ read, file, wallNow }: HistoryOptions): History {
  const listeners = new Set<(event: Event) => void>();
  let early: Unnumbered[] | undefined = [];
  let events: Event[] = [];
  let last = 0;
  let outage: Outage | undefined;

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
      const unnumbered: Unnumbered = { ...happening, at: new Date(wallNow()).toISOString(), level };
      if (early === undefined) number(unnumbered);
      else if (early.length < REMEMBERED) early.push(unnumbered);
    },
    load() {
      if (early === undefined) return 0;
      for (const event of former(read)) add(event);
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
