/**
 * The hooks process. It follows the events of the agent over its control socket, as `events -f
 * --json` does, and runs the hooks. It is a process of its own with a user of its own. The agent
 * does not know about it.
 */

import { mkdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { subscribe } from '../control/client.js';
import type { Event } from '../model/event.js';
import { EXIT } from '../model/exit.js';
import type { Paths } from '../model/paths.js';
import { writeAtomically } from '../runtime/atomic.js';
import type { Log } from '../runtime/log.js';
import { type Done, readDone, writeDone } from './done.js';
import { environmentOf } from './environment.js';
import { createRunner } from './runner.js';
import { statusText } from './status-file.js';

interface HooksOptions {
  readonly paths: Paths;
  readonly directory: string;
  readonly timeoutMs: number;
  readonly log: Log;
  /** An event as a sentence. */
  readonly textOf: (event: Event) => string;
}

const RETRY_MS = 500;

/**
 * Runs until SIGTERM or SIGINT, and waits for the hook in progress. Retries while the agent does
 * not run. Rejects on any other failure of the connection.
 */
export async function runHooks({ paths, directory, timeoutMs, log, textOf }: HooksOptions): Promise<number> {
  const told = new Set<string>();
  const once = (fault: string | undefined, event: string, effect: string): void => {
    if (fault === undefined || told.has(event)) return;
    told.add(event);
    log('warning', event, { message: fault, effect });
  };
  const record = (done: Done): void =>
    once(writeDone(paths.hooksDone, done), 'hooks-record', 'after a restart hooks may run again for an event');
  // Events from before the very first start run no hooks.
  const begun = readDone(paths.hooksDone) ?? { seq: 0, at: new Date().toISOString(), under: undefined };
  record(begun);
  mkdirSync(dirname(paths.hooksStatus), { recursive: true });
  const runner = createRunner({
    directory,
    timeoutMs,
    done: begun,
    record,
    environment: (event) => environmentOf(event, textOf(event), paths.instance),
    failed: (hook, { seq, kind }, fault) => log('warning', 'hook-failed', { hook, seq, event: kind, message: fault }),
    changed: (status) =>
      once(
        writeAtomically(paths.hooksStatus, statusText(status)),
        'hooks-status',
        'status shows nothing about the hooks',
      ),
  });
  log('notice', 'hooks', { directory, timeout_ms: timeoutMs, after: begun.seq });

  let retry: NodeJS.Timeout | undefined;
  let hangUp = (): void => undefined;
  const ended = new Promise<void>((resolve, reject) => {
    let first = begun.seq === 0;
    const attach = (): void => {
      hangUp = subscribe(
        paths.controlSocket,
        { command: 'events', after: runner.after(), follow: true },
        (response) => {
          if (!response.ok || !('events' in response)) return;
          // Events of level debug are for the log only.
          const news = response.events.filter(({ level, at }) => level !== 'debug' && !(first && at < begun.at));
          if (response.events.length > 0 && news.length > 0) first = false;
          runner.add(news);
        },
        (why) => {
          if (why.exitStatus !== EXIT.UNAVAILABLE) return reject(why);
          retry = setTimeout(attach, RETRY_MS);
        },
      );
    };
    process.once('SIGTERM', resolve).once('SIGINT', resolve);
    attach();
  });
  try {
    await ended;
  } finally {
    clearTimeout(retry);
    hangUp();
    await runner.stop();
    rmSync(paths.hooksStatus, { force: true });
  }
  return EXIT.OK;
}
