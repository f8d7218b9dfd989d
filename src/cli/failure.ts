/** How a command fails: the message on stderr, or as JSON on stdout where that was asked for, and the exit status. */

import { EXIT, isCommandError } from '../model/exit.js';
import type { ErrorOutput } from './output.js';
import { printError, printJson } from './print.js';

/** Prints the error and its remedy; returns the exit status. */
export function explain(error: unknown): number {
  if (isCommandError(error)) {
    const message = error.message.trimEnd();
    if (process.argv.includes('--json') && error.exitStatus !== EXIT.IO)
      printJson<ErrorOutput>({
        version: 1,
        error: { exitStatus: error.exitStatus, message, suggestion: error.suggestion ?? null },
      });
    const help = error.suggestion === undefined ? '' : `  help: ${error.suggestion}\n`;
    printError(`backup-router: ${message}\n${help}`);
    return error.exitStatus;
  }
  printError(
    `backup-router: internal error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  return EXIT.SOFTWARE;
}
