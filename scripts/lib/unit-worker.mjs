/**
 * Runs compiled test files one after another in this process: the child of unit.mjs, which names them one by one on standard input.
 *
 * A process of its own for each file would cost half a second, most of it to load tap. Each file gets a subtest of this process' root
 * that bears its path, and finds it as `import t from 'tap'`.
 */

import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import t from 'tap';

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
  await t.test(file, { testdir, timeout: 240_000 }, async (t) => {
    tests.set(url, t);
    await import(url);
  });
}
t.end();
// Whatever a file has left open ends here.
process.exit();
