/**
 * The protocol of FRR's vty sockets (fact F6; lib/vty.c, vtysh_read and vtysh_rl): the client
 * sends `command NUL`; the daemon answers with text, three NULs and one status byte (enum
 * cmd_return, lib/command.h). There is no banner and no prompt. `echo` is in the view node of
 * every daemon, so the heartbeat needs no enable.
 */

import type { Answer, AnswerReader, Dialect, Reading } from '../session/dialect.js';

/** No command that the agent sends has a larger answer. */
export const MAX_ANSWER_BYTES = 1 << 20;

/** NUL NUL NUL status. */
const TRAILER_BYTES = 4;
const FIRST_BUFFER_BYTES = 512;

export const VTY: Dialect = {
  probe: 'echo ok',
  // A status other than 0 (a daemon without `echo`) is an answer, too; status 0 with another text
  // is not the answer to this command.
  proves: (answer) => answer.status !== 0 || answer.text.trim() === 'ok',
  encode: (command) => `${command}\0`,
  reader: () => new VtyReader(),
};

class VtyReader implements AnswerReader {
  #text = Buffer.allocUnsafeSlow(FIRST_BUFFER_BYTES);
  #textBytes = 0;
  /**
   * Bytes of the trailer seen so far. The text contains no NUL, so the first NUL begins the
   * trailer.
   */
  #trailer = 0;

  push(chunk: Uint8Array): Reading {
    const answers: Answer[] = [];
    let at = 0;
    while (at < chunk.length) {
      if (this.#trailer === 0) {
        const nul = chunk.indexOf(0, at);
        const end = nul < 0 ? chunk.length : nul;
        if (this.#textBytes + end - at > MAX_ANSWER_BYTES)
          return { answers, fault: `an answer of more than ${MAX_ANSWER_BYTES} bytes` };
        this.#append(chunk.subarray(at, end));
        at = end;
        if (nul < 0) break;
      }
      const byte = chunk[at++]!;
      if (this.#trailer < TRAILER_BYTES - 1) {
        if (byte !== 0) return { answers, fault: 'a NUL inside an answer' };
        this.#trailer++;
        continue;
      }
      answers.push({ text: this.#text.toString('utf8', 0, this.#textBytes), status: byte });
      this.#textBytes = 0;
      this.#trailer = 0;
    }
    return { answers, fault: undefined };
  }

  /**
   * One buffer that doubles: a list of pieces would cost far more than their bytes if they came
   * one at a time.
   */
  #append(piece: Uint8Array): void {
    const needed = this.#textBytes + piece.length;
    if (needed > this.#text.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(needed, Math.min(2 * this.#text.length, MAX_ANSWER_BYTES)));
      this.#text.copy(larger, 0, 0, this.#textBytes);
      this.#text = larger;
    }
    this.#text.set(piece, this.#textBytes);
    this.#textBytes = needed;
  }
}
