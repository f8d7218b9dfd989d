/**
 * `backup-router events`: prints past events from the agent, or from the history file if the agent
 * does not run. With `--follow`, also prints new events as they occur.
 *
 * Invariant: an event is printed once, even if the agent restarts meanwhile. Events are identified
 * by number, and by time if the history was lost.
 */

import { parseDuration } from '../config/duration.js';
import { answerWith, request, subscribe } from '../control/client.js';
import type { Event } from '../model/event.js';
import { CommandError, EXIT } from '../model/exit.js';
import { type Paths, pathsOf } from '../model/paths.js';
import { localTime, wrap } from '../model/text.js';
import { readHistory } from '../runtime/history-file.js';
import { eventColour, eventText } from './event-text.js';
import type { EventOutput } from './output.js';
import { endWithReader } from './print.js';
import { paintFor, widthOf } from './terminal.js';

interface EventsOptions {
  readonly follow?: boolean;
  readonly count?: string;
  readonly since?: string;
  readonly json?: boolean;
}

/** The number of events shown if neither a number nor a time is given. */
const SHOWN = 50;
const RETRY_MS = 500;

export async function events(options: EventsOptions): Promise<number> {
  endWithReader();
  const chosen = selection(options);
  const paths = pathsOf(process.env);
  const printer = createPrinter(options.json === true);
  if (options.follow === true) return follow(paths, chosen, printer);
  for (const event of chosen(await history(paths))) printer.print(event);
  return EXIT.OK;
}

type Selection = (all: readonly Event[]) => readonly Event[];

function selection({ count, since }: EventsOptions): Selection {
  if (count !== undefined && !/^\d{1,6}$/.test(count))
    throw new CommandError(EXIT.USAGE, `not a number: ${count}`, 'backup-router events -n 100');
  const from = since === undefined ? Number.NEGATIVE_INFINITY : timeOf(since);
  const most = count === undefined ? (since === undefined ? SHOWN : Number.POSITIVE_INFINITY) : Number(count);
  return (all) => {
    const late = all.filter((event) => Date.parse(event.at) >= from);
    return most === 0 ? [] : late.slice(-most);
  };
}

function timeOf(word: string): number {
  const ago = parseDuration(word, { minMs: 0, maxMs: 3650 * 86_400_000, neverAllowed: false });
  if (ago.ok) return Date.now() - Number(ago.value);
  const at = /^\d{4}-\d\d-\d\d/.test(word) ? Date.parse(word) : Number.NaN;
  if (!Number.isNaN(at)) return at;
  throw new CommandError(
    EXIT.USAGE,
    `neither a duration nor a time: ${word}`,
    'backup-router events --since 1h, or --since 2026-05-01T12:00:00Z',
  );
}

async function history(paths: Paths): Promise<readonly Event[]> {
  try {
    const response = await request(paths.controlSocket, { command: 'events' });
    if (response.ok) return answerWith(response, 'events').events;
    throw new CommandError(EXIT.SOFTWARE, response.error.message);
  } catch (error) {
    if (!(error instanceof CommandError) || error.exitStatus !== EXIT.UNAVAILABLE) throw error;
    return left(paths);
  }
}

/** The history that the agent left on disk. */
function left(paths: Paths): readonly Event[] {
  process.stderr.write(`backup-router: the agent does not run; from ${paths.history}\n`);
  try {
    return readHistory(paths.history);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new CommandError(
      code === 'EACCES' ? EXIT.NO_PERMISSION : EXIT.UNAVAILABLE,
      `cannot read ${paths.history}: ${message}`,
      code === 'EACCES' ? 'use sudo, or join the group backup-router' : undefined,
    );
  }
}

/** Runs until a signal, or until the reader of the output is gone. */
function follow(paths: Paths, chosen: Selection, printer: Printer): Promise<number> {
  return new Promise((_resolve, reject) => {
    let first = true;
    let there = true;
    const print = (all: readonly Event[]): void => {
      for (const event of first ? chosen(all) : all) printer.print(event);
      const newest = all.at(-1);
      if (newest !== undefined) printer.seen(newest);
      first = false;
    };
    const attach = (): void => {
      subscribe(
        paths.controlSocket,
        { command: 'events', after: printer.last(), follow: true },
        (response) => {
          there = true;
          if (response.ok && 'events' in response) print(response.events);
        },
        (why) => {
          try {
            if (why.exitStatus !== EXIT.UNAVAILABLE) throw why;
            if (first) print(left(paths));
            else if (there) process.stderr.write('backup-router: the agent has ended; waiting for it\n');
          } catch (error) {
            return reject(error as Error);
          }
          there = false;
          setTimeout(attach, RETRY_MS);
        },
      );
    };
    attach();
  });
}

interface Printer {
  print(event: Event): void;
  /** Events up to and including this one are not printed any more. */
  seen(event: Event): void;
  last(): number;
}

function createPrinter(json: boolean): Printer {
  const paint = paintFor(process.stdout, process.env);
  let last = { seq: 0, at: '' };
  const known = ({ seq, at }: Event): boolean => seq <= last.seq && at <= last.at;
  const seen = (event: Event): void => {
    if (!known(event)) last = { seq: event.seq, at: event.at };
  };
  return {
    print(event) {
      if (known(event)) return;
      seen(event);
      if (json) return void process.stdout.write(`${JSON.stringify({ ...event, version: 1 } satisfies EventOutput)}\n`);
      const colour = eventColour(event);
      const at = localTime(event.at);
      const margin = ' '.repeat(at.length + 2);
      const line = wrap(`${at}  ${eventText(event)}`, widthOf(process.stdout), margin).join('\n');
      process.stdout.write(`${colour === undefined ? line : paint(colour, line)}\n`);
    },
    seen,
    last: () => last.seq,
  };
}
