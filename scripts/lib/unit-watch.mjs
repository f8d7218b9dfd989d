/**
 * Compiles on every change and runs the affected tests: unit-watch.mjs FILE...
 *
 * A test is affected when it, or a module that it imports directly or indirectly, was compiled
 * again. The bundle is not built again: tests that start the program as a process use the last
 * build.
 */

import { spawn } from 'node:child_process';
import { globSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';

const tests = process.argv.slice(2);
let former = compiled();
let running;

const arguments_ = ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.json', '--watch', '--preserveWatchOutput'];
const compiler = spawn(process.execPath, arguments_, { stdio: ['ignore', 'pipe', 'inherit'] });
createInterface({ input: compiler.stdout }).on('line', (line) => {
  if (line !== '') console.log(line);
  if (/Found 0 errors/.test(line)) run();
});
process.on('exit', () => compiler.kill());

/** The time at which each compiled module was written, by path. */
function compiled() {
  return new Map(globSync('dist/{src,test}/**/*.{js,cjs}').map((path) => [path, statSync(path).mtimeMs]));
}

function run() {
  const now = compiled();
  const changed = new Set([...now.keys()].filter((path) => now.get(path) !== former.get(path)));
  former = now;
  const reached = new Map();
  const concerned = tests.filter((test) => reaches(test, changed, reached));
  running?.kill();
  if (concerned.length === 0) return;
  running = spawn(process.execPath, ['scripts/lib/unit.mjs', ...concerned], { stdio: ['ignore', 'pipe', 'inherit'] });
  running.stdout.pipe(
    spawn(process.execPath, ['scripts/lib/summary.mjs'], { stdio: ['pipe', 'inherit', 'inherit'] }).stdin,
  );
}

/** Whether a module is one of `changed`, or imports one. `known` has the modules that were asked about. */
function reaches(path, changed, known) {
  if (known.has(path)) return known.get(path);
  known.set(path, changed.has(path)); // A circle ends here.
  if (!changed.has(path))
    known.set(
      path,
      imports(path).some((imported) => reaches(imported, changed, known)),
    );
  return known.get(path);
}

function imports(path) {
  const text = former.has(path) ? readFileSync(path, 'utf8') : '';
  return [...text.matchAll(/(?:from|import|import\(|require\() ?['"](\.[^'"]+)['"]/g)].map(([, to]) =>
    join(dirname(path), to),
  );
}
