/**
 * The protocol of the control socket: one JSON object a line in each direction (docs/STATUS.md). A
 * connection may carry many requests; the answers come in order. Reading needs access to the
 * socket (group backup-router); changing needs root or the agent's own user.
 */

import type { Role } from '../model/config.js';
import type { Event } from '../model/event.js';
import type { Status } from '../model/status.js';

export type Request =
  /** `follow`: again after each change, until the connection ends. */
  | { readonly command: 'status'; readonly follow?: true }
  /** As text, in Prometheus' exposition format. */
  | { readonly command: 'metrics' }
  /**
   * The events after the one with that number. `follow`: also those from now on, each on a line of
   * its own.
   */
  | { readonly command: 'events'; readonly after?: number; readonly follow?: true }
  /** `confirmMs`: rolled back unless confirmed within this time. */
  | { readonly command: 'reload'; readonly confirmMs?: number }
  /** The running configuration. */
  | { readonly command: 'configuration' }
  | { readonly command: 'confirm' }
  /** Keeps the routes in for this long; `off` ends it. */
  | { readonly command: 'hold'; readonly durationMs: number | 'never' | 'off' }
  /** Takes this role whatever the configured source says; `auto` ends it. */
  | { readonly command: 'role'; readonly role: Role | 'auto' };

export type Response =
  | { readonly ok: true; readonly status: Status }
  | { readonly ok: true; readonly metrics: string }
  | { readonly ok: true; readonly events: readonly Event[] }
  /**
   * For a reload: `unchanged`: the file is the same as the running configuration; `deadline`: when
   * it is rolled back unless confirmed.
   */
  | { readonly ok: true; readonly message: string; readonly unchanged?: boolean; readonly deadline?: string }
  /** `text` is null when it is too long for an answer or is not UTF-8. */
  | {
      readonly ok: true;
      readonly configuration: {
        readonly file: string;
        readonly source: Status['configuration']['source'];
        readonly text: string | null;
      };
    }
  | {
      readonly ok: false;
      readonly error: { readonly code: string; readonly message: string; readonly suggestion?: string };
    };

/**
 * An answer of many lines: `follow` sends the first line before it returns, then one for each
 * change. Its result ends that.
 */
export interface Following {
  readonly follow: (send: (answer: Response | Gradual) => void) => () => void;
}

/**
 * An answer of one line that is made while it is sent: each step, the last one too, is a small
 * piece of work and gives the next piece of the text, perhaps an empty one. So even a long answer
 * takes neither a long turn of the event loop nor much memory.
 */
export interface Gradual {
  readonly pieces: () => Iterator<string, string | undefined>;
}

/** Commands that change something. */
export const CHANGING: ReadonlySet<Request['command']> = new Set(['reload', 'confirm', 'hold', 'role']);

/** Longest line that either side accepts, in bytes. */
export const MAX_LINE_BYTES = 64 * 1024 * 1024;
/** Longest request, in bytes. */
export const MAX_REQUEST_BYTES = 4096;

/** Longest pin: a year. */
export const MAX_HOLD_MS = 365 * 86_400_000;
/** Shortest and longest time to confirm a configuration. */
export const MIN_CONFIRM_MS = 1_000;
export const MAX_CONFIRM_MS = 86_400_000;

/** Parses a request; undefined when the line is none. */
export function parseRequest(line: string): Request | undefined {
  // An exception of JSON.parse costs a hundred times as much, and a flood of garbage would cause
  // one a line.
  if (!line.trimStart().startsWith('{')) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { command, durationMs, role, follow, after, confirmMs } = value as Partial<
    Record<'command' | 'durationMs' | 'role' | 'follow' | 'after' | 'confirmMs', unknown>
  >;
  const following: { readonly follow?: true } = follow === true ? { follow } : {};
  switch (command) {
    case 'status':
      return { command, ...following };
    case 'events':
      if (after !== undefined && !(Number.isSafeInteger(after) && (after as number) >= 0)) return undefined;
      return { command, ...(after === undefined ? {} : { after: after as number }), ...following };
    case 'reload':
      if (confirmMs === undefined) return { command };
      return typeof confirmMs === 'number' && confirmMs >= MIN_CONFIRM_MS && confirmMs <= MAX_CONFIRM_MS
        ? { command, confirmMs }
        : undefined;
    case 'confirm':
    case 'metrics':
    case 'configuration':
      return { command };
    case 'hold':
      if (durationMs === 'never' || durationMs === 'off') return { command, durationMs };
      return typeof durationMs === 'number' && durationMs > 0 && durationMs <= MAX_HOLD_MS
        ? { command, durationMs }
        : undefined;
    case 'role':
      return role === 'primary' || role === 'standby' || role === 'auto' ? { command, role } : undefined;
    default:
      return undefined;
  }
}
