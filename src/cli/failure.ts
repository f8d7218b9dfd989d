/** How a command that failed ends: what it says on stderr, and its exit status. */

import { CommandError, EXIT } from '../model/exit.js';

/** Tells the error and its remedy; returns the exit status that goes with it. */
export function explain(error: unknown): number {
  if (error instanceof CommandError) {
    const help = error.suggestion === undefined ? '' : `  help: ${error.suggestion}\n`;
    process.stderr.write(`backup-router: ${error.message.trimEnd()}\n${help}`);
    return error.exitStatus;
  }
  process.stderr.write(
    `backup-router: internal error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  return EXIT.SOFTWARE;
}
