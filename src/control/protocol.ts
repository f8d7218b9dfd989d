/**
 * The control socket's language: one JSON object a line in each direction (docs/STATUS.md). A connection may
 * carry many requests; answers come in order. Reading needs access to the socket (group backup-router), changing needs
 * root or the agent's own user.
 */

import type { Status } from '../model/status.js';

export type Request = { readonly command: 'status' } | { readonly command: 'reload' };

export type Response =
  | { readonly ok: true; readonly status: Status }
  | { readonly ok: true; readonly message: string }
  | { readonly ok: false; readonly error: { readonly code: string; readonly message: string; readonly suggestion?: string } };

/** Commands that change something. */
export const CHANGING: ReadonlySet<Request['command']> = new Set(['reload']);

/** Longest line that either side accepts, in bytes. */
export const MAX_LINE_BYTES = 64 * 1024 * 1024;
/** Longest request. */
export const MAX_REQUEST_BYTES = 4096;

/** A request, or undefined when the line is none. */
export function parseRequest(line: string): Request | undefined {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value !== 'object' || value === null || !('command' in value)) return undefined;
    return value.command === 'status' || value.command === 'reload' ? { command: value.command } : undefined;
  } catch {
    return undefined;
  }
}
