/** `backup-router restore`: gives back adopted default routes. Does not need the agent. */

import { DEFAULTS } from '../config/settings.js';
import { ipCommand } from '../core/ip-command.js';
import type { Step } from '../core/ports.js';
import { openKernel } from '../kernel/kernel.js';
import { CommandError, EXIT } from '../model/exit.js';
import { pathsOf } from '../model/paths.js';
import { namesOf } from '../model/route-text.js';
import { giveBack, owedSteps } from '../runtime/give-back.js';
import { mayRemove } from './may-remove.js';
import type { RemovedOutput } from './output.js';
import { print, printJson } from './print.js';

export interface RestoreOptions {
  readonly force?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
  /** Called by systemd after the agent has ended. */
  readonly afterStop?: boolean;
}

export async function restore(options: RestoreOptions): Promise<number> {
  if (options.afterStop === true && comesBack(process.env)) return EXIT.OK;
  const { controlSocket, adopted } = pathsOf(process.env);
  await mayRemove('restore', controlSocket, 'take the routes over again', options);
  const kernel = openKernel();
  try {
    const snapshot = await kernel.observe({ protocol: DEFAULTS.routeProtocol, maxLength: {} });
    const command = (step: Step): string => ipCommand(step, namesOf(snapshot.links));
    const dryRun = options.dryRun === true;
    const { steps, faults } = dryRun
      ? { steps: owedSteps(adopted, snapshot), faults: [] }
      : await giveBack(kernel, adopted, snapshot);
    const commands = steps.map(command);
    if (options.json === true) {
      printJson<RemovedOutput>({ version: 1, dryRun, commands, notes: [], failures: faults });
      return faults.length > 0 ? EXIT.NOT_IN_STATE : EXIT.OK;
    }
    print(steps.length === 0 && !dryRun ? 'nothing to give back\n' : commands.map((line) => `${line}\n`).join(''));
    if (faults.length > 0)
      throw new CommandError(
        EXIT.NOT_IN_STATE,
        faults.join('\n'),
        'it stays in the record; backup-router restore tries again',
      );
    return EXIT.OK;
  } finally {
    kernel.close();
  }
}

/** Exit statuses in RestartPreventExitStatus= of the unit. */
const FINAL: ReadonlySet<string> = new Set([EXIT.USAGE, EXIT.NO_PERMISSION, EXIT.CONFIG].map(String));

/**
 * Whether systemd is about to start the agent again, according to $SERVICE_RESULT
 * (systemd.exec(5)). After a crash the next process takes over the record 100 ms later; giving back
 * in between would make the routing daemon lose its default route twice. `success` is an orderly
 * stop, `timeout` a stop during which the agent hung.
 */
export function comesBack(env: Readonly<Record<string, string | undefined>>): boolean {
  const result = env['SERVICE_RESULT'];
  if (result === undefined || result === 'success' || result === 'timeout') return false;
  return !(result === 'exit-code' && FINAL.has(env['EXIT_STATUS'] ?? ''));
}
