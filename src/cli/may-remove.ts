/** What `flush` and `restore` ask before they remove anything. */

import { someoneListens } from '../control/client.js';
import { stopAdvice } from '../control/supervisor.js';
import { CommandError, EXIT } from '../model/exit.js';
import { requireCapability } from '../runtime/capability.js';
import { sudoAgain } from './again.js';

/**
 * Throws while the agent runs, which would undo it, unless forced; and without the capability. A
 * dry run may always. `undo`: what the agent would do.
 */
export async function mayRemove(
  command: 'flush' | 'restore',
  controlSocket: string,
  undo: string,
  { force = false, dryRun = false }: { readonly force?: boolean; readonly dryRun?: boolean },
): Promise<void> {
  if (dryRun) return;
  if (!force && (await someoneListens(controlSocket)))
    throw new CommandError(
      EXIT.NOT_IN_STATE,
      `the agent runs and would ${undo}`,
      `${stopAdvice()}; or: backup-router ${command} --force`,
    );
  requireCapability(sudoAgain());
}
