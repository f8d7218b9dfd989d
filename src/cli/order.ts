/**
 * `reload`, `confirm`, `hold` and `role`: send a request that changes something and print the
 * daemon's answer.
 */

import { parseDuration } from '../config/duration.js';
import { request } from '../control/client.js';
import { MAX_CONFIRM_MS, MAX_HOLD_MS, MIN_CONFIRM_MS, type Request } from '../control/protocol.js';
import { CommandError, EXIT } from '../model/exit.js';
import { pathsOf } from '../model/paths.js';

/** The exit status of each refusal. */
const STATUS: ReadonlyMap<string, number> = new Map([
  ['permission', EXIT.NO_PERMISSION],
  ['configuration', EXIT.CONFIG],
  ['not-pending', EXIT.NOT_IN_STATE],
  ['not-possible', EXIT.NOT_IN_STATE],
  ['state-directory', EXIT.NOT_IN_STATE],
]);

/** Sends it and prints the answer. Rejects with 1, 77, 78 or 70 and the remedy. */
export async function order(question: Request): Promise<number> {
  const response = await request(pathsOf(process.env).controlSocket, question);
  if (!response.ok) {
    const { code, message, suggestion } = response.error;
    throw new CommandError(STATUS.get(code) ?? EXIT.SOFTWARE, message, suggestion);
  }
  if ('message' in response) process.stdout.write(`${response.message}\n`);
  return EXIT.OK;
}

/** The word behind `hold`: a duration, `off`, or nothing for "until hold off". */
export function holdRequest(word: string | undefined): Request {
  if (word === undefined || word === 'never') return { command: 'hold', durationMs: 'never' };
  if (word === 'off') return { command: 'hold', durationMs: 'off' };
  const parsed = parseDuration(word, { minMs: 1000, maxMs: MAX_HOLD_MS, neverAllowed: false });
  if (parsed.ok) return { command: 'hold', durationMs: parsed.value };
  throw new CommandError(EXIT.USAGE, `not a duration: ${word}`, 'backup-router hold 30m, or hold off');
}

/** `reload`, with the time to confirm it where one is given. */
export function reloadRequest(confirm: string | undefined): Request {
  if (confirm === undefined) return { command: 'reload' };
  const parsed = parseDuration(confirm, {
    minMs: MIN_CONFIRM_MS,
    maxMs: MAX_CONFIRM_MS,
    neverAllowed: false,
  });
  if (parsed.ok && parsed.value !== 'never') return { command: 'reload', confirmMs: parsed.value };
  throw new CommandError(
    EXIT.USAGE,
    parsed.ok ? 'not a time' : `--confirm: ${parsed.fault.message}`,
    parsed.ok ? 'reload --confirm 5m' : parsed.fault.suggestion,
  );
}
