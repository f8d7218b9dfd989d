#!/usr/bin/env node
/** Entry of `backup-router`. */

import { useCompileCache } from '../host/compile-cache.js';
import { EXIT } from '../model/exit.js';
import { explain } from './failure.js';
import { runProgram } from './program.js';

const argv = process.argv.slice(2);
useCompileCache(process.env);
// `backup-router routes | head` is no error. A start has no time to open standard output for nothing.
if (argv[0] !== 'run' || argv.includes('--dry-run'))
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(EXIT.OK);
    throw error;
  });
void runProgram(argv)
  .catch(explain)
  .then((status) => {
    process.exitCode = status;
  });
