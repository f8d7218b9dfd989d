/**
 * What a link must know of the protocol on its socket: how a command is written, where an answer ends, and which
 * command is the heartbeat. One file for each protocol implements this; the link stays the same.
 * Invariant: a reader holds at most its stated number of bytes, whatever the other side sends.
 */

/** One whole answer to one command. */
export interface Answer {
  readonly text: string;
  /** The protocol's own status; 0 is success. */
  readonly status: number;
}

/** What a piece of input completed. After a fault the stream is out of step and only a new connection helps. */
export interface Reading {
  readonly answers: readonly Answer[];
  readonly fault: string | undefined;
}

/** Incremental parser of one connection; answers may be split over pieces in any way. */
export interface AnswerReader {
  push(chunk: Uint8Array): Reading;
}

export interface Dialect {
  /** The heartbeat command: answered at once, by every version, without privileges. */
  readonly probe: string;
  /** Whether this answer to the heartbeat proves that the two sides are in step. */
  proves(answer: Answer): boolean;
  /** A command as bytes on the wire. */
  encode(command: string): string;
  /** A reader for a fresh connection. */
  reader(): AnswerReader;
}
