#!/usr/bin/env node
/**
 * Entry of `backup-router`. Looks at argv just enough to start the daemon from its bundle: one CommonJS file, since a booting router
 * has no time for Node's loader of ES modules nor for a parser of command lines. Everything else goes to main.ts.
 *
 * With the bundle, and with the parser of configurations that a start may need, comes the code that V8 made of it (compile.cts). V8 takes that
 * from its own version and flags only; that it is of this very source it does not check, so both files begin with the same label. What does not
 * fit is left alone, and the start takes some 10 ms longer. Damage inside it V8 may not notice, and die of it; so a start leaves a mark until it
 * is ready, and the one after such a mark does without. A reload, which has time and would end a running agent, does without, too.
 * A build by tsc alone has no bundle; then the same daemon runs from its modules.
 */

import fs = require('node:fs');
import path = require('node:path');
import vm = require('node:vm');

interface Bundle {
  daemon(config: string | undefined): Promise<void>;
}

const DIRECTORY = path.join(__dirname, '../..');
/** Bytes of the label, as in compile.cts. */
const LABEL = 24;

/** The options of `run` and `run -c FILE`, the two spellings that units use; undefined for any other command. */
function plainRun(argv: readonly string[]): { readonly config: string | undefined } | undefined {
  if (argv[0] !== 'run') return undefined;
  if (argv.length === 1) return { config: undefined };
  return argv.length === 3 && (argv[1] === '-c' || argv[1] === '--config') ? { config: argv[2] } : undefined;
}

/** Whether compiled code is to be used. */
let trusting = false;

/** What a file of the bundle exports; undefined when there is none. */
function load(name: 'daemon' | 'config'): unknown {
  const filename = path.join(DIRECTORY, `${name}.cjs`);
  const source = read(filename)?.toString('latin1');
  if (source === undefined) return undefined;
  const compiled = trusting ? read(path.join(DIRECTORY, `${name}.compiled`)) : undefined;
  const fits = compiled !== undefined && compiled.toString('latin1', 0, LABEL) === source.slice(0, LABEL);
  const script = new vm.Script(source, fits ? { filename, cachedData: compiled.subarray(LABEL) } : { filename });
  const loaded = { exports: {} };
  (script.runInThisContext() as (...scope: readonly unknown[]) => void)(
    loaded.exports,
    provide,
    loaded,
    filename,
    DIRECTORY,
  );
  return loaded.exports;
}

let parser: unknown;

/** `require` for the bundle: the parser comes from here, once, all else from Node. */
function provide(id: string): unknown {
  if (!id.endsWith('/config.cjs')) return require(id);
  return (parser ??= load('config') ?? require(id));
}

/** Leaves the mark (`starting` in model/paths.ts); false: the last start left it, too. Without systemd nothing starts it again, and there is none. */
function lastStartGotThrough(): boolean {
  const directory = process.env['RUNTIME_DIRECTORY'];
  if (directory === undefined || directory === '') return true;
  try {
    fs.closeSync(fs.openSync(path.join(directory.split(':')[0]!, 'starting'), 'wx'));
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'EEXIST';
  }
}

function read(file: string): Buffer | undefined {
  try {
    return fs.readFileSync(file);
  } catch {
    return undefined;
  }
}

const plain = plainRun(process.argv.slice(2));
if (plain !== undefined) trusting = lastStartGotThrough();
const bundle = plain === undefined ? undefined : (load('daemon') as Bundle | undefined);
if (plain !== undefined && bundle !== undefined) void bundle.daemon(plain.config);
else void import('./main.js');
// The configuration of a start is read within that call.
trusting = false;
