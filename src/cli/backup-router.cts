#!/usr/bin/env node
/**
 * Entry of `backup-router`. Looks at argv just enough to start the daemon from its bundle: one CommonJS file, since a booting router
 * has no time for Node's loader of ES modules nor for a parser of command lines. Everything else goes to main.ts.
 *
 * A build by tsc alone has no bundle; then the same daemon runs from its modules.
 */

import fs = require('node:fs');
import path = require('node:path');

interface Bundle {
  daemon(config: string | undefined): Promise<void>;
}

const BUNDLE = path.join(__dirname, '../../daemon.cjs');

/** The options of `run` and `run -c FILE`, the two spellings that units use; undefined for any other command. */
function plainRun(argv: readonly string[]): { readonly config: string | undefined } | undefined {
  if (argv[0] !== 'run') return undefined;
  if (argv.length === 1) return { config: undefined };
  return argv.length === 3 && (argv[1] === '-c' || argv[1] === '--config') ? { config: argv[2] } : undefined;
}

const plain = plainRun(process.argv.slice(2));
if (plain !== undefined && fs.existsSync(BUNDLE)) void (require(BUNDLE) as Bundle).daemon(plain.config);
else void import('./main.js');
