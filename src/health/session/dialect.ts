/**
 * The protocol of a session's socket: how a command is written, where an answer ends, and which
 * command is the heartbeat. Each protocol implements this in a file; the session is the same for
 * all. Invariant: a reader keeps at most its stated number of bytes, whatever the other side
 * sends.
 */

/** One whole answer to one command. */
export interface Answer {
  readonly text: string;
  /**
   * The protocol's own status (vty: 0 is success; BIRD: the code of the last line, errors from
   * 8000).
   */
  readonly status: number;
}

/**
 * The answers that a piece of input has completed. After a fault the stream is out of step, and
 * only a new connection helps.
 */
export interface Reading {
  readonly answers: readonly Answer[];
  readonly fault: string | undefined;
}

/** Incremental parser of one connection; answers may arrive in pieces of any size. */
export interface AnswerReader {
  push(chunk: Uint8Array): Reading;
}

/** One step of the exchange before the first heartbeat. */
interface Opening {
  /** What to send; undefined: the other side speaks first. */
  readonly command: string | undefined;
  /** Whether this answer belongs to the step. */
  proves(answer: Answer): boolean;
}

/** The state that an answering daemon reports. */
export type Readiness =
  | { readonly kind: 'ready' }
  /** It runs and has not finished starting. */
  | { readonly kind: 'starting'; readonly reason: string }
  /** It is stopping, because it was told to: it counts as stopped. */
  | { readonly kind: 'stopping'; readonly reason: string };

export interface Dialect {
  /** A greeting to wait for, or a command that must come first; most protocols have none. */
  readonly prelude?: readonly Opening[];
  /**
   * The heartbeat command: every version answers it at once, without privileges. undefined: the
   * protocol is not known; nothing is sent, and a connection that lasts is the only sign of life.
   */
  readonly probe: string | undefined;
  /** The state reported by an answer to the heartbeat; absent: a daemon that answers is ready. */
  readiness?(heartbeat: Answer): Readiness;
  /** Whether this answer to the heartbeat proves that the two sides are in step. */
  proves(answer: Answer): boolean;
  /** A command as bytes on the wire. */
  encode(command: string): string;
  /** A reader for a fresh connection. */
  reader(): AnswerReader;
}
