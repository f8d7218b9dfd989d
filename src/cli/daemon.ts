/** What dist/daemon.cjs is made of (scripts/lib/bundle.mjs): `run` as units write it, without a parser of command lines. */

import { explain } from './failure.js';
import { run } from './run.js';

/** Runs the daemon and sets the exit status of the process. `config` is undefined for the usual file. */
export async function daemon(config: string | undefined): Promise<void> {
  process.exitCode = await run(config === undefined ? {} : { config }).catch(explain);
}
