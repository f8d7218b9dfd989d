/**
 * One client of the control socket, and its budget.
 *
 * Invariants. Of what it sends, one chunk is read and then no more until all of that is answered; of
 * what it does not read, a bounded number of bytes waits. Its requests are answered one after the
 * other, in turn with those of others (turns.ts). Whoever exceeds the budget is closed.
 */

import type { Socket } from 'node:net';
import { descriptorOf } from '../native/descriptor.js';
import { loadLibc, peerCredentials } from '../native/libc.js';
import { CHANGING, type Following, MAX_REQUEST_BYTES, parseRequest, type Request, type Response } from './protocol.js';
import type { Turns } from './turns.js';

export type RequestHandler = (request: Request) => Promise<Response | Following>;

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

/** Bytes that it may leave unread, beside what the kernel holds. The whole history is less. */
const MAX_UNREAD_BYTES = 1 << 20;
/** With so much unread no further request of it is answered. */
const WAIT_AT_BYTES = 1 << 16;
/** Without a request, and nothing to follow. */
const IDLE_MS = 60_000;
/** Without reading any of what waits for it. */
const STALLED_MS = 15_000;
const NEWLINE = 10;

export function openSession(socket: Socket, answer: RequestHandler, turns: Turns): ControlClient {
  const uid = uidOf(socket);
  let pending: Buffer = Buffer.alloc(0);
  let busy = false;
  let activeAt = performance.now();
  let unfollow: (() => void) | undefined;
  let stalled: { readonly bytes: number; readonly since: number } | undefined;

  const send = (response: Response): void => {
    if (!socket.writable) return;
    socket.write(textOf(response));
    if (socket.writableLength > MAX_UNREAD_BYTES) socket.destroy();
  };
  const follow = ({ follow: begin }: Following): void => {
    unfollow?.();
    unfollow = begin(send);
    if (socket.destroyed) unfollow();
  };
  const reply = async (line: Buffer): Promise<void> => {
    const request = parseRequest(line.toString('utf8'));
    if (request === undefined)
      return send(refuse('bad-request', 'not a request: one JSON object a line, such as {"command":"status"}'));
    // A peer whose user is unknown may only read.
    if (CHANGING.has(request.command) && uid !== 0 && (uid === undefined || uid !== process.getuid?.()))
      return send(refuse('permission', `${request.command} needs root`, `sudo backup-router ${request.command}`));
    // Whoever gave up waiting (the agent was stopped, or busy) does not expect it to happen later.
    if (CHANGING.has(request.command) && hasGone(socket)) return;
    try {
      const answered = await answer(request);
      if ('follow' in answered) follow(answered);
      else send(answered);
    } catch (error) {
      send(refuse('internal', error instanceof Error ? error.message : String(error)));
    }
  };
  const next = (): void => {
    if (busy || socket.destroyed || socket.writableLength > WAIT_AT_BYTES) return;
    const end = pending.indexOf(NEWLINE);
    if (end > MAX_REQUEST_BYTES || (end < 0 && pending.length > MAX_REQUEST_BYTES)) {
      send(refuse('too-long', `a request has at most ${MAX_REQUEST_BYTES} bytes`));
      return socket.destroySoon();
    }
    if (end < 0) return void socket.resume();
    const line = pending.subarray(0, end);
    pending = pending.subarray(end + 1);
    busy = true;
    activeAt = performance.now();
    void reply(line).then(() => {
      busy = false;
      turns.add(next);
    });
  };

  socket.on('data', (chunk: Buffer) => {
    socket.pause();
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    turns.add(next);
  });
  socket.on('drain', () => turns.add(next));
  socket.on('error', () => socket.destroy());
  socket.once('close', () => unfollow?.());

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
      const idle = unfollow === undefined && !busy && now - activeAt > IDLE_MS;
      if (idle || (stalled !== undefined && now - stalled.since > STALLED_MS)) socket.destroy();
    },
  };
}

function uidOf(socket: Socket): number | undefined {
  const fd = descriptorOf(socket);
  return fd === undefined ? undefined : peerCredentials(fd)?.uid;
}

function refuse(code: string, message: string, suggestion?: string): Response {
  return { ok: false, error: suggestion === undefined ? { code, message } : { code, message, suggestion } };
}

/** Of a status that many follow the text is made once. */
let written: { readonly status: unknown; readonly text: string } | undefined;

function textOf(response: Response): string {
  if (!('status' in response)) return `${JSON.stringify(response)}\n`;
  if (written?.status !== response.status) written = { status: response.status, text: `${JSON.stringify(response)}\n` };
  return written.text;
}

/** The client has closed its socket; one that has only said all that it has to say still waits for the answer. */
function hasGone(socket: Socket): boolean {
  const fd = descriptorOf(socket);
  return fd === undefined || loadLibc()?.hungUp(fd) === true;
}
