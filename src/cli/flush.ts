/**
 * `backup-router flush`: gives back adopted routes, then removes everything that is owned. Prints
 * the ip(8) commands that do the same.
 */

import { rmSync } from 'node:fs';
import { ipCommand } from '../core/ip-command.js';
import { plan, withdrawn } from '../core/plan.js';
import type { Step } from '../core/ports.js';
import { openKernel } from '../kernel/kernel.js';
import type { Family } from '../model/address.js';
import { CommandError, EXIT } from '../model/exit.js';
import { pathsOf } from '../model/paths.js';
import { namesOf } from '../model/route-text.js';
import { giveBack, owedSteps } from '../runtime/give-back.js';
import type { ConfigOptions } from './config-options.js';
import { mayRemove } from './may-remove.js';
import type { RemovedOutput } from './output.js';
import { ownedIn } from './owned.js';
import { print, printJson } from './print.js';

export async function flush(
  options: ConfigOptions & { readonly force?: boolean; readonly dryRun?: boolean; readonly json?: boolean },
): Promise<number> {
  const { controlSocket, adopted, covered, learned } = pathsOf(process.env);
  await mayRemove('flush', controlSocket, 'put the routes back', options);
  const kernel = openKernel();
  try {
    const owned = await ownedIn(kernel, options);
    const back =
      options.dryRun === true
        ? { steps: owedSteps(adopted, owned.snapshot), faults: [] }
        : await giveBack(kernel, adopted, owned.snapshot);
    const command = (step: Step): string => ipCommand(step, namesOf(owned.snapshot.links));
    const left = withdrawn(owned.ownership, owned.snapshot);
    const steps = plan(owned.ownership, left, owned.snapshot);
    const commands = [...back.steps, ...steps].map(command);
    const notes = left.rules.map(({ family }) => stays(family));
    const report = (failures: readonly string[]): void =>
      printJson<RemovedOutput>({ version: 1, dryRun: options.dryRun === true, commands, notes, failures });
    if (options.json !== true)
      print([...commands, ...notes.map((note) => `# ${note}`)].map((line) => `${line}\n`).join(''));
    if (options.dryRun === true) {
      if (options.json === true) report([]);
      return EXIT.OK;
    }
    for (const record of [covered, learned]) rmSync(record, { force: true });
    const results = await kernel.apply(steps);
    const failures = [
      ...back.faults,
      ...results.flatMap((result, i) =>
        result.ok || result.code === 'ESRCH' || result.code === 'ENOENT'
          ? []
          : [`${command(steps[i]!)}: ${result.message} (${result.code})`],
      ),
    ];
    if (options.json === true) {
      report(failures);
      return failures.length > 0 ? EXIT.NOT_IN_STATE : EXIT.OK;
    }
    if (failures.length > 0)
      throw new CommandError(EXIT.NOT_IN_STATE, failures.join('\n'), 'ip route show table all proto 157; ip rule');
    print(steps.length === 0 ? 'nothing to remove\n' : `${steps.length} removed\n`);
    return EXIT.OK;
  } finally {
    kernel.close();
  }
}

function stays(family: Family): string {
  const rule = `ip${family === 'inet6' ? ' -6' : ''} rule`;
  return `one rule was kept, since no other rule looks up main: ${rule} add pref 32766 lookup main; then flush again`;
}
