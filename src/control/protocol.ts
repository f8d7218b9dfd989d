/**
 * The control socket's language: one JSON object a line in each direction (docs/STATUS.md). A connection may
 * carry many requests; answers come in order. Reading needs access to the socket (group backup-router), changing needs
 * root or the agent's own user.
 */

import type { Role } from '../model/config.js';
import type { Status } from '../model/status.js';

export type Request =
  | { readonly command: 'status' }
  | { readonly command: 'reload' }
  /** Keep the routes in for so long; `off` ends it. */
  | { readonly command: 'hold'; readonly durationMs: number | 'never' | 'off' }
  /** Take this role whatever the configured source says; `auto` ends it. */
  | { readonly command: 'role'; readonly role: Role | 'auto' };

export type Response =
  | { readonly ok: true; readonly status: Status }
  | { readonly ok: true; readonly message: string }
  | { readonly ok: false; readonly error: { readonly code: string; readonly message: string; readonly suggestion?: string } };

/** Commands that change something. */
export const CHANGING: ReadonlySet<Request['command']> = new Set(['reload', 'hold', 'role']);

/** Longest line that either side accepts, in bytes. */
export const MAX_LINE_BYTES = 64 * 1024 * 1024;
/** Longest request. */
export const MAX_REQUEST_BYTES = 4096;

/** Longest pin: a year. */
export const MAX_HOLD_MS = 365 * 86_400_000;

/** A request, or undefined when the line is none. */
export function parseRequest(line: string): Request | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { command, durationMs, role } = value as { readonly command?: unknown; readonly durationMs?: unknown; readonly role?: unknown };
  switch (command) {
    case 'status':
    case 'reload':
      return { command };
    case 'hold':
      if (durationMs === 'never' || durationMs === 'off') return { command, durationMs };
      return typeof durationMs === 'number' && durationMs > 0 && durationMs <= MAX_HOLD_MS ? { command, durationMs } : undefined;
    case 'role':
      return role === 'primary' || role === 'standby' || role === 'auto' ? { command, role } : undefined;
    default:
      return undefined;
  }
}
