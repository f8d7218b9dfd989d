#!/usr/bin/env node
/**
 * Entry of `backup-router`. A booting router has no time for a parser of command lines, so `run` and `run -c FILE`, the two spellings that units use, are
 * read here; everything else goes to program.ts.
 */

import { useCompileCache } from '../host/compile-cache.js';
import { explain } from './failure.js';
import type { RunOptions } from './run.js';

/** undefined for any other command, and for other options of `run`. */
function plainRun(argv: readonly string[]): RunOptions | undefined {
  if (argv[0] !== 'run') return undefined;
  if (argv.length === 1) return {};
  return argv.length === 3 && (argv[1] === '-c' || argv[1] === '--config') ? { config: argv[2]! } : undefined;
}

async function begin(argv: readonly string[]): Promise<number> {
  useCompileCache(process.env);
  const options = plainRun(argv);
  if (options !== undefined) return (await import('./run.js')).run(options);
  return (await import('./program.js')).runProgram(argv);
}

void begin(process.argv.slice(2))
  .catch(explain)
  .then((status) => {
    process.exitCode = status;
  });
