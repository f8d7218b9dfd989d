/** The exit statuses (sysexits.h) that the agent uses. */

export const EXIT = {
  OK: 0,
  /** The command worked; the state is not the desired one. */
  NOT_IN_STATE: 1,
  /** EX_USAGE: the command line is wrong. */
  USAGE: 64,
  /** EX_UNAVAILABLE: the agent does not run. */
  UNAVAILABLE: 69,
  /** EX_SOFTWARE: a bug. */
  SOFTWARE: 70,
  /** EX_IOERR: the output could not be written. */
  IO: 74,
  /** EX_NOPERM: a capability or permission is missing. */
  NO_PERMISSION: 77,
  /** EX_CONFIG: the configuration has errors. */
  CONFIG: 78,
} as const;

/** A failure that ends a command: what happened, what to do, and the exit status. */
export class CommandError extends Error {
  constructor(
    readonly exitStatus: number,
    message: string,
    readonly suggestion?: string,
  ) {
    super(message);
    this.name = 'CommandError';
  }
}

/**
 * Tests the name, because each file of the program (scripts/lib/bundle.mjs) has a class object of
 * its own.
 */
export function isCommandError(error: unknown): error is CommandError {
  return error instanceof Error && error.name === 'CommandError';
}
