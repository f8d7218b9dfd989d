/**
 * Requests packed for one send. A window is final: its bytes contain the sequence numbers, so that
 * sending it takes one system call and no other work, however long ago it was written (invariant 6
 * of docs/ARCHITECTURE.md).
 */

import type { StepResult } from '../../core/ports.js';
import { alone, type Writer } from './codec.js';
import { NLM_F_ACK } from './uapi.js';

/** The most requests in one send (fact N4). */
export const WINDOW = 200;

/** The result of every request that was not refused. */
export const OK: StepResult = { ok: true };

export interface Window {
  readonly bytes: Buffer;
  /** The sequence number of the first request; those of the others follow it. */
  readonly first: number;
  readonly count: number;
}

/** Offsets in struct nlmsghdr (linux/netlink.h). */
const FLAGS = 6;
const SEQUENCE = 8;

/**
 * The windows of `count` messages, each written when it is taken from the generator. `write`
 * writes one message; `reserve` returns the first of consecutive sequence numbers. Only the last
 * message of a window asks for an acknowledgement, so only refusals and one acknowledgement come
 * back.
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
