/** `backup-router status`: what is in, why, and what is awaited until when. */

import { request } from '../control/client.js';
import { CommandError, EXIT } from '../model/exit.js';
import { pathsOf } from '../model/paths.js';
import { inWishedState, renderStatus } from './status-text.js';
import { paintFor, widthOf } from './terminal.js';

export async function status(options: { readonly json?: boolean }): Promise<number> {
  const response = await request(pathsOf(process.env).controlSocket, { command: 'status' });
  if (!response.ok) throw new CommandError(EXIT.SOFTWARE, response.error.message, response.error.suggestion);
  if (!('status' in response)) throw new CommandError(EXIT.SOFTWARE, 'the daemon gave an answer to another question');
  process.stdout.write(
    options.json === true
      ? `${JSON.stringify(response.status, null, 2)}\n`
      : renderStatus(response.status, paintFor(process.stdout, process.env), widthOf(process.stdout)),
  );
  return inWishedState(response.status) ? EXIT.OK : EXIT.NOT_IN_STATE;
}
