/**
 * Requests packed for one send. A window is final: its bytes carry their sequence numbers, so that sending it is one system call
 * and no more work, however long ago it was written (invariant 6 of docs/ARCHITECTURE.md).
 */

import type { StepResult } from '../core/ports.js';
import { NLM_F_ACK } from './uapi.js';

/** Requests in one send: fact N4 allows no more. */
export const WINDOW = 200;

/** What every request that was not refused is answered with. */
export const OK: StepResult = { ok: true };

export interface Window {
  readonly bytes: Buffer;
  /** The sequence number of its first request; the others follow. */
  readonly first: number;
  readonly count: number;
}

/** Offsets in struct nlmsghdr (linux/netlink.h). */
const FLAGS = 6;
const SEQUENCE = 8;

/** The windows of `count` messages, each written when it is asked for. `reserve` gives sequence numbers in a row. */
export function* windowsOf(count: number, write: (index: number) => Buffer, reserve: (count: number) => number): Generator<Window> {
  for (let from = 0; from < count; from += WINDOW) {
    const messages = Array.from({ length: Math.min(WINDOW, count - from) }, (_, i) => write(from + i));
    yield pack(messages, reserve(messages.length));
  }
}

/** Only the last message asks for an acknowledgement, so only refusals and one answer come back. */
function pack(messages: readonly Buffer[], first: number): Window {
  const bytes = Buffer.concat(messages);
  let at = 0;
  messages.forEach((message, i) => {
    bytes.writeUInt32LE(first + i, at + SEQUENCE);
    if (i < messages.length - 1) bytes[at + FLAGS]! &= ~NLM_F_ACK;
    at += message.length;
  });
  return { bytes, first, count: messages.length };
}
