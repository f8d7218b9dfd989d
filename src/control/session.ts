/**
 * One client of the control socket, and its budget.
 *
 * Invariants. One chunk of its input is read, and no more until all requests in it are answered;
 * the bytes read in a second are bounded. The bytes that wait for it to read are bounded. Its
 * requests are answered one after the other, in turn with those of others (turns.ts), and all work
 * for it is done there. A client that exceeds the budget is closed.
 */

import type { Socket } from 'node:net';
import { descriptorOf } from '../native/descriptor.js';
import { loadLibc, peerCredentials } from '../native/libc.js';
import {
  CHANGING,
  type Following,
  type Gradual,
  MAX_REQUEST_BYTES,
  parseRequest,
  type Request,
  type Response,
} from './protocol.js';
import type { Turns } from './turns.js';

export type Reply = Response | Gradual | Following;
/**
 * An answer that is known at once is not a promise: it is sent in the turn in which it was asked.
 */
export type RequestHandler = (request: Request) => Reply | Promise<Reply>;

export interface ControlClient {
  readonly socket: Socket;
  /** The user at the other end; undefined when not known (no koffi). */
  readonly uid: number | undefined;
  /** Monotonic time of its last request. */
  readonly activeAt: () => number;
  readonly unread: () => number;
  /** Closes it if a time limit is over. */
  check(now: number): void;
}

/** Bytes that it may leave unread, besides what the kernel buffers. */
const MAX_UNREAD_BYTES = 1 << 20;
/** With this many bytes unread, nothing more is made for it. */
const WAIT_AT_BYTES = 1 << 16;
/** Answers that may wait for a following client to read. */
const MAX_WAITING = 1_000;
/** Time limit without a request, if it follows nothing. */
const IDLE_MS = 60_000;
/** Time limit without reading any of what waits for it. */
const STALLED_MS = 15_000;
/**
 * Time limit from the first piece of an answer to the last: the data that it is made from is kept
 * that long.
 */
const ANSWER_MS = 60_000;
/**
 * After this many bytes, nothing more is read from it within a second: each chunk of 64 KiB costs
 * memory and its collection.
 */
const READ_BYTES = 1 << 17;
/**
 * Delay before an offending client is closed: a client that is closed at once comes back at once.
 */
const PENALTY_MS = 1_000;
const NEWLINE = 10;

export function openSession(socket: Socket, answer: RequestHandler, turns: Turns): ControlClient {
  const uid = uidOf(socket);
  /** The input that was read, and where the next request begins in it. */
  let pending: Buffer = Buffer.alloc(0);
  let at = 0;
  let read = { since: performance.now(), bytes: 0 };
  let ended = false;
  let busy = false;
  let scheduled = false;
  let activeAt = performance.now();
  let unfollow: (() => void) | undefined;
  let stalled: { readonly bytes: number; readonly since: number } | undefined;
  /** Answers that wait to be made, and the one that is being sent, with its start. */
  const waiting: (() => Iterator<string>)[] = [];
  let under: { readonly pieces: Iterator<string>; readonly since: number } | undefined;

  const send = (response: Response | Gradual): void => {
    if (!socket.writable) return;
    const gradual = 'pieces' in response;
    if (gradual || under !== undefined || waiting.length > 0) {
      waiting.push(gradual ? response.pieces : () => [textOf(response)].values());
      schedule();
    } else socket.write(textOf(response));
    if (socket.writableLength > MAX_UNREAD_BYTES || waiting.length > MAX_WAITING) socket.destroy();
  };
  const follow = ({ follow: begin }: Following): void => {
    unfollow?.();
    unfollow = begin(send);
    if (socket.destroyed) unfollow();
  };
  const answered = (given: Reply): void => ('follow' in given ? follow(given) : send(given));
  const failed = (error: unknown): void =>
    send(refuse('internal', error instanceof Error ? error.message : String(error)));
  /**
   * Answers one request. If the answer takes longer than this turn, it is sent later, and the
   * client's other requests wait for it.
   */
  const reply = (line: string): void => {
    const request = parseRequest(line);
    if (request === undefined)
      return send(refuse('bad-request', 'not a request: one JSON object a line, such as {"command":"status"}'));
    // A peer whose user is unknown may only read.
    if (CHANGING.has(request.command) && uid !== 0 && (uid === undefined || uid !== process.getuid?.()))
      return send(refuse('permission', `${request.command} needs root`, `sudo backup-router ${request.command}`));
    // A client that gave up waiting (the agent was stopped or busy) does not expect the change to
    // happen later.
    if (CHANGING.has(request.command) && hasGone(socket)) return;
    try {
      const given = answer(request);
      if (!(given instanceof Promise)) return answered(given);
      busy = true;
      void given
        .then(answered)
        .catch(failed)
        .finally(() => {
          busy = false;
          schedule();
        });
    } catch (error) {
      failed(error);
    }
  };
  const takeRequest = (): void => {
    const end = pending.indexOf(NEWLINE, at);
    if ((end < 0 ? pending.length : end) - at > MAX_REQUEST_BYTES) {
      send(refuse('too-long', `a request has at most ${MAX_REQUEST_BYTES} bytes`));
      busy = true;
      forget();
      return later(PENALTY_MS, () => socket.destroySoon());
    }
    if (end < 0) return ended ? void socket.end() : readOn();
    // Requests are not cut out as buffers: each is an object that the garbage collector has to
    // follow.
    const line = pending.toString('utf8', at, end);
    at = end + 1;
    activeAt = performance.now();
    reply(line);
    schedule();
  };
  const forget = (): void => {
    pending = Buffer.alloc(0);
    at = 0;
  };
  const readOn = (): void => {
    // The rest is the beginning of a request; the chunk around it can be freed.
    if (at > 0) [pending, at] = [Buffer.from(pending.subarray(at)), 0];
    const now = performance.now();
    if (now - read.since >= 1_000) read = { since: now, bytes: 0 };
    if (read.bytes < READ_BYTES) return void socket.resume();
    later(read.since + 1_000 - now, () => {
      if (!socket.destroyed) socket.resume();
    });
  };
  const sendPiece = (): void => {
    under ??= { pieces: waiting.shift()!(), since: performance.now() };
    const { done, value } = under.pieces.next();
    if (done === true) under = undefined;
    else if (value !== '') socket.write(value);
    schedule();
  };
  const step = (): void => {
    scheduled = false;
    if (busy || socket.destroyed || socket.writableLength > WAIT_AT_BYTES) return;
    if (under === undefined && waiting.length === 0) return takeRequest();
    try {
      sendPiece();
    } catch (error) {
      socket.destroy();
      setImmediate(() => {
        throw error;
      });
    }
  };
  const schedule = (): void => {
    if (scheduled || socket.destroyed) return;
    scheduled = true;
    turns.add(step);
  };

  socket.on('data', (chunk: Buffer) => {
    socket.pause();
    read.bytes += chunk.length;
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    schedule();
  });
  socket.on('end', () => {
    ended = true;
    schedule();
  });
  socket.on('drain', schedule);
  socket.on('error', () => socket.destroy());
  socket.once('close', () => {
    unfollow?.();
    forget();
  });

  return {
    socket,
    uid,
    activeAt: () => activeAt,
    unread: () => socket.writableLength,
    check(now) {
      const bytes = socket.writableLength;
      stalled =
        bytes === 0 || (stalled !== undefined && bytes < stalled.bytes)
          ? undefined
          : (stalled ?? { bytes, since: now });
      const idle = unfollow === undefined && !busy && under === undefined && now - activeAt > IDLE_MS;
      const late = under !== undefined && now - under.since > ANSWER_MS;
      if (idle || late || (stalled !== undefined && now - stalled.since > STALLED_MS)) socket.destroy();
    },
  };
}

function uidOf(socket: Socket): number | undefined {
  const fd = descriptorOf(socket);
  return fd === undefined ? undefined : peerCredentials(fd)?.uid;
}

function later(ms: number, act: () => void): void {
  setTimeout(act, ms).unref();
}

function refuse(code: string, message: string, suggestion?: string): Response {
  return { ok: false, error: suggestion === undefined ? { code, message } : { code, message, suggestion } };
}

function textOf(response: Response): string {
  return `${JSON.stringify(response)}\n`;
}

/**
 * Whether the client has closed its socket; one that has only shut down its output still waits for
 * the answer. Not known: true without a descriptor, false without koffi.
 */
function hasGone(socket: Socket): boolean {
  const fd = descriptorOf(socket);
  return fd === undefined || loadLibc()?.hungUp(fd) === true;
}
