#!/usr/bin/env node
/**
 * Entry of `backup-router`. Looks at argv just enough to start the daemon without loading the command line
 * parser (20 ms that a booting router does not have); everything else goes to program.ts.
 */

import { CommandError, EXIT } from '../model/exit.js';

// `backup-router routes | head` is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(EXIT.OK);
  throw error;
});

process.exitCode = await main(process.argv.slice(2)).catch(explain);

async function main(argv: readonly string[]): Promise<number> {
  const fast = plainRun(argv);
  if (fast !== undefined) {
    const { run } = await import('./run.js');
    return run(fast);
  }
  const { runProgram } = await import('./program.js');
  return runProgram(argv);
}

/** The options of `run` and `run -c FILE`, the two spellings that units use. */
function plainRun(argv: readonly string[]): { readonly config?: string } | undefined {
  if (argv[0] !== 'run') return undefined;
  if (argv.length === 1) return {};
  return argv.length === 3 && (argv[1] === '-c' || argv[1] === '--config') && argv[2] !== undefined ? { config: argv[2] } : undefined;
}

function explain(error: unknown): number {
  if (error instanceof CommandError) {
    const help = error.suggestion === undefined ? '' : `  help: ${error.suggestion}\n`;
    process.stderr.write(`backup-router: ${error.message.trimEnd()}\n${help}`);
    return error.exitStatus;
  }
  process.stderr.write(`backup-router: internal error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  return EXIT.SOFTWARE;
}
