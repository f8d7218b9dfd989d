/** The client of the control socket: one answer, or a series of them. Loads no native code. */

import { lstatSync } from 'node:fs';
import type { Socket } from 'node:net';
import { CommandError, EXIT } from '../model/exit.js';
import { MAX_LINE_BYTES, type Request, type Response } from './protocol.js';
import { logAdvice, startAdvice } from './supervisor.js';

/** Time limit of the first line. */
const TIMEOUT_MS = 5_000;

/**
 * Asks the agent one question. Rejects with a CommandError that says what to do: 69 when no agent
 * is there, 77 when it is not allowed.
 */
export function request(path: string, question: Request): Promise<Response> {
  return new Promise((resolve, reject) => {
    const end = subscribe(
      path,
      question,
      (response) => {
        end();
        resolve(response);
      },
      reject,
    );
  });
}

type Accepted = Extract<Response, { readonly ok: true }>;

/** The answer, if it has that field. Throws a CommandError (70) if it answers another question. */
export function answerWith<Field extends string>(
  response: Accepted,
  field: Field,
): Extract<Accepted, Readonly<Record<Field, unknown>>> {
  if (field in response) return response as Extract<Accepted, Readonly<Record<Field, unknown>>>;
  throw new CommandError(EXIT.SOFTWARE, 'the agent answered a different request');
}

/** Like {@link request}, for a question that only reads: a refusal rejects, too (70). */
export async function inquire<Field extends string>(
  path: string,
  question: Request,
  field: Field,
): Promise<Extract<Accepted, Readonly<Record<Field, unknown>>>> {
  const response = await request(path, question);
  if (!response.ok) throw new CommandError(EXIT.SOFTWARE, response.error.message, response.error.suggestion);
  return answerWith(response, field);
}

/**
 * Asks a question that is answered by a series of lines. `onResponse` gets each line; `onEnd` is
 * called once when there are no more, with exit status 69 when the agent is not there (any more)
 * and 77 when it may not be asked. The returned function ends the series; then `onEnd` is not
 * called.
 */
export function subscribe(
  path: string,
  question: Request,
  onResponse: (response: Response) => void,
  onEnd: (why: CommandError) => void,
): () => void {
  let text = '';
  let over = false;
  if (isAbsent(path)) {
    setImmediate(() => over || onEnd(explain(path, 'ENOENT')));
    return () => {
      over = true;
    };
  }
  const socket = connect(path);
  const end = (why: CommandError): void => {
    socket.destroy();
    if (!over) onEnd(why);
    over = true;
  };
  const unavailable = (message: string, suggestion: string): void =>
    end(new CommandError(EXIT.UNAVAILABLE, `the agent at ${path} ${message}`, suggestion));
  socket.setEncoding('utf8');
  socket.setTimeout(TIMEOUT_MS, () => unavailable('does not answer', logAdvice()));
  socket.on('connect', () => socket.write(`${JSON.stringify(question)}\n`));
  socket.on('data', (chunk: string) => {
    // A long answer comes in hundreds of pieces: each is scanned once.
    const lines = chunk.split('\n');
    lines[0] = text + lines[0];
    text = lines.pop() ?? '';
    if (lines.length > 0) socket.setTimeout(0);
    for (const line of lines) if (!over) onResponse(JSON.parse(line) as Response);
    if (text.length > MAX_LINE_BYTES) end(new CommandError(EXIT.SOFTWARE, 'the agent sent an endless answer'));
  });
  socket.on('close', () => unavailable('hung up', 'try again'));
  socket.on('error', (error: NodeJS.ErrnoException) => end(explain(path, error.code, error.message)));
  return () => {
    over = true;
    socket.destroy();
  };
}

/**
 * Loading Node's sockets takes 2 ms, so they are loaded only when there is something to connect
 * to.
 */
function connect(path: string): Socket {
  return process.getBuiltinModule('node:net').connect(path);
}

function isAbsent(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) === undefined;
  } catch {
    return false;
  }
}

/** The CommandError for a failed connection. */
function explain(path: string, code: string | undefined, message = ''): CommandError {
  switch (code) {
    case 'ENOENT':
    case 'ECONNREFUSED':
      return new CommandError(EXIT.UNAVAILABLE, `the agent does not run (nobody listens on ${path})`, startAdvice());
    case 'EACCES':
      return new CommandError(
        EXIT.NO_PERMISSION,
        `no permission for ${path}`,
        'use sudo, or join the group backup-router',
      );
    default:
      return new CommandError(EXIT.UNAVAILABLE, `cannot reach the agent at ${path}: ${message}`);
  }
}

/** Whether a process listens on a unix socket; a killed agent may have left a socket file. */
export function someoneListens(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    // EACCES and EAGAIN (full backlog) mean that a process listens.
    socket.on('error', (error: NodeJS.ErrnoException) =>
      resolve(error.code !== 'ENOENT' && error.code !== 'ECONNREFUSED' && error.code !== 'ENOTSOCK'),
    );
  });
}
