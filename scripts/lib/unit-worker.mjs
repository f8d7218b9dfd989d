/**
 * Runs compiled test files one after another in this process: the child of unit.mjs, which sends
 * their names on standard input.
 *
 * A process for each file would take half a second, most of it to load tap. Each file gets a
 * subtest of this process's root, named by its path, and gets it with `import t from 'tap'`.
 */

import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import t from 'tap';

// Properties try the cases of this seed, in the gate the same ones in each run.
const seed = process.env.BACKUP_ROUTER_SEED;
if (seed !== undefined) fc.configureGlobal({ seed: Number(seed) });

/** The subtest of each file, by the file's URL. */
const tests = (globalThis.testsOfFiles = new Map());

registerHooks({
  resolve(specifier, context, next) {
    if (specifier !== 'tap' || !tests.has(context.parentURL)) return next(specifier, context);
    return { url: `tap-of:${context.parentURL}`, format: 'module', shortCircuit: true };
  },
  load(url, context, next) {
    if (!url.startsWith('tap-of:')) return next(url, context);
    const source = `export default globalThis.testsOfFiles.get(${JSON.stringify(url.slice('tap-of:'.length))});`;
    return { format: 'module', source, shortCircuit: true };
  },
});

t.setTimeout(0);
for await (const line of createInterface({ input: process.stdin })) {
  const { file, testdir } = JSON.parse(line);
  const url = pathToFileURL(join(process.cwd(), file)).href;
  await t.test(file, { testdir, timeout: 600_000 }, async (t) => {
    tests.set(url, t);
    await import(url);
  });
}
t.end();
// Ends what a file has left open.
process.exit();
