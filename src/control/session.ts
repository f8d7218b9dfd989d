/**
 * One client of the control socket, and its budget.
 *
 * Invariants. Of what it sends, one chunk is read and then no more until all of that is answered, and so
 * many bytes in a second; of what it does not read, a bounded number of bytes waits. Its requests are answered one after the
 * other, in turn with those of others (turns.ts), and all work for it is done there. Whoever exceeds
 * the budget is closed.
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
/** What can be answered at once is no promise: then it costs the turn in which it was asked. */
export type RequestHandler = (request: Request) => Reply | Promise<Reply>;

export interface ControlClient {
  readonly socket: Socket;
  /** Of the user at the other end; undefined: not known (no koffi). */
  readonly uid: number | undefined;
  /** Monotonic, of its last request. */
  readonly activeAt: () => number;
  readonly unread: () => number;
  /** Closes it if its time is over. */
  check(now: number): void;
}

/** Bytes that it may leave unread, beside what the kernel holds. */
const MAX_UNREAD_BYTES = 1 << 20;
/** With so much unread nothing further is made for it. */
const WAIT_AT_BYTES = 1 << 16;
/** Answers that wait for it to read, of one who follows. */
const MAX_WAITING = 1_000;
/** Without a request, and nothing to follow. */
const IDLE_MS = 60_000;
/** Without reading any of what waits for it. */
const STALLED_MS = 15_000;
/** From the first piece of an answer to the last: what it is made from is kept as long. */
const ANSWER_MS = 60_000;
/** Bytes read of it in a second, after the first of these: a chunk of 64 KiB each costs memory and its collection. */
const READ_BYTES = 1 << 17;
/** From its offence to its end: who is closed at once comes back at once. */
const PENALTY_MS = 1_000;
const NEWLINE = 10;

export function openSession(socket: Socket, answer: RequestHandler, turns: Turns): ControlClient {
  const uid = uidOf(socket);
  /** What has been read, and where the next request begins. */
  let pending: Buffer = Buffer.alloc(0);
  let at = 0;
  let read = { since: performance.now(), bytes: 0 };
  let ended = false;
  let busy = false;
  let scheduled = false;
  let activeAt = performance.now();
  let unfollow: (() => void) | undefined;
  let stalled: { readonly bytes: number; readonly since: number } | undefined;
  /** Answers under way, and since when. */
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
  /** Whatever takes longer than this turn is answered later, and nothing else of the client until then. */
  const reply = (line: string): void => {
    const request = parseRequest(line);
    if (request === undefined)
      return send(refuse('bad-request', 'not a request: one JSON object a line, such as {"command":"status"}'));
    // A peer whose user is unknown may only read.
    if (CHANGING.has(request.command) && uid !== 0 && (uid === undefined || uid !== process.getuid?.()))
      return send(refuse('permission', `${request.command} needs root`, `sudo backup-router ${request.command}`));
    // Whoever gave up waiting (the agent was stopped, or busy) does not expect it to happen later.
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
    // Not by cutting buffers: each is an object that the collector of garbage has to follow.
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
    // What is left is the beginning of a request: the chunk around it may go.
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

/** The client has closed its socket; one that has only said all that it has to say still waits for the answer. */
function hasGone(socket: Socket): boolean {
  const fd = descriptorOf(socket);
  return fd === undefined || loadLibc()?.hungUp(fd) === true;
}
