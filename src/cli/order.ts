/** `reload`, `hold` and `role`: a request that changes something, and what the daemon says to it. */

import { parseDuration } from '../config/duration.js';
import { request } from '../control/client.js';
import { MAX_HOLD_MS, type Request } from '../control/protocol.js';
import { CommandError, EXIT } from '../model/exit.js';
import { pathsOf } from '../model/paths.js';

/** Sends it and prints the answer. Rejects with 77, 78 or 70 and the remedy. */
export async function order(question: Request): Promise<number> {
  const response = await request(pathsOf(process.env).controlSocket, question);
  if (!response.ok) {
    const { code, message, suggestion } = response.error;
    throw new CommandError(code === 'permission' ? EXIT.NO_PERMISSION : code === 'configuration' ? EXIT.CONFIG : EXIT.SOFTWARE, message, suggestion);
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
