/**
 * Writes one line for each event to stderr: `event key=value ...`, easy to grep. If stderr leads
 * to journald, the line is sent as an entry with fields, or, until that is possible, written with
 * its priority (sd-daemon(3), `<6>`); otherwise it has the time.
 */

import { writeSync } from 'node:fs';
import type { Level } from '../model/event.js';
import { fieldName } from '../model/field-name.js';
import { leadsToJournal, sendEntry, takesMore } from './journald.js';

export type Fields = Readonly<Record<string, string | number | boolean | undefined>>;
export type Log = (level: Level, event: string, fields?: Fields) => void;

const PRIORITY: Readonly<Record<Level, number>> = { error: 3, warning: 4, notice: 5, info: 6, debug: 7 };

/**
 * Makes the log. A full disk, a closed pipe or a journald that hangs must never cost a route: a
 * line that cannot be written is dropped.
 */
export function createLog(env: NodeJS.ProcessEnv, verbose = false, instance?: string, socket?: string): Log {
  const journal = leadsToJournal(env);
  let lost = 0;
  return (level, event, all = {}) => {
    if (level === 'debug' && !verbose) return;
    const fields = lost === 0 ? all : { ...all, lines_lost: lost };
    const text = lineOf(event, fields);
    if (!journal) return void write(`${new Date().toISOString()} ${level} ${text}\n`);
    if (sendEntry(entryOf(level, event, text, { ...fields, instance }), socket) || line(PRIORITY[level], text))
      lost = 0;
    else lost++;
  };
}

/** false: writing would block. */
function line(priority: number, text: string): boolean {
  return takesMore(2) && write(`<${priority}>${text}\n`);
}

function write(text: string): boolean {
  try {
    writeSync(2, text);
    return true;
  } catch {
    // EAGAIN, EPIPE, ENOSPC: a log line would not help.
    return false;
  }
}

function lineOf(event: string, fields: Fields): string {
  return [
    event,
    ...Object.entries(fields).flatMap(([key, value]) => (value === undefined ? [] : [`${key}=${quoted(value)}`])),
  ].join(' ');
}

function entryOf(level: Level, event: string, text: string, fields: Fields): readonly (readonly [string, string])[] {
  return [
    ['MESSAGE', text],
    ['PRIORITY', String(PRIORITY[level])],
    ['SYSLOG_IDENTIFIER', 'backup-router'],
    ['BACKUP_ROUTER_EVENT', event],
    ...Object.entries(fields).flatMap(([key, value]): (readonly [string, string])[] =>
      value === undefined ? [] : [[fieldName(key), String(value)]],
    ),
  ];
}

function quoted(value: string | number | boolean): string {
  const text = String(value);
  return /^[^\s"=\p{Cc}]+$/u.test(text) ? text : JSON.stringify(text);
}
