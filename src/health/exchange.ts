/**
 * The conversation on one connection: a queue of commands of which exactly one is outstanding (fact F6), the
 * heartbeat being one of them. Knows neither sockets nor verdicts.
 * Invariant: an answer always belongs to the command sent last. A caller who stops waiting does not change that:
 * his command stays outstanding until it is answered or the connection ends.
 */

import type { Clock, Timer } from './clock.js';
import type { Answer, AnswerReader, Dialect } from './dialect.js';

interface Waiter {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
  readonly timer: Timer;
}

interface Command {
  readonly text: string;
  /** Nobody waits for a probe, nor for a command whose time limit is over. */
  waiter: Waiter | undefined;
}

/** `answered`: at least one command was answered as it should be. */
export type Received = { readonly kind: 'answered' } | { readonly kind: 'incomplete' } | { readonly kind: 'fault'; readonly reason: string };

const ANSWERED: Received = { kind: 'answered' };
const INCOMPLETE: Received = { kind: 'incomplete' };

export class Exchange {
  readonly #dialect: Dialect;
  readonly #clock: Clock;
  readonly #write: (bytes: string) => void;
  readonly #reader: AnswerReader;
  readonly #queue: Command[] = [];
  #outstanding: Command | undefined;
  #open = false;

  constructor(dialect: Dialect, clock: Clock, write: (bytes: string) => void) {
    this.#dialect = dialect;
    this.#clock = clock;
    this.#write = write;
    this.#reader = dialect.reader();
  }

  /** Whether a command waits for its answer. */
  get outstanding(): boolean {
    return this.#outstanding !== undefined;
  }

  /** The connection stands: what was queued goes out. */
  open(): void {
    this.#open = true;
    this.#sendNext();
  }

  /** Queues the heartbeat, unless the connection is busy: then the answer that is due is the heartbeat. */
  probe(): void {
    if (this.#outstanding !== undefined || this.#queue.length > 0) return;
    this.#queue.push({ text: this.#dialect.probe, waiter: undefined });
    this.#sendNext();
  }

  /** Resolves with the answer; rejects when it takes longer than `limitMs`, time in the queue included, or the connection ends. */
  ask(text: string, limitMs: number): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const command: Command = { text, waiter: undefined };
      const timer = this.#clock.setTimeout(() => {
        command.waiter = undefined;
        const index = this.#queue.indexOf(command);
        if (index >= 0) this.#queue.splice(index, 1);
        reject(new Error(`no answer to '${text}' within ${limitMs} ms`));
      }, limitMs);
      command.waiter = { resolve, reject, timer };
      this.#queue.push(command);
      this.#sendNext();
    });
  }

  /** Takes a piece of input. */
  receive(chunk: Uint8Array): Received {
    const reading = this.#reader.push(chunk);
    let answered = false;
    for (const answer of reading.answers) {
      const command = this.#outstanding;
      if (command === undefined) return { kind: 'fault', reason: 'an answer to no command' };
      if (command.text === this.#dialect.probe && !this.#dialect.proves(answer)) {
        return { kind: 'fault', reason: `'${command.text}' answered by ${JSON.stringify(answer.text.slice(0, 40))}` };
      }
      this.#outstanding = undefined;
      answered = true;
      const waiter = release(command, this.#clock);
      waiter?.resolve(answer);
      this.#sendNext();
    }
    if (reading.fault !== undefined) return { kind: 'fault', reason: reading.fault };
    return answered ? ANSWERED : INCOMPLETE;
  }

  /** The connection has ended: everybody who waits hears why. */
  close(reason: string): void {
    this.#open = false;
    const commands = this.#outstanding === undefined ? this.#queue : [this.#outstanding, ...this.#queue];
    for (const command of commands) release(command, this.#clock)?.reject(new Error(reason));
    this.#outstanding = undefined;
    this.#queue.length = 0;
  }

  #sendNext(): void {
    if (!this.#open || this.#outstanding !== undefined) return;
    const next = this.#queue.shift();
    if (next === undefined) return;
    this.#outstanding = next;
    this.#write(this.#dialect.encode(next.text));
  }
}

function release(command: Command, clock: Clock): Waiter | undefined {
  const waiter = command.waiter;
  command.waiter = undefined;
  if (waiter !== undefined) clock.clearTimeout(waiter.timer);
  return waiter;
}
