/**
 * Requests and their answers over one socket: sequence numbers, acknowledgements, dumps. What is asked and
 * what the answers mean is in messages-*.ts.
 *
 * Invariants: every request is answered exactly once, by the kernel, by an error or by close(). At most
 * {@link WINDOW} acknowledgements are outstanding, so that they fit the receive buffer (fact N2). A dump that
 * the kernel flags as interrupted (NLM_F_DUMP_INTR) is thrown away and asked again, never handed out.
 */

import type { StepResult } from '../core/ports.js';
import { systemError } from '../native/errno.js';
import { messageFlags, messageSequence, walkMessages, type Writer } from './codec.js';
import { decodeDone, decodeError } from './messages-error.js';
import { openSocket, type NetlinkSocket, type SocketOptions } from './socket.js';
import { NLMSG_DONE, NLMSG_ERROR, NLMSG_NOOP, NLM_F_DUMP_INTR } from './uapi.js';

/** Requests packed into one send, and outstanding at once. */
export const WINDOW = 128;
/** Dumps of one request that may be torn in a row before the caller hears of it. */
export const DUMP_ATTEMPTS = 8;
/** rtnetlink answers within the system call that asks; silence this long means that an answer was lost. */
const REPLY_TIMEOUT_MS = 5000;

/** Decodes one message of a dump; undefined leaves it out. */
export type DumpDecoder<T> = (bytes: Buffer, start: number, end: number, type: number) => T | undefined;

interface Pending {
  readonly onMessage: (type: number, bytes: Buffer, start: number, end: number) => void;
  readonly onFailure: (code: string, message: string) => void;
}

interface Work {
  readonly start: () => void;
  readonly fail: (code: string, message: string) => void;
}

export type OpenSocket = (options: SocketOptions) => NetlinkSocket;

export class Connection {
  readonly #socket: NetlinkSocket;
  readonly #pending = new Map<number, Pending>();
  /** One exchange at a time: the kernel runs one dump a socket, and a window is one send. */
  readonly #queue: Work[] = [];
  #busy = false;
  #sequence = 1;
  #timer: NodeJS.Timeout | undefined;
  #progress = 0;
  #closed = false;

  constructor(socketOptions: Pick<SocketOptions, 'receiveBuffer' | 'datagramBytes'>, open: OpenSocket = openSocket) {
    this.#socket = open({
      ...socketOptions,
      onDatagram: (bytes) => this.#receive(bytes),
      onError: (error) => this.#failPending('EIO', error.message),
    });
  }

  /** nlmsg_pid of the requests, which the kernel repeats in the notifications that they cause. */
  get port(): number {
    return this.#socket.port;
  }

  /**
   * Sends requests that are answered by an acknowledgement each; results in the same order. The first window
   * leaves within this call when nothing else is under way. Never rejects.
   */
  async change(messages: readonly Buffer[]): Promise<readonly StepResult[]> {
    const windows: Promise<readonly StepResult[]>[] = [];
    for (let at = 0; at < messages.length; at += WINDOW) windows.push(this.#changeWindow(messages.slice(at, at + WINDOW)));
    return (await Promise.all(windows)).flat();
  }

  /** Everything that the dump yields. Rejects with a `code` when the kernel refuses it or every attempt is torn. */
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
            else if (attempts >= DUMP_ATTEMPTS) finish(() => fail('EAGAIN', `changed under the reader ${attempts} times in a row`));
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

  /** Answers everything outstanding with ECANCELED. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket.close();
    this.#failPending('ECANCELED', 'connection closed');
    for (const work of this.#queue.splice(0)) work.fail('ECANCELED', 'connection closed');
  }

  #changeWindow(messages: readonly Buffer[]): Promise<readonly StepResult[]> {
    return new Promise((resolve) => {
      const results = new Array<StepResult>(messages.length);
      let missing = messages.length;
      const start = (): void => {
        messages.forEach((message, i) => {
          const settle = (result: StepResult): void => {
            if (!this.#pending.delete(sequence)) return;
            results[i] = result;
            if (--missing > 0) return;
            resolve(results);
            this.#next();
          };
          const sequence = this.#register({
            onMessage: (type, bytes, from, to) => {
              if (type === NLMSG_ERROR) settle(decodeError(bytes, from, to));
            },
            onFailure: (code, text) => settle({ ok: false, code, message: text }),
          });
          message.writeUInt32LE(sequence, 8);
        });
        this.#send(pack(messages));
      };
      const fail = (code: string, message: string): void => resolve(messages.map(() => ({ ok: false, code, message })));
      this.#enqueue({ start, fail });
    });
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
    const sequence = this.#sequence;
    this.#sequence = sequence >= 0xffffffff ? 1 : sequence + 1;
    this.#pending.set(sequence, pending);
    return sequence;
  }

  #send(bytes: Buffer): void {
    if (this.#closed) return this.#failPending('ECANCELED', 'connection closed');
    this.#timer ??= setTimeout(() => this.#expire(this.#progress), REPLY_TIMEOUT_MS);
    this.#socket.send(bytes, (error) => {
      if (error !== undefined) this.#failPending(error.code ?? 'EIO', error.message);
    });
  }

  #receive(bytes: Buffer): void {
    this.#progress++;
    walkMessages(bytes, (type, message, start, end) => {
      if (type !== NLMSG_NOOP) this.#pending.get(messageSequence(message, start))?.onMessage(type, message, start, end);
    });
    if (this.#pending.size > 0) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** A process that was stopped or busy has its answers waiting: let the loop poll once before giving them up. */
  #expire(progress: number): void {
    setImmediate(() => setImmediate(() => {
      this.#timer = undefined;
      if (this.#pending.size === 0) return;
      if (this.#progress === progress) this.#failPending('ETIMEDOUT', 'the kernel did not answer');
      else this.#timer = setTimeout(() => this.#expire(this.#progress), REPLY_TIMEOUT_MS);
    }));
  }

  #failPending(code: string, message: string): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const pending of [...this.#pending.values()]) pending.onFailure(code, message);
  }
}

function pack(messages: readonly Buffer[]): Buffer {
  const writer: Writer = { bytes: Buffer.alloc(messages.reduce((sum, message) => sum + message.length, 0)), length: 0 };
  for (const message of messages) {
    message.copy(writer.bytes, writer.length);
    writer.length += message.length;
  }
  return writer.bytes;
}
