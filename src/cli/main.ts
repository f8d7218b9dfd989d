#!/usr/bin/env node
/**
 * Entry point of `backup-router`. Loading the parser of command lines would delay the start at
 * boot, so `run` and `run -c FILE`, the two forms that units use, are parsed here. Everything else
 * goes to program.ts.
 */

import { useCompileCache } from '../host/compile-cache.js';
import { explain } from './failure.js';
import type { RunOptions } from './run.js';

/** undefined for any other command, or if `run` has other options. */
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
