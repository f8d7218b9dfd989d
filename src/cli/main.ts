/** The command line as ES modules: everything but the plain `run`, which backup-router.cts hands to the bundle. */

import { EXIT } from '../model/exit.js';
import { explain } from './failure.js';
import { runProgram } from './program.js';

// `backup-router routes | head` is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(EXIT.OK);
  throw error;
});

process.exitCode = await runProgram(process.argv.slice(2)).catch(explain);
