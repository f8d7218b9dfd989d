/**
 * Requests packed for one send. A window is final: its bytes carry their sequence numbers, so that
 * sending it is one system call and no more work, however long ago it was written (invariant 6 of
 * docs/ARCHITECTURE.md).
 */

import type { StepResult } from '../../core/ports.js';
import { alone, type Writer } from './codec.js';
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

/**
 * The windows of `count` messages, each written when it is asked for, by `write`, which puts one
 * message. `reserve` gives sequence numbers in a row. Only the last message of a window asks for an
 * acknowledgement, so only refusals and one answer come back.
 */
export function* windowsOf(
  count: number,
  write: (index: number, writer: Writer) => void,
  reserve: (count: number) => number,
): Generator<Window> {
  for (let from = 0; from < count; from += WINDOW) {
    const size = Math.min(WINDOW, count - from);
    const first = reserve(size);
    const bytes = alone((writer) => {
      for (let i = 0; i < size; i++) {
        const start = writer.length;
        write(from + i, writer);
        writer.bytes.writeUInt32LE(first + i, start + SEQUENCE);
        if (i < size - 1) writer.bytes[start + FLAGS]! &= ~NLM_F_ACK;
      }
    });
    yield { bytes, first, count: size };
  }
}
