/** Makes one file of the tests that mutants have to pass, in the sandbox that Stryker has made: dist/mutation/tests.mjs. */

import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';

/** These read files of the checkout by their own place in it. */
const WANTED = new RegExp(process.env.MUTATION_UNIT ?? '.');
const OF_SOURCES = /\/(imports|glossary|names|record|situations)\.test\.ts$/;

const files = ['test/unit/core', 'test/unit/fib', 'test/unit/adopt']
  .flatMap((directory) => readdirSync(directory).map((name) => join(directory, name)))
  .filter((file) => file.endsWith('.test.ts') && !OF_SOURCES.test(file) && WANTED.test(file));
await build({
  stdin: {
    contents: [
      "import fc from 'fast-check';",
      'fc.configureGlobal({ seed: 1 });',
      ...files.map((file) => `import ${JSON.stringify(resolve(file))};`),
      "export { tests } from 'tap';",
      `export { runScenario } from ${JSON.stringify(resolve('test/scenario/runner.ts'))};`,
      `export { play } from ${JSON.stringify(resolve('test/scenario/random/play.ts'))};`,
      `export { lifeOf } from ${JSON.stringify(resolve('test/scenario/random/lives.ts'))};`,
    ].join('\n'),
    resolveDir: process.cwd(),
  },
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node22',
  sourcemap: 'inline',
  outfile: 'dist/mutation/tests.mjs',
  alias: { tap: resolve('scripts/mutation.d/tap.mjs') },
  packages: 'bundle',
  external: ['koffi', 'netlink'],
  banner: {
    js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);",
  },
  logLevel: 'error',
});
