/**
 * What a session must know of the protocol on its socket: how a command is written, where an answer
 * ends, and which command is the heartbeat. One file for each protocol implements this; the session
 * stays the same.
 * Invariant: a reader holds at most its stated number of bytes, whatever the other
 * side sends.
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
 * What a piece of input completed. After a fault the stream is out of step and only a new
 * connection helps.
 */
export interface Reading {
  readonly answers: readonly Answer[];
  readonly fault: string | undefined;
}

/** Incremental parser of one connection; answers may be split over pieces in any way. */
export interface AnswerReader {
  push(chunk: Uint8Array): Reading;
}

/** A step of the conversation before the first heartbeat. */
export interface Opening {
  /** What to send; undefined: the other side speaks first. */
  readonly command: string | undefined;
  /** Whether this is the answer that belongs to it. */
  proves(answer: Answer): boolean;
}

/** What a daemon that answers says of itself. */
export type Readiness =
  | { readonly kind: 'ready' }
  /** It lives and has not finished starting. */
  | { readonly kind: 'starting'; readonly reason: string }
  /** It is on its way out: as good as dead. */
  | { readonly kind: 'stopping'; readonly reason: string };

export interface Dialect {
  /** A greeting to await, a command that must come first; none in most protocols. */
  readonly prelude?: readonly Opening[];
  /**
   * The heartbeat command: answered at once, by every version, without privileges. undefined: the
   * protocol is not known, nothing is ever sent, and a connection that lasts is all the life there
   * is.
   */
  readonly probe: string | undefined;
  /** What an answer to the heartbeat says; absent: who answers is ready. */
  readiness?(heartbeat: Answer): Readiness;
  /** Whether this answer to the heartbeat proves that the two sides are in step. */
  proves(answer: Answer): boolean;
  /** A command as bytes on the wire. */
  encode(command: string): string;
  /** A reader for a fresh connection. */
  reader(): AnswerReader;
}
