/**
 * The protocol of the control socket: one JSON object a line in each direction (docs/STATUS.md). A
 * connection may carry many requests; answers come in order. Reading needs access to the socket
 * (group backup-router), changing needs root or the agent's own user.
 */

import type { Role } from '../model/config.js';
import type { Event } from '../model/event.js';
import type { Status } from '../model/status.js';

export type Request =
  /** `follow`: and again after each change, until the connection ends. */
  | { readonly command: 'status'; readonly follow?: true }
  /** As text, in Prometheus' exposition format. */
  | { readonly command: 'metrics' }
  /**
   * What happened after the event of that number; `follow`: and what happens from now on, each as a
   * line of its own.
   */
  | { readonly command: 'events'; readonly after?: number; readonly follow?: true }
  /** With a time: rolled back unless confirmed in that time. */
  | { readonly command: 'reload'; readonly confirmMs?: number }
  /** The configuration that runs. */
  | { readonly command: 'configuration' }
  | { readonly command: 'confirm' }
  /** Keep the routes in for so long; `off` ends it. */
  | { readonly command: 'hold'; readonly durationMs: number | 'never' | 'off' }
  /** Take this role whatever the configured source says; `auto` ends it. */
  | { readonly command: 'role'; readonly role: Role | 'auto' };

export type Response =
  | { readonly ok: true; readonly status: Status }
  | { readonly ok: true; readonly metrics: string }
  | { readonly ok: true; readonly events: readonly Event[] }
  /** Of a reload: `unchanged`: the file says what ran before it; `deadline`: it is rolled back then, unless confirmed. */
  | { readonly ok: true; readonly message: string; readonly unchanged?: boolean; readonly deadline?: string }
  /** `text` is null where it is too long for an answer, or is not UTF-8. */
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
 * An answer that goes on: `follow` sends the first line before it returns, then one for each
 * change; its result ends that.
 */
export interface Following {
  readonly follow: (send: (answer: Response | Gradual) => void) => () => void;
}

/**
 * An answer that is made while it is sent, of one line: each step is a small piece of work, and
 * gives the next piece of the text, perhaps an empty one. So it costs neither a long turn of the
 * event loop nor memory, however long it is.
 */
export interface Gradual {
  readonly pieces: () => Iterator<string>;
}

/** Commands that change something. */
export const CHANGING: ReadonlySet<Request['command']> = new Set(['reload', 'confirm', 'hold', 'role']);

/** Longest line that either side accepts, in bytes. */
export const MAX_LINE_BYTES = 64 * 1024 * 1024;
/** Longest request. */
export const MAX_REQUEST_BYTES = 4096;

/** Longest pin: a year. */
export const MAX_HOLD_MS = 365 * 86_400_000;
/** Shortest and longest time to confirm a configuration. */
export const MIN_CONFIRM_MS = 1_000;
export const MAX_CONFIRM_MS = 86_400_000;

/** A request, or undefined when the line is none. */
export function parseRequest(line: string): Request | undefined {
  // What JSON.parse throws costs a hundred times as much, and a flood of garbage consists of it.
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
