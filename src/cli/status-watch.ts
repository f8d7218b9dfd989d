/**
 * `backup-router status --watch`: on a terminal, redraws the status on each change and at each
 * interval, until `q`. In a pipe, prints one block for each change. Continues while no agent runs,
 * and says since when.
 *
 * Invariant: however it ends (Ctrl-C, SIGTERM, terminal closed, reader gone), the terminal is left
 * as it was before.
 */

import { writeSync } from 'node:fs';
import { parseDuration } from '../config/duration.js';
import { subscribe } from '../control/client.js';
import { CommandError, EXIT } from '../model/exit.js';
import { pathsOf } from '../model/paths.js';
import type { Status } from '../model/status.js';
import { durationText, shortTime } from '../model/text.js';
import { endWithReader } from './print.js';
import { renderStatus } from './status-text.js';
import { paintFor, widthOf } from './terminal.js';

interface WatchOptions {
  readonly json?: boolean;
  readonly interval?: string;
}

const RETRY_MS = 500;
/** xterm's alternate screen and the cursor (ECMA-48, DEC private modes 1049 and 25). */
const ENTER = '\x1b[?1049h\x1b[?25l';
const LEAVE = '\x1b[?25h\x1b[?1049l';
const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

type Seen =
  | { readonly kind: 'there'; readonly status: Status; readonly at: number }
  | { readonly kind: 'gone'; readonly sinceMs: number };

export function watchStatus(options: WatchOptions): Promise<number> {
  endWithReader();
  const interval = parseDuration(options.interval ?? '1s', {
    minMs: 100,
    maxMs: 3_600_000,
    neverAllowed: false,
  });
  if (!interval.ok)
    throw new CommandError(EXIT.USAGE, `--interval: ${interval.fault.message}`, interval.fault.suggestion);
  const { controlSocket } = pathsOf(process.env);
  const terminal = process.stdout.isTTY && options.json !== true;
  return new Promise((_resolve, reject) => {
    let seen: Seen | undefined;
    const show = (): void => {
      if (seen === undefined) return;
      if (terminal) process.stdout.write(screen(text(seen), process.stdout.rows ?? 24));
      else process.stdout.write(options.json === true ? json(seen) : `${text(seen)}\n`);
    };
    const attach = (): void => {
      subscribe(
        controlSocket,
        { command: 'status', follow: true },
        (response) => {
          if (!response.ok || !('status' in response)) return;
          seen = { kind: 'there', status: response.status, at: performance.now() };
          show();
        },
        (why) => {
          if (why.exitStatus !== EXIT.UNAVAILABLE) return reject(why);
          if (seen?.kind !== 'gone') {
            seen = { kind: 'gone', sinceMs: Date.now() };
            show();
          }
          setTimeout(attach, RETRY_MS);
        },
      );
    };
    if (terminal) {
      process.stdout.write(ENTER);
      process.once('exit', leave);
      for (const [signal, status] of Object.entries(SIGNALS)) process.once(signal, () => process.exit(status));
      process.stdout.on('resize', show);
      setInterval(show, Number(interval.value));
      endWithKey(process.stdin);
    }
    attach();
  });
}

/**
 * Ends on `q`, as in pagers, and on Ctrl-C and Ctrl-D, which a terminal in raw mode sends as
 * characters.
 */
function endWithKey(input: NodeJS.ReadStream): void {
  if (!input.isTTY) return;
  input.setRawMode(true);
  input.on('data', (keys: Buffer) => {
    const key = keys.toString('latin1');
    if (/[qQ\u0004]/.test(key)) process.exit(EXIT.OK);
    if (key.includes('\u0003')) process.exit(SIGNALS.SIGINT);
  });
}

/** Synchronous, because the process exits right after it. */
function leave(): void {
  if (process.stdin.isTTY) process.stdin.setRawMode(false);
  try {
    writeSync(1, LEAVE);
  } catch {
    // The terminal is gone.
  }
}

function text(seen: Seen): string {
  const paint = paintFor(process.stdout, process.env);
  if (seen.kind === 'there')
    return renderStatus(later(seen.status, performance.now() - seen.at), paint, widthOf(process.stdout));
  const at = new Date(seen.sinceMs).toISOString();
  const since = paint('red', `agent not running since ${shortTime(at, Date.now())}`);
  return `${since} (${durationText(Date.now() - seen.sinceMs)}); waiting for it\n`;
}

function json(seen: Seen): string {
  return seen.kind === 'there' ? `${JSON.stringify(seen.status)}\n` : '';
}

/** The status after `ms` more milliseconds if nothing but the durations changes. */
export function later(s: Status, ms: number): Status {
  const { unconfirmed } = s.configuration;
  return {
    ...s,
    agent: { ...s.agent, forMs: s.agent.forMs + ms },
    configuration: {
      ...s.configuration,
      unconfirmed: unconfirmed === null ? null : { ...unconfirmed, leftMs: Math.max(0, unconfirmed.leftMs - ms) },
    },
    routes: {
      ...s.routes,
      forMs: s.routes.forMs + ms,
      untilMs: s.routes.untilMs === null ? null : Math.max(0, s.routes.untilMs - ms),
    },
    daemons: s.daemons.map((daemon) => ({ ...daemon, forMs: daemon.forMs + ms })),
    gateways: s.gateways.map((gateway) => ({
      ...gateway,
      forMs: gateway.forMs === null ? null : gateway.forMs + ms,
    })),
    preemption:
      s.preemption === null || s.preemption.nextInMs === null
        ? s.preemption
        : { ...s.preemption, nextInMs: Math.max(0, s.preemption.nextInMs - ms) },
    lastOutage: s.lastOutage?.ended === null ? { ...s.lastOutage, lengthMs: s.lastOutage.lengthMs + ms } : s.lastOutage,
  };
}

/**
 * Overwrites the screen and cuts the block at the last line. Clearing the screen first would
 * flicker.
 */
function screen(block: string, rows: number): string {
  const lines = block.trimEnd().split('\n');
  const shown =
    lines.length < rows ? lines : [...lines.slice(0, rows - 2), `... ${lines.length - rows + 2} more lines`];
  return `\x1b[H${shown.map((line) => `${line}\x1b[K\r\n`).join('')}\x1b[J`;
}
