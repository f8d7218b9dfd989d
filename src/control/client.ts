/** The other end of the control socket: one request, one answer. Loads no native code. */

import { connect } from 'node:net';
import { CommandError, EXIT } from '../model/exit.js';
import { MAX_LINE_BYTES, type Request, type Response } from './protocol.js';

const TIMEOUT_MS = 5_000;

/** Asks the agent. Rejects with a CommandError that says what to do: 69 no agent there, 77 not allowed. */
export function request(path: string, question: Request): Promise<Response> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    let text = '';
    const fail = (error: CommandError): void => {
      socket.destroy();
      reject(error);
    };
    socket.setEncoding('utf8');
    socket.setTimeout(TIMEOUT_MS, () =>
      fail(new CommandError(EXIT.UNAVAILABLE, `the agent at ${path} does not answer`, 'journalctl -u backup-router')),
    );
    socket.on('connect', () => socket.write(`${JSON.stringify(question)}\n`));
    socket.on('data', (chunk: string) => {
      text += chunk;
      const end = text.indexOf('\n');
      if (end >= 0) {
        socket.destroy();
        resolve(JSON.parse(text.slice(0, end)) as Response);
      } else if (text.length > MAX_LINE_BYTES)
        fail(new CommandError(EXIT.SOFTWARE, 'the agent sent an endless answer'));
    });
    socket.on('end', () => fail(new CommandError(EXIT.UNAVAILABLE, `the agent at ${path} hung up`, 'try again')));
    socket.on('error', (error: NodeJS.ErrnoException) => fail(explain(path, error)));
  });
}

/** What a failure to connect means to whoever asks. */
export function explain(path: string, error: NodeJS.ErrnoException): CommandError {
  switch (error.code) {
    case 'ENOENT':
    case 'ECONNREFUSED':
      return new CommandError(
        EXIT.UNAVAILABLE,
        `the agent does not run (nobody listens on ${path})`,
        'systemctl start backup-router',
      );
    case 'EACCES':
      return new CommandError(
        EXIT.NO_PERMISSION,
        `no permission for ${path}`,
        'use sudo, or join the group backup-router',
      );
    default:
      return new CommandError(EXIT.UNAVAILABLE, `cannot reach the agent at ${path}: ${error.message}`);
  }
}
