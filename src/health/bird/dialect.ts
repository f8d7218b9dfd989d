/**
 * The protocol of BIRD's control socket (facts B1, B2; nest/cli.c): lines. `NNNN text` ends an
 * answer, `NNNN-text` continues it, a line that begins with a blank has the code of the line
 * before, and `+` begins a log line that was not requested. First digit of a code: 0 done, 1 data,
 * 8 refused, 9 syntax. BIRD speaks first (`0001 ... ready.`), and the agent drops its privileges
 * before it asks anything (`restrict`).
 */

import type { Answer, AnswerReader, Dialect, Readiness, Reading } from '../session/dialect.js';

/**
 * No command that the agent sends has a larger answer: `show protocols` with 5000 peers is 400 kB.
 */
export const MAX_ANSWER_BYTES = 1 << 20;

const READY = 1;
const STATUS = 13;
const RESTRICTED = 16;
const GRACEFUL_RESTART = '0024';

export const BIRD: Dialect = {
  prelude: [
    { command: undefined, proves: (answer) => answer.status === READY },
    { command: 'restrict', proves: (answer) => answer.status === RESTRICTED },
  ],
  probe: 'show status',
  proves: (answer) => answer.status === STATUS,
  readiness,
  encode: (command) => `${command}\n`,
  reader: () => new LineReader(),
};

/**
 * Read from the last line of `show status` (cmd_show_status in nest/cmds.c), and the line about a
 * graceful restart.
 */
function readiness(heartbeat: Answer): Readiness {
  const lines = heartbeat.text.split('\n');
  const last = lines.at(-1)?.slice(5) ?? '';
  // The recovery ends by itself, also after `graceful restart wait`; until then the routes are
  // those of the former life.
  const restarting = lines.find((line) => line.startsWith(GRACEFUL_RESTART));
  if (/shutdown/i.test(last)) return { kind: 'stopping', reason: `BIRD says: ${last}` };
  return restarting === undefined
    ? { kind: 'ready' }
    : { kind: 'starting', reason: `BIRD says: ${restarting.slice(5)}` };
}

class LineReader implements AnswerReader {
  #lines: string[] = [];
  #bytes = 0;
  /** The pieces of a line that is not complete. */
  #rest: string[] = [];

  push(chunk: Uint8Array): Reading {
    const answers: Answer[] = [];
    // latin1 keeps every byte; all that is parsed here is ASCII.
    const pieces = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString('latin1').split('\n');
    for (const [i, piece] of pieces.entries()) {
      this.#bytes += piece.length + (i < pieces.length - 1 ? 1 : 0);
      if (this.#bytes > MAX_ANSWER_BYTES) return { answers, fault: `an answer of more than ${MAX_ANSWER_BYTES} bytes` };
      if (piece !== '') this.#rest.push(piece);
      if (i === pieces.length - 1) break;
      const line = this.#rest.join('');
      this.#rest = [];
      if (line.startsWith('+')) continue;
      if (!/^(?: |\d{4}[ -])/.test(line)) return { answers, fault: `the line ${JSON.stringify(line.slice(0, 40))}` };
      this.#lines.push(line);
      if (line[0] === ' ' || line[4] === '-') continue;
      answers.push({ text: this.#lines.join('\n'), status: Number(line.slice(0, 4)) });
      this.#lines = [];
      this.#bytes = 0;
    }
    return { answers, fault: undefined };
  }
}

/**
 * Milliseconds since BIRD started, computed from two times that it prints itself in one format and
 * time zone; undefined when unreadable.
 */
export function ageOf(heartbeat: string): number | undefined {
  const now = timeAfter(heartbeat, 'Current server time is');
  const boot = timeAfter(heartbeat, 'Last reboot on');
  return now >= boot ? now - boot : undefined;
}

/**
 * The time after the label. `timeformat base` is `iso long` unless configured; any other format
 * gives NaN, with which every comparison fails.
 */
function timeAfter(text: string, label: string): number {
  const found = new RegExp(`${label} (\\d{4}-\\d\\d-\\d\\d) (\\d\\d:\\d\\d:\\d\\d(?:\\.\\d{3})?)`).exec(text);
  return found === null ? NaN : Date.parse(`${found[1]}T${found[2]}Z`);
}
