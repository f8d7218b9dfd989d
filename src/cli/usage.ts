/** What is said of a command line that is not valid. */

import type { CommanderError } from 'commander';
import { CommandError, EXIT } from '../model/exit.js';

/**
 * Reports an invalid command line like any other failure. Without any command, commander has
 * printed the help.
 */
export function usage({ code, message }: CommanderError, argv: readonly string[]): number {
  if (code === 'commander.help') return EXIT.USAGE;
  const [what, nearest] = message.replace(/^error: /, '').split('\n');
  const command =
    argv[0] !== undefined && /^[a-z]+$/.test(argv[0]) && code !== 'commander.unknownCommand' ? ` ${argv[0]}` : '';
  const file = /^(?:check|plan|doctor|drill|run|routes) ([^\s-]\S*[./]\S*)$/.exec(argv.join(' '))?.[1];
  const help = `backup-router${command} ${file === undefined ? '--help' : `-c ${file}`}`;
  throw new CommandError(EXIT.USAGE, what!, nearest?.replace(/^\(|\)$/g, '') ?? help);
}
