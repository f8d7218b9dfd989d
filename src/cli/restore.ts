/** `backup-router restore`: gives back the default routes that were taken over. Needs no daemon. */

import { DEFAULTS } from '../config/settings.js';
import { someoneListens } from '../control/client.js';
import { ipCommand } from '../core/ip-command.js';
import type { Step } from '../core/ports.js';
import { openKernel } from '../kernel/kernel.js';
import { CommandError, EXIT } from '../model/exit.js';
import { pathsOf } from '../model/paths.js';
import { requireCapability } from '../runtime/capability.js';
import { giveBack, owedSteps } from '../runtime/give-back.js';

export interface RestoreOptions {
  readonly force?: boolean;
  readonly dryRun?: boolean;
  /** Called by systemd after the end of the daemon. */
  readonly afterStop?: boolean;
}

export async function restore(options: RestoreOptions): Promise<number> {
  if (options.afterStop === true && comesBack(process.env)) return EXIT.OK;
  const { controlSocket, adopted } = pathsOf(process.env);
  if (options.force !== true && options.dryRun !== true && (await someoneListens(controlSocket))) {
    throw new CommandError(
      EXIT.NOT_IN_STATE,
      'the daemon runs and would take the routes over again',
      'systemctl stop backup-router, or restore --force',
    );
  }
  if (options.dryRun !== true) requireCapability('sudo backup-router restore');
  const kernel = openKernel();
  try {
    const snapshot = await kernel.observe({ protocol: DEFAULTS.routeProtocol, maxLength: {} });
    const command = (step: Step): string =>
      `${ipCommand(step, (index) => snapshot.links.find((link) => link.index === index)?.name)}\n`;
    if (options.dryRun === true) {
      process.stdout.write(owedSteps(adopted, snapshot).map(command).join(''));
      return EXIT.OK;
    }
    const { steps, faults } = await giveBack(kernel, adopted, snapshot);
    process.stdout.write(steps.length === 0 ? 'nothing to give back\n' : steps.map(command).join(''));
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

/** Exit statuses that RestartPreventExitStatus= of the unit names. */
const FINAL: ReadonlySet<string> = new Set([EXIT.USAGE, EXIT.NO_PERMISSION, EXIT.CONFIG].map(String));

/**
 * Whether systemd is about to start the daemon again, according to $SERVICE_RESULT (systemd.exec(5)):
 * after a crash the next process adopts the record 100 ms later, and giving back in between makes
 * the routing daemon lose its default route twice. `success` is an orderly stop, `timeout` one in
 * which the daemon hung.
 */
export function comesBack(env: Readonly<Record<string, string | undefined>>): boolean {
  const result = env['SERVICE_RESULT'];
  if (result === undefined || result === 'success' || result === 'timeout') return false;
  return !(result === 'exit-code' && FINAL.has(env['EXIT_STATUS'] ?? ''));
}
