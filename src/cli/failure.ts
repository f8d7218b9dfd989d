/**
 * Reports the failure of a command: a message on stderr, JSON on stdout if it was requested, and
 * the exit status.
 */

import { messageOf } from '../model/error.js';
import { type CommandError, EXIT, isCommandError } from '../model/exit.js';
import type { ErrorOutput } from './output.js';
import { printError, printJson } from './print.js';

/** Prints the error and its remedy. Returns the exit status. */
export function explain(error: unknown): number {
  if (isCommandError(error)) return told(error);
  // The stack is for developers. The JSON has only its first line.
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  printError(`backup-router: internal error: ${error instanceof Error ? (error.stack ?? text) : text}\n`);
  return inJson(EXIT.SOFTWARE, `internal error: ${text}`, null);
}

function told(error: CommandError): number {
  const message = error.message.trimEnd();
  printError(`backup-router: ${message}\n${error.suggestion === undefined ? '' : `  help: ${error.suggestion}\n`}`);
  return error.exitStatus === EXIT.IO ? EXIT.IO : inJson(error.exitStatus, message, error.suggestion ?? null);
}

/**
 * Prints the error as JSON if requested. Returns the exit status, or that of an I/O error if the
 * JSON cannot be written.
 */
function inJson(exitStatus: number, message: string, suggestion: string | null): number {
  if (!process.argv.includes('--json')) return exitStatus;
  try {
    printJson<ErrorOutput>({ version: 1, error: { exitStatus, message, suggestion } });
    return exitStatus;
  } catch (full) {
    printError(`backup-router: ${messageOf(full)}\n`);
    return EXIT.IO;
  }
}
