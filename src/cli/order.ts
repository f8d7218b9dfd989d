/**
 * `confirm`, `hold` and `role`: sends a request that changes something, and prints the agent's
 * answer.
 */

import type { Fault } from '../config/diagnostic.js';
import { parseDuration } from '../config/duration.js';
import { answerWith, request } from '../control/client.js';
import { MAX_HOLD_MS, type Request } from '../control/protocol.js';
import type { Role } from '../model/config.js';
import { CommandError, EXIT } from '../model/exit.js';
import { pathsOf } from '../model/paths.js';
import { localTimes } from '../model/text.js';
import { sudoAgain } from './again.js';
import type { OrderOutput } from './output.js';
import { print, printJson } from './print.js';

/** The exit status for each error code of a refusal. */
const STATUS: ReadonlyMap<string, number> = new Map([
  ['permission', EXIT.NO_PERMISSION],
  ['configuration', EXIT.CONFIG],
  ['not-pending', EXIT.NOT_IN_STATE],
  ['not-possible', EXIT.NOT_IN_STATE],
  ['state-directory', EXIT.NOT_IN_STATE],
]);

/**
 * Sends the request and returns the answer if it has the field. Rejects with exit status 1, 69, 77,
 * 78 or 70 and the remedy.
 */
export async function ask<Field extends string>(
  question: Request,
  field: Field,
): Promise<ReturnType<typeof answerWith<Field>>> {
  const response = await request(pathsOf(process.env).controlSocket, question).catch((error: unknown) => {
    if (error instanceof CommandError && error.exitStatus === EXIT.NO_PERMISSION)
      throw new CommandError(error.exitStatus, error.message, sudoAgain());
    throw error;
  });
  if (response.ok) return answerWith(response, field);
  const { code, message, suggestion } = response.error;
  // The suggestion is the same command line with sudo.
  const help = code === 'permission' ? sudoAgain() : suggestion;
  throw new CommandError(STATUS.get(code) ?? EXIT.SOFTWARE, message, help);
}

export interface OrderOptions {
  readonly json?: boolean;
}

/** Sends the request and prints the answer. */
export async function order(question: Request, { json }: OrderOptions): Promise<number> {
  const { message } = await ask(question, 'message');
  if (json === true) printJson<OrderOutput>({ version: 1, message });
  else print(`${localTimes(message)}\n`);
  return EXIT.OK;
}

/** The argument of `hold`: a duration, `off`, or nothing, which means until `hold off`. */
export function holdRequest(word: string | undefined): Request {
  if (word === undefined || word === 'never') return { command: 'hold', durationMs: 'never' };
  if (word === 'off') return { command: 'hold', durationMs: 'off' };
  const parsed = parseDuration(word, { minMs: 1000, maxMs: MAX_HOLD_MS, neverAllowed: false });
  if (parsed.ok) return { command: 'hold', durationMs: parsed.value };
  throw new CommandError(EXIT.USAGE, `hold: ${parsed.fault.message}`, `${inMinutes(parsed.fault)}, or hold off`);
}

/**
 * A bare number is probably meant in minutes, as in `commit confirmed 5` of Junos, so minutes are
 * suggested first.
 */
export function inMinutes({ code, message, suggestion }: Fault): string {
  const number = code === 'missing-unit' ? /\d[\d.]*/.exec(message)?.[0] : undefined;
  return number === undefined ? suggestion : `write ${number}m for minutes, or ${number}s for seconds`;
}

/** The argument of `role`, in any case. keepalived's words are accepted. */
export function roleRequest(word: string): Request {
  const role = ROLES.get(word.toLowerCase());
  if (role !== undefined) return { command: 'role', role };
  throw new CommandError(EXIT.USAGE, `there is no role '${word}'`, `backup-router role ${[...ROLES.keys()].join('|')}`);
}

const ROLES: ReadonlyMap<string, Role | 'auto'> = new Map([
  ['primary', 'primary'],
  ['standby', 'standby'],
  ['auto', 'auto'],
  ['master', 'primary'],
  ['backup', 'standby'],
  ['fault', 'standby'],
]);
