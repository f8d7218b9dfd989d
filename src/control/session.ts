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
/** After this many bytes, nothing more is read from it within a second. */
const READ_BYTES = 1 << 16;
/**
 * Delay before an offending client is closed: a client that is closed at once comes back at once.
 */
const PENALTY_MS = 1_000;
const NEWLINE = 10;
const NOTHING: Buffer = Buffer.alloc(0);

/**
 * A class, and its members no closures: hundreds of clients a second may come and go, and what
 * each of them leaves to the garbage collector delays everything else.
 */
export class ClientSession {
  /** The user at the other end; undefined when not known (no koffi). */
  readonly uid: number | undefined;
  /** Monotonic time of its last request. */
  activeAt = performance.now();
  /** The input that was read, and where the next request begins in it. */
  #pending = NOTHING;
  #at = 0;
  #readSince = this.activeAt;
  #readBytes = 0;
  #ended = false;
  #busy = false;
  #scheduled = false;
  #unfollow: (() => void) | undefined;
  #stalledBytes = 0;
  #stalledSince = 0;
  /** Answers that wait to be made, and the one that is being sent, with its start. */
  #waiting: Gradual['pieces'][] | undefined;
  #under: ReturnType<Gradual['pieces']> | undefined;
  #underSince = 0;
  readonly #step = (): void => this.#work();

  constructor(
    readonly socket: Socket,
    private readonly answer: RequestHandler,
    private readonly turns: Turns,
  ) {
    this.uid = uidOf(socket);
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.on('end', () => {
      this.#ended = true;
      this.#schedule();
    });
    socket.on('drain', () => this.#schedule());
    socket.on('error', () => socket.destroy());
    socket.once('close', () => {
      this.#unfollow?.();
      this.#forget();
      // What Node had read ahead.
      free(socket.read() as Buffer | null);
    });
    this.#schedule();
  }

  unread(): number {
    return this.socket.writableLength;
  }

  /** Closes it if a time limit is over. */
  check(now: number): void {
    const bytes = this.socket.writableLength;
    if (bytes === 0 || bytes < this.#stalledBytes) this.#stalledBytes = 0;
    else if (this.#stalledBytes === 0) [this.#stalledBytes, this.#stalledSince] = [bytes, now];
    const stalled = this.#stalledBytes > 0 && now - this.#stalledSince > STALLED_MS;
    const idle =
      this.#unfollow === undefined && !this.#busy && this.#under === undefined && now - this.activeAt > IDLE_MS;
    const late = this.#under !== undefined && now - this.#underSince > ANSWER_MS;
    if (idle || late || stalled) this.socket.destroy();
  }

  #read(chunk: Buffer): void {
    this.socket.pause();
    this.#readBytes += chunk.length;
    const rest = this.#pending;
    this.#pending = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    if (rest.length > 0) free(chunk);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled || this.socket.destroyed) return;
    this.#scheduled = true;
    this.turns.add(this.#step);
  }

  #work(): void {
    this.#scheduled = false;
    if (this.#busy || this.socket.destroyed || this.socket.writableLength > WAIT_AT_BYTES) return;
    if (!this.#making()) this.#takeRequest();
    // Of a short answer this is all: what it is made from ends with this turn.
    if (!this.#making() || this.socket.destroyed) return;
    try {
      this.#sendPiece();
    } catch (error) {
      this.socket.destroy();
      setImmediate(() => {
        throw error;
      });
    }
  }

  /** Whether an answer is under way, or waits to be made. */
  #making(): boolean {
    return this.#under !== undefined || this.#waiting !== undefined;
  }

  #takeRequest(): void {
    const end = this.#pending.indexOf(NEWLINE, this.#at);
    if ((end < 0 ? this.#pending.length : end) - this.#at > MAX_REQUEST_BYTES) {
      this.#send(refuse('too-long', `a request has at most ${MAX_REQUEST_BYTES} bytes`));
      this.#busy = true;
      this.#forget();
      return later(PENALTY_MS, () => this.socket.destroySoon());
    }
    if (end < 0) return this.#ended ? void this.socket.end() : this.#readOn();
    // Requests are not cut out as buffers: each is an object that the garbage collector has to
    // follow.
    const line = this.#pending.toString('utf8', this.#at, end);
    this.#at = end + 1;
    this.activeAt = performance.now();
    this.#reply(line);
    this.#schedule();
  }

  #readOn(): void {
    // The rest is the beginning of a request.
    const rest = this.#at < this.#pending.length ? Buffer.from(this.#pending.subarray(this.#at)) : NOTHING;
    this.#forget();
    this.#pending = rest;
    const now = performance.now();
    if (now - this.#readSince >= 1_000) [this.#readSince, this.#readBytes] = [now, 0];
    if (this.#readBytes < READ_BYTES) return void this.socket.resume();
    later(this.#readSince + 1_000 - now, () => {
      if (!this.socket.destroyed) this.socket.resume();
    });
  }

  #forget(): void {
    free(this.#pending);
    this.#pending = NOTHING;
    this.#at = 0;
  }

  /**
   * Answers one request. If the answer takes longer than this turn, it is sent later, and the
   * client's other requests wait for it.
   */
  #reply(line: string): void {
    const request = parseRequest(line);
    if (request === undefined)
      return this.#send(refuse('bad-request', 'not a request: one JSON object a line, such as {"command":"status"}'));
    const { uid } = this;
    // A peer whose user is unknown may only read.
    if (CHANGING.has(request.command) && uid !== 0 && (uid === undefined || uid !== process.getuid?.()))
      return this.#send(refuse('permission', `${request.command} needs root`, `sudo backup-router ${request.command}`));
    // A client that gave up waiting (the agent was stopped or busy) does not expect the change to
    // happen later.
    if (CHANGING.has(request.command) && hasGone(this.socket)) return;
    try {
      const given = this.answer(request);
      if (!(given instanceof Promise)) return this.#answered(given);
      this.#busy = true;
      void given
        .then((reply) => this.#answered(reply))
        .catch((error: unknown) => this.#failed(error))
        .finally(() => {
          this.#busy = false;
          this.#schedule();
        });
    } catch (error) {
      this.#failed(error);
    }
  }

  #answered(given: Reply): void {
    if (!('follow' in given)) return this.#send(given);
    this.#unfollow?.();
    this.#unfollow = given.follow((response) => this.#send(response));
    if (this.socket.destroyed) this.#unfollow();
  }

  #failed(error: unknown): void {
    this.#send(refuse('internal', error instanceof Error ? error.message : String(error)));
  }

  #send(response: Response | Gradual): void {
    if (!this.socket.writable) return;
    const gradual = 'pieces' in response;
    if (gradual || this.#making()) {
      this.#waiting ??= [];
      this.#waiting.push(gradual ? response.pieces : () => [textOf(response)].values());
      this.#schedule();
    } else this.socket.write(textOf(response));
    if (this.socket.writableLength > MAX_UNREAD_BYTES || (this.#waiting?.length ?? 0) > MAX_WAITING)
      this.socket.destroy();
  }

  #sendPiece(): void {
    if (this.#under === undefined) {
      this.#under = this.#waiting!.shift()!();
      this.#underSince = performance.now();
      if (this.#waiting!.length === 0) this.#waiting = undefined;
    }
    const { done, value } = this.#under.next();
    if (done === true) this.#under = undefined;
    if (value) this.socket.write(value);
    this.#schedule();
  }
}

/**
 * Frees the memory of a large chunk that was read. The garbage collector would collect the whole
 * heap for every few megabytes of them, 10 ms each time.
 */
function free(chunk: Buffer | null): void {
  // A smaller one may share its memory with others.
  if (chunk === null || chunk.length <= MAX_REQUEST_BYTES || chunk.length < chunk.buffer.byteLength) return;
  (chunk.buffer as ArrayBuffer).transfer(0);
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
