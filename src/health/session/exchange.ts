/**
 * The commands of one connection: a queue of which exactly one is outstanding (fact F6); the
 * heartbeat is one of them. It knows neither sockets nor verdicts. Invariant: an answer always
 * belongs to the command sent last. If a caller stops waiting, its command still stays outstanding
 * until it is answered or the connection ends.
 */

import type { Clock, Timer } from '../../host/clock.js';
import type { Answer, AnswerReader, Dialect } from './dialect.js';

interface Waiter {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
  readonly timer: Timer;
}

interface Command {
  /** undefined: nothing is sent; the other side speaks by itself. */
  readonly text: string | undefined;
  readonly purpose: 'prelude' | 'heartbeat' | 'question';
  /**
   * For the prelude and the heartbeat: an answer that does not match means that the two sides are
   * out of step.
   */
  readonly proves: (answer: Answer) => boolean;
  /** undefined for a probe, and for a command whose time limit is over. */
  waiter: Waiter | undefined;
}

/** `answered`: at least one heartbeat or question has its proper answer. */
type Received =
  | { readonly kind: 'answered' }
  | { readonly kind: 'incomplete' }
  | { readonly kind: 'fault'; readonly reason: string };

const ANSWERED: Received = { kind: 'answered' };
const INCOMPLETE: Received = { kind: 'incomplete' };

export class Exchange {
  readonly #dialect: Dialect;
  readonly #clock: Clock;
  readonly #write: (bytes: string) => void;
  readonly #reader: AnswerReader;
  readonly #queue: Command[] = [];
  #outstanding: Command | undefined;
  #heartbeat: Answer | undefined;
  #open = false;

  constructor(dialect: Dialect, clock: Clock, write: (bytes: string) => void) {
    this.#dialect = dialect;
    this.#clock = clock;
    this.#write = write;
    this.#reader = dialect.reader();
  }

  /** The last answer to the heartbeat; undefined when there is none yet. */
  get heartbeat(): Answer | undefined {
    return this.#heartbeat;
  }

  /** Whether a command waits for its answer. */
  get outstanding(): boolean {
    return this.#outstanding !== undefined;
  }

  /** The connection is established: sends what was queued. */
  open(): void {
    this.#open = true;
    const prelude = (this.#dialect.prelude ?? []).map(
      ({ command, proves }): Command => ({ text: command, purpose: 'prelude', proves, waiter: undefined }),
    );
    this.#queue.unshift(...prelude);
    this.#sendNext();
  }

  /**
   * Queues the heartbeat, unless the connection is busy: then the pending answer serves as
   * heartbeat.
   */
  probe(): void {
    const { probe } = this.#dialect;
    if (probe === undefined || this.#outstanding !== undefined || this.#queue.length > 0) return;
    this.#queue.push({
      text: probe,
      purpose: 'heartbeat',
      proves: (answer) => this.#dialect.proves(answer),
      waiter: undefined,
    });
    this.#sendNext();
  }

  /**
   * Resolves with the answer; rejects when it takes longer than `limitMs`, time in the queue
   * included, or the connection ends.
   */
  ask(text: string, limitMs: number): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const command: Command = { text, purpose: 'question', proves: () => true, waiter: undefined };
      const timer = this.#clock.at(this.#clock.now() + limitMs, () => {
        command.waiter = undefined;
        const index = this.#queue.indexOf(command);
        if (index >= 0) this.#queue.splice(index, 1);
        reject(new Error(`no answer to '${text}' within ${limitMs} ms`));
      });
      command.waiter = { resolve, reject, timer };
      this.#queue.push(command);
      this.#sendNext();
    });
  }

  /** Processes a piece of input. */
  receive(chunk: Uint8Array): Received {
    const reading = this.#reader.push(chunk);
    let answered = false;
    for (const answer of reading.answers) {
      const command = this.#outstanding;
      if (command === undefined) return { kind: 'fault', reason: 'an answer without a command' };
      if (!command.proves(answer)) {
        const said = JSON.stringify(answer.text.slice(0, 40));
        return {
          kind: 'fault',
          reason: command.text === undefined ? `the greeting ${said}` : `'${command.text}' answered by ${said}`,
        };
      }
      this.#outstanding = undefined;
      if (command.purpose === 'heartbeat') this.#heartbeat = answer;
      if (command.purpose !== 'prelude') answered = true;
      const waiter = release(command);
      waiter?.resolve(answer);
      this.#sendNext();
    }
    if (reading.fault !== undefined) return { kind: 'fault', reason: reading.fault };
    return answered ? ANSWERED : INCOMPLETE;
  }

  /** The connection has ended: rejects everything that waits, with the reason. */
  close(reason: string): void {
    this.#open = false;
    const commands = this.#outstanding === undefined ? this.#queue : [this.#outstanding, ...this.#queue];
    for (const command of commands) release(command)?.reject(new Error(reason));
    this.#outstanding = undefined;
    this.#queue.length = 0;
  }

  #sendNext(): void {
    if (!this.#open || this.#outstanding !== undefined) return;
    const next = this.#queue.shift();
    if (next === undefined) return;
    this.#outstanding = next;
    if (next.text !== undefined) this.#write(this.#dialect.encode(next.text));
  }
}

function release(command: Command): Waiter | undefined {
  const waiter = command.waiter;
  command.waiter = undefined;
  waiter?.timer.cancel();
  return waiter;
}
