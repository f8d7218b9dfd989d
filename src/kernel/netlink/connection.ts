/**
 * Requests and their answers over one socket: sequence numbers, acknowledgements, dumps. The
 * contents of requests and answers are in messages/.
 *
 * Changes are sent in windows of {@link WINDOW} requests, one send(2) each. Only the last request
 * of a window asks for an acknowledgement. The kernel processes the requests in order within the
 * system call and reports every failure unasked, so a request that was not refused before that
 * acknowledgement has succeeded.
 *
 * Invariants: every request gets exactly one result, from the kernel, from an error or from
 * close(). There are never more windows under way than the receive buffer has room for refusals of
 * all their requests (fact N2). A dump that the kernel marks as interrupted (NLM_F_DUMP_INTR) is
 * discarded and repeated, never returned.
 */

import type { StepResult } from '../../core/ports.js';
import { systemError } from '../../native/errno.js';
import { decodeDone, decodeError } from './answer.js';
import { messageFlags, messageSequence, walkMessages } from './codec.js';
import { type NetlinkSocket, openSocket, type SocketOptions } from './socket.js';
import { NLM_F_DUMP_INTR, NLMSG_DONE, NLMSG_ERROR, NLMSG_NOOP } from './uapi.js';
import { OK, type Window } from './window.js';

/** How many times in a row one dump may be interrupted before it fails. */
export const DUMP_ATTEMPTS = 8;
/**
 * Windows of one batch under way at once: 600 refusals take some 770 KB of the socket's 2 MiB (1
 * MiB requested, doubled by the kernel).
 */
export const WINDOWS_AT_ONCE = 3;
/** Requests in one send where each has an answer of its own: some 64 KiB of the receive buffer. */
const GETS_AT_ONCE = 64;
/**
 * rtnetlink answers within the system call; without an answer for this long, the answer was lost.
 */
const REPLY_TIMEOUT_MS = 5000;

/** Decodes one message of a dump; undefined leaves it out. */
export type DumpDecoder<T> = (bytes: Buffer, start: number, end: number, type: number) => T | undefined;

/** What the kernel found (undefined: nothing of that kind), or why it refused. */
export type GetAnswer<T> = { readonly found: T | undefined } | { readonly code: string; readonly message: string };

interface Pending {
  readonly onMessage: (type: number, bytes: Buffer, start: number, end: number) => void;
  readonly onFailure: (code: string, message: string) => void;
}

interface Work {
  readonly start: () => void;
  readonly fail: (code: string, message: string) => void;
}

/** A window that was sent and is not yet acknowledged. */
interface Flight {
  readonly window: Window;
  /** By position in the window. */
  readonly refusals: Map<number, StepResult>;
  readonly land: (unanswered: StepResult) => void;
}

type OpenSocket = (options: SocketOptions) => NetlinkSocket;

export class Connection {
  readonly #socket: NetlinkSocket;
  readonly #pending = new Map<number, Pending>();
  readonly #flights: Flight[] = [];
  /** Dumps run one at a time: the kernel runs only one on a socket. */
  readonly #queue: Work[] = [];
  #busy = false;
  #sequence = 1;
  #timer: NodeJS.Timeout | undefined;
  #watching = false;
  #progress = 0;
  #closed = false;

  constructor(
    socketOptions: Pick<SocketOptions, 'receiveBuffer' | 'datagramBytes' | 'dumpBytes'>,
    open: OpenSocket = openSocket,
  ) {
    this.#socket = open({
      ...socketOptions,
      onDatagram: (bytes) => this.#receive(bytes),
      onError: (error) => this.#failPending('EIO', error.message),
    });
  }

  /** nlmsg_pid of the requests; the kernel repeats it in the notifications that they cause. */
  get port(): number {
    return this.#socket.port;
  }

  /**
   * Turns on dump filters, the kernel's error texts, and more than one window at a time:
   * everything that needs koffi (socket.ts).
   */
  harden(): void {
    this.#socket.harden();
  }

  /** Reserves `count` consecutive sequence numbers for a window and returns the first. */
  reserve(count: number): number {
    if (this.#sequence + count > 0xffffffff) this.#sequence = 1;
    const first = this.#sequence;
    this.#sequence += count;
    return first;
  }

  /**
   * Sends windows; returns one result for each request, in order. The first window is sent within
   * this call, whatever else is under way. Each window is taken from the iterable just before it
   * is sent, so it may be written that late. Never rejects.
   */
  change(windows: Iterable<Window>): Promise<readonly StepResult[]> {
    const waiting = windows[Symbol.iterator]();
    const results: StepResult[][] = [];
    return new Promise((resolve) => {
      let underWay = 0;
      let all = false;
      const limit = this.#socket.overflowSafe ? WINDOWS_AT_ONCE : 1;
      const pump = (): void => {
        while (!all && underWay < limit) {
          const next = waiting.next();
          if (next.done === true) all = true;
          else {
            const at = results.push([]) - 1;
            underWay++;
            this.#fly(next.value, (answers) => {
              results[at] = answers;
              underWay--;
              pump();
            });
          }
        }
        if (all && underWay === 0) resolve(results.flat());
      };
      pump();
    });
  }

  /**
   * Everything that the dump yields. Rejects with a `code` when the kernel refuses it or every
   * attempt is interrupted.
   */
  dump<T>(request: Buffer, decode: DumpDecoder<T>): Promise<readonly T[]> {
    return new Promise((resolve, reject) => {
      const fail = (code: string, message: string): void => reject(systemError(code, `kernel dump: ${message}`));
      let attempts = 0;
      const start = (): void => {
        attempts++;
        let items: T[] = [];
        let torn = false;
        const finish = (settle: () => void): void => {
          this.#pending.delete(sequence);
          settle();
          this.#next();
        };
        const sequence = this.#register({
          onMessage: (type, bytes, from, to) => {
            torn ||= (messageFlags(bytes, from) & NLM_F_DUMP_INTR) !== 0;
            if (type !== NLMSG_DONE && type !== NLMSG_ERROR) {
              const item = torn ? undefined : decode(bytes, from, to, type);
              if (item !== undefined) items.push(item);
              return;
            }
            const result = type === NLMSG_DONE ? decodeDone(bytes, from, to) : decodeError(bytes, from, to);
            if (!result.ok) finish(() => fail(result.code, result.message));
            else if (!torn) finish(() => resolve(items));
            else if (attempts >= DUMP_ATTEMPTS)
              finish(() => fail('EAGAIN', `changed while it was read, ${attempts} times in a row`));
            else {
              items = [];
              this.#pending.delete(sequence);
              start();
            }
          },
          onFailure: (code, message) => finish(() => fail(code, message)),
        });
        request.writeUInt32LE(sequence, 8);
        this.#send(request);
      };
      this.#enqueue({ start, fail });
    });
  }

  /**
   * The answer to each request; undefined where the kernel has no such object. Rejects with a
   * `code` when the kernel refuses. At most {@link GETS_AT_ONCE} requests are sent at once, so
   * that the answers fit the buffer.
   */
  async get<T>(requests: readonly Buffer[], decode: DumpDecoder<T>): Promise<readonly (T | undefined)[]> {
    return (await this.answers(requests, decode)).map((answer) => {
      if (!('code' in answer)) return answer.found;
      if (answer.code === 'ENOENT' || answer.code === 'ENODEV') return undefined;
      throw systemError(answer.code, `kernel: ${answer.message}`);
    });
  }

  /** Like {@link get}, with refusals as answers. */
  async answers<T>(requests: readonly Buffer[], decode: DumpDecoder<T>): Promise<readonly GetAnswer<T>[]> {
    const found: GetAnswer<T>[] = [];
    for (let from = 0; from < requests.length; from += GETS_AT_ONCE) {
      const some = requests.slice(from, from + GETS_AT_ONCE);
      const answers = some.map((request) => this.#answer(request, decode));
      this.#send(Buffer.concat(some));
      found.push(...(await Promise.all(answers)));
    }
    return found;
  }

  #answer<T>(request: Buffer, decode: DumpDecoder<T>): Promise<GetAnswer<T>> {
    return new Promise((resolve) => {
      const sequence = this.#register({
        onMessage: (type, bytes, from, to) => {
          this.#pending.delete(sequence);
          const result = type === NLMSG_ERROR ? decodeError(bytes, from, to) : OK;
          resolve(result.ok ? { found: decode(bytes, from, to, type) } : result);
        },
        onFailure: (code, message) => {
          this.#pending.delete(sequence);
          resolve({ code, message });
        },
      });
      request.writeUInt32LE(sequence, 8);
    });
  }

  /** Ends everything outstanding with ECANCELED. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket.close();
    this.#failPending('ECANCELED', 'connection closed');
    for (const work of this.#queue.splice(0)) work.fail('ECANCELED', 'connection closed');
  }

  #fly(window: Window, done: (answers: StepResult[]) => void): void {
    const refusals = new Map<number, StepResult>();
    const land = (unanswered: StepResult): void => {
      const at = this.#flights.indexOf(flight);
      if (at < 0) return;
      this.#flights.splice(at, 1);
      const answers = new Array<StepResult>(window.count).fill(unanswered);
      for (const [position, refusal] of refusals) answers[position] = refusal;
      done(answers);
    };
    const flight: Flight = { window, refusals, land };
    this.#flights.push(flight);
    this.#send(window.bytes);
  }

  /** An answer to a request of a window: a refusal, or the acknowledgement that ends it. */
  #answered(sequence: number, bytes: Buffer, start: number, end: number): void {
    for (const flight of this.#flights) {
      const position = sequence - flight.window.first;
      if (position < 0 || position >= flight.window.count) continue;
      const result = decodeError(bytes, start, end);
      if (!result.ok) flight.refusals.set(position, result);
      if (position === flight.window.count - 1) flight.land(OK);
      return;
    }
  }

  #enqueue(work: Work): void {
    if (this.#closed) return work.fail('ECANCELED', 'connection closed');
    this.#queue.push(work);
    if (!this.#busy) this.#next();
  }

  #next(): void {
    const work = this.#queue.shift();
    this.#busy = work !== undefined;
    work?.start();
  }

  #register(pending: Pending): number {
    const sequence = this.reserve(1);
    this.#pending.set(sequence, pending);
    return sequence;
  }

  #send(bytes: Buffer): void {
    if (this.#closed) return this.#failPending('ECANCELED', 'connection closed');
    this.#socket.send(bytes, (error) => {
      if (error !== undefined) this.#failPending(error.code ?? 'EIO', error.message);
    });
    this.#watch();
  }

  /**
   * Starts the time-out only if the kernel has not answered by the next turn of the loop, which is
   * rare: the first timer of a process takes 0.4 ms.
   */
  #watch(): void {
    if (this.#watching || this.#timer !== undefined) return;
    this.#watching = true;
    setImmediate(() => {
      this.#watching = false;
      if (this.#waited()) this.#timer ??= setTimeout(() => this.#expire(this.#progress), REPLY_TIMEOUT_MS);
    });
  }

  #receive(bytes: Buffer): void {
    this.#progress++;
    walkMessages(bytes, (type, message, start, end) => {
      if (type === NLMSG_NOOP) return;
      const sequence = messageSequence(message, start);
      const pending = this.#pending.get(sequence);
      if (pending !== undefined) pending.onMessage(type, message, start, end);
      else if (type === NLMSG_ERROR) this.#answered(sequence, message, start, end);
    });
    if (this.#timer !== undefined && !this.#waited()) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
    }
  }

  #waited(): boolean {
    return this.#pending.size > 0 || this.#flights.length > 0;
  }

  /**
   * A process that was stopped or busy may have answers waiting: the loop polls once before they
   * are given up.
   */
  #expire(progress: number): void {
    setImmediate(() =>
      setImmediate(() => {
        this.#timer = undefined;
        if (!this.#waited()) return;
        if (this.#progress === progress) this.#failPending('ETIMEDOUT', 'the kernel did not answer');
        else this.#timer = setTimeout(() => this.#expire(this.#progress), REPLY_TIMEOUT_MS);
      }),
    );
  }

  #failPending(code: string, message: string): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const pending of [...this.#pending.values()]) pending.onFailure(code, message);
    for (const flight of [...this.#flights]) flight.land({ ok: false, code, message });
  }
}
