#!/usr/bin/env node
/**
 * Entry point of `backup-router`. The parser of command lines takes a sixth of a bare start of Node,
 * and would delay the agent at boot. So `run` and the commands that people and scripts call most
 * are parsed here if they have no other options than `-c FILE` and `--json`. Everything else goes
 * to program.ts.
 */

import { useCompileCache } from '../host/compile-cache.js';
import { instanceOf } from '../model/paths.js';
import { explain } from './failure.js';

interface PlainOptions {
  /** The argument of `explain`. */
  address?: string;
  config?: string;
  json?: true;
}

type Start = (options: PlainOptions) => Promise<number>;

/** The commands with what they may have here. */
const PLAIN: Readonly<Record<string, readonly [start: Start, ...takes: (keyof PlainOptions)[]]>> = {
  run: [async (options) => (await import('./run.js')).run(options), 'config'],
  status: [async (options) => (await import('./status.js')).status(options), 'json'],
  routes: [async (options) => (await import('./routes.js')).routes(options), 'config', 'json'],
  plan: [async (options) => (await import('./plan.js')).plan(options), 'config', 'json'],
  check: [async (options) => (await import('./check.js')).check(options), 'config', 'json'],
  doctor: [async (options) => (await import('./doctor.js')).doctor(options), 'config', 'json'],
  explain: [
    async (options) => (await import('./explain.js')).explain(options.address!, options),
    'address',
    'config',
    'json',
  ],
};

/** What the command is to be started with. undefined: its words are for the parser. */
function plainOptions(words: readonly string[], takes: readonly string[]): PlainOptions | undefined {
  const options: PlainOptions = {};
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    const key = word === '-c' ? 'config' : word.startsWith('-') ? word.replace(/^--/, '') : 'address';
    if (!takes.includes(key) || key in options) return undefined;
    if (key === 'json') options.json = true;
    else if (key === 'address') options.address = word;
    else {
      const file = words[++i];
      if (file === undefined || file.startsWith('-')) return undefined;
      options.config = file;
    }
  }
  return options;
}

/** The command that the words name, ready to start. undefined: it is for the parser. */
function plainCall([name = '', ...words]: readonly string[]): (() => Promise<number>) | undefined {
  // The parser also checks the name of an instance. Units give `run` only names that they have.
  if (!Object.hasOwn(PLAIN, name) || (name !== 'run' && instanceOf(process.env) !== undefined)) return undefined;
  const [start, ...takes] = PLAIN[name]!;
  const options = plainOptions(words, takes);
  if (options === undefined || (name === 'explain' && options.address === undefined)) return undefined;
  return () => start(options);
}

async function begin(argv: readonly string[]): Promise<number> {
  useCompileCache(process.env);
  const call = plainCall(argv);
  return call === undefined ? (await import('./program.js')).runProgram(argv) : call();
}

void begin(process.argv.slice(2))
  .catch(explain)
  .then((status) => {
    process.exitCode = status;
  });
