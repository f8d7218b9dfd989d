/** `backup-router run`: the agent. */

import { loadConfig } from '../config/load.js';
import { pathsOf } from '../model/paths.js';
import { runAgent } from '../runtime/agent.js';
import { hintsOf, type JunosOptions, namedConfig } from './config-options.js';
import { endWithReader } from './print.js';

export interface RunOptions extends JunosOptions {
  readonly config?: string;
  readonly dryRun?: boolean;
  readonly verbose?: boolean;
}

/**
 * If the file has errors, the agent goes on with the last known good copy. A dry run uses only the
 * named file, or fails.
 */
export async function run(options: RunOptions): Promise<number> {
  if (options.dryRun === true && options.config !== undefined)
    namedConfig(options, loadConfig(options.config, hintsOf(options), true));
  if (options.dryRun === true) endWithReader();
  return runAgent({
    paths: pathsOf(process.env, options.config),
    hints: hintsOf(options),
    dryRun: options.dryRun ?? false,
    verbose: options.verbose ?? false,
  });
}
