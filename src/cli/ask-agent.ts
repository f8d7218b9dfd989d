/** Asks the agent for its status, for commands that also work without it. */

import { inquire } from '../control/client.js';
import { type Elsewhere, elsewhere, elsewhereText } from '../control/network-namespace.js';
import { CommandError } from '../model/exit.js';
import type { Status } from '../model/status.js';
import { thereAgain } from './again.js';

export interface Asked {
  /** undefined: no agent answers, or it may not be asked; `silence` says why. */
  readonly agent: Status | undefined;
  readonly silence: string | undefined;
  /**
   * Set if the agent answers from another network namespace than the one that was read. `agent` is
   * undefined then.
   */
  readonly elsewhere: Elsewhere | undefined;
}

export async function askAgent(socket: string): Promise<Asked> {
  const silent = (silence: string): Asked => ({ agent: undefined, silence, elsewhere: undefined });
  try {
    const { status } = await inquire(socket, { command: 'status' }, 'status');
    const away = elsewhere(status);
    if (away === undefined) return { agent: status, silence: undefined, elsewhere: undefined };
    return { ...silent(`the agent ${elsewhereText(away)}; there: ${thereAgain(away)}`), elsewhere: away };
  } catch (error) {
    if (error instanceof CommandError) return silent(error.message);
    throw error;
  }
}
