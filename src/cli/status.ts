/** `backup-router status`: whether the routes are in, why, and what is awaited until when. */

import { inquire } from '../control/client.js';
import { readHooksStatus } from '../hooks/status-file.js';
import { EXIT } from '../model/exit.js';
import { pathsOf } from '../model/paths.js';
import type { StatusOutput } from './output.js';
import { print, printJson, terminal } from './print.js';
import { inWishedState, renderStatus } from './status-text.js';
import { paintFor, widthOf } from './terminal.js';

export async function status(options: { readonly json?: boolean }): Promise<number> {
  const { controlSocket, hooksStatus } = pathsOf(process.env);
  const response = await inquire(controlSocket, { command: 'status' }, 'status');
  const hooks = readHooksStatus(hooksStatus);
  if (options.json === true) printJson<StatusOutput>({ ...response.status, ...(hooks === undefined ? {} : { hooks }) });
  else print(renderStatus(response.status, paintFor(terminal(), process.env), widthOf(terminal()), hooks));
  return inWishedState(response.status) ? EXIT.OK : EXIT.NOT_IN_STATE;
}
