/** `backup-router reload`. */

import { request } from '../control/client.js';
import { CommandError, EXIT } from '../model/exit.js';
import { pathsOf } from '../model/paths.js';

export async function reload(): Promise<number> {
  const response = await request(pathsOf(process.env).controlSocket, { command: 'reload' });
  if (!response.ok) {
    const status = response.error.code === 'permission' ? EXIT.NO_PERMISSION : EXIT.CONFIG;
    throw new CommandError(status, response.error.message, response.error.suggestion);
  }
  process.stdout.write('configuration reloaded\n');
  return EXIT.OK;
}
