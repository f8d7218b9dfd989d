/**
 * One line an event on stderr: `event key=value ...`, in one greppable shape. Under systemd the line carries its
 * priority (sd-daemon(3), `<6>`), so that `journalctl -p` works; elsewhere it carries the time.
 */

import { writeSync } from 'node:fs';
import type { Level } from '../model/event.js';

export type Fields = Readonly<Record<string, string | number | boolean | undefined>>;
export type Log = (level: Level, event: string, fields?: Fields) => void;

const PRIORITY: Readonly<Record<Level, number>> = { error: 3, warning: 4, notice: 5, info: 6, debug: 7 };

/** A log on stderr. A full disk or a closed pipe must never cost a route: failures to write are dropped. */
export function createLog(env: NodeJS.ProcessEnv, verbose = false): Log {
  const journal = env['JOURNAL_STREAM'] !== undefined;
  return (level, event, fields = {}) => {
    if (level === 'debug' && !verbose) return;
    const text = [
      event,
      ...Object.entries(fields).flatMap(([key, value]) => (value === undefined ? [] : [`${key}=${quoted(value)}`])),
    ].join(' ');
    try {
      writeSync(2, journal ? `<${PRIORITY[level]}>${text}\n` : `${new Date().toISOString()} ${level} ${text}\n`);
    } catch {
      // EAGAIN, EPIPE, ENOSPC: nothing that a log line could help with.
    }
  };
}

function quoted(value: string | number | boolean): string {
  const text = String(value);
  return /^[^\s"=\p{Cc}]+$/u.test(text) ? text : JSON.stringify(text);
}
