/** The other end of the control socket for a question whose answer goes on: each line as it comes, then why there are no more. */

import { connect } from 'node:net';
import { CommandError, EXIT } from '../model/exit.js';
import { explain } from './client.js';
import { MAX_LINE_BYTES, type Request, type Response } from './protocol.js';

/** How long the first line may take. */
const TIMEOUT_MS = 5_000;

/** `ended` is called once, with 69 when nobody is there (any more), 77 when it is not allowed. The result ends it without that. */
export function subscribe(
  path: string,
  question: Request,
  heard: (response: Response) => void,
  ended: (why: CommandError) => void,
): () => void {
  const socket = connect(path);
  let text = '';
  let over = false;
  const end = (why: CommandError): void => {
    socket.destroy();
    if (!over) ended(why);
    over = true;
  };
  socket.setEncoding('utf8');
  socket.setTimeout(TIMEOUT_MS, () =>
    end(new CommandError(EXIT.UNAVAILABLE, `the agent at ${path} does not answer`, 'journalctl -u backup-router')),
  );
  socket.on('connect', () => socket.write(`${JSON.stringify(question)}\n`));
  socket.on('data', (chunk: string) => {
    socket.setTimeout(0);
    text += chunk;
    const lines = text.split('\n');
    text = lines.pop() ?? '';
    for (const line of lines) if (!over) heard(JSON.parse(line) as Response);
    if (text.length > MAX_LINE_BYTES) end(new CommandError(EXIT.SOFTWARE, 'the agent sent an endless answer'));
  });
  socket.on('close', () => end(new CommandError(EXIT.UNAVAILABLE, `the agent at ${path} hung up`)));
  socket.on('error', (error: NodeJS.ErrnoException) => end(explain(path, error)));
  return () => {
    over = true;
    socket.destroy();
  };
}
