/**
 * The process events connector (linux/connector.h, linux/cn_proc.h): the requests that turn it on
 * and off, the events, and which of them mean the end of a process. The socket is in
 * process-events.ts.
 *
 * Invariant: an end that is called certain is the end of the whole process. A thread that ends by
 * itself is not: pthread_exit(3) gives code 0. The first thread may end that way while others live
 * on, so its end with code 0 is reported as uncertain.
 */

import { NLMSG_DONE, NLMSG_HDRLEN } from '../netlink/uapi.js';

/** linux/connector.h. */
export const CN_IDX_PROC = 1;
const CN_VAL_PROC = 1;
/** struct cn_msg: id.idx, id.val, seq, ack, len, flags. */
const CN_MSG = 20;

export const PROC_CN_MCAST_LISTEN = 1;
export const PROC_CN_MCAST_IGNORE = 2;
export const PROC_EVENT_NONE = 0;
export const PROC_EVENT_COREDUMP = 0x40000000;
export const PROC_EVENT_EXIT = 0x80000000;

/** Offsets in a datagram. `what`, `cpu` and the time stamp precede the fields of the event. */
export const OFFSET = {
  ack: NLMSG_HDRLEN + 12,
  what: NLMSG_HDRLEN + CN_MSG,
  /** In the answer to a request. */
  error: NLMSG_HDRLEN + CN_MSG + 16,
  pid: NLMSG_HDRLEN + CN_MSG + 16,
  tgid: NLMSG_HDRLEN + CN_MSG + 20,
  exitCode: NLMSG_HDRLEN + CN_MSG + 24,
} as const;

/** The signal number in an exit code (wait(2)). */
export const SIGNAL_MASK = 0x7f;

/**
 * A request to the connector. The answer repeats `token` plus one. With `events` it is struct
 * proc_input, which kernels before 6.6 ignore: from then on only these events are sent.
 */
export function encodeListening(operation: number, token: number, events?: number): Buffer {
  const size = events === undefined ? 4 : 8;
  const bytes = Buffer.alloc(NLMSG_HDRLEN + CN_MSG + size);
  bytes.writeUInt32LE(bytes.length, 0);
  bytes.writeUInt16LE(NLMSG_DONE, 4);
  bytes.writeUInt32LE(CN_IDX_PROC, NLMSG_HDRLEN);
  bytes.writeUInt32LE(CN_VAL_PROC, NLMSG_HDRLEN + 4);
  bytes.writeUInt32LE(token, OFFSET.ack);
  bytes.writeUInt16LE(size, NLMSG_HDRLEN + 16);
  bytes.writeUInt32LE(operation, OFFSET.what);
  if (events !== undefined) bytes.writeUInt32LE(events, OFFSET.what + 4);
  return bytes;
}

type ProcessMessage =
  /** The kernel's answer to a request: 0 or an errno. */
  | { readonly kind: 'answer'; readonly token: number; readonly errno: number }
  /**
   * A process ends; `how` completes a sentence that begins with its name. Not certain: its first
   * thread has ended, and others may live on.
   */
  | { readonly kind: 'ending'; readonly pid: number; readonly how: string; readonly certain: boolean };

/**
 * Describes a wait status (wait(2)); `how` completes a sentence that begins with the process's
 * name.
 */
export function howEnded(status: number): { readonly how: string; readonly orderly: boolean } {
  const signal = status & SIGNAL_MASK;
  return signal !== 0
    ? { how: `was ended by signal ${signal}`, orderly: false }
    : { how: `has ended with status ${(status >> 8) & 0xff}`, orderly: status === 0 };
}

/** Decodes a datagram; undefined when it does not concern a whole process. */
export function decodeProcessMessage(bytes: Buffer): ProcessMessage | undefined {
  if (bytes.length < OFFSET.pid + 4) return undefined;
  const what = bytes.readUInt32LE(OFFSET.what);
  if (what === PROC_EVENT_NONE)
    return {
      kind: 'answer',
      token: (bytes.readUInt32LE(OFFSET.ack) - 1) >>> 0,
      errno: bytes.readUInt32LE(OFFSET.error),
    };
  if (what !== PROC_EVENT_EXIT && what !== PROC_EVENT_COREDUMP) return undefined;
  if (bytes.length < OFFSET.exitCode + 4) return undefined;
  const pid = bytes.readUInt32LE(OFFSET.tgid);
  if (what === PROC_EVENT_COREDUMP) return { kind: 'ending', pid, how: 'crashed', certain: true };
  const code = bytes.readUInt32LE(OFFSET.exitCode);
  const { how, orderly } = howEnded(code);
  // A signal that ends one thread ends all; the first of them is announced before the memory is
  // freed.
  return (code & SIGNAL_MASK) !== 0 || bytes.readUInt32LE(OFFSET.pid) === pid
    ? { kind: 'ending', pid, how, certain: !orderly }
    : undefined;
}
