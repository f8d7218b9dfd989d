/** How a command fails: the message on stderr and the exit status. */

import { EXIT, isCommandError } from '../model/exit.js';

/** Prints the error and its remedy; returns the exit status. */
export function explain(error: unknown): number {
  if (isCommandError(error)) {
    const help = error.suggestion === undefined ? '' : `  help: ${error.suggestion}\n`;
    process.stderr.write(`backup-router: ${error.message.trimEnd()}\n${help}`);
    return error.exitStatus;
  }
  process.stderr.write(
    `backup-router: internal error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  return EXIT.SOFTWARE;
}
