/** `backup-router run`: the daemon. */

import { DEFAULT_CONFIG_FILE, pathsOf } from '../model/paths.js';
import { runAgent } from '../runtime/agent.js';
import { hintsOf, type JunosOptions } from './config-options.js';

export interface RunOptions extends JunosOptions {
  readonly config?: string;
  readonly dryRun?: boolean;
  readonly verbose?: boolean;
}

export function run(options: RunOptions): Promise<number> {
  return runAgent({
    paths: pathsOf(process.env, options.config ?? DEFAULT_CONFIG_FILE),
    hints: hintsOf(options),
    dryRun: options.dryRun ?? false,
    verbose: options.verbose ?? false,
  });
}
