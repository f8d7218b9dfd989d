/**
 * Makes the program of the modules that tsc has checked: bundle.mjs, from the project's directory. dist/bin/backup-router.cjs is the entry.
 *
 * Each module that is imported by `import()` becomes a file of its own beside it, with all that it needs: a command does not read the code of
 * another one. What crosses such an import is known by its shape, not by its class. CommonJS, because Node's loader of ES modules costs a fifth of a bare start. Packages with native binaries stay in node_modules.
 */

import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const bin = join(root, 'dist/bin');

/** Entries by the name of their file; the last three are processes that `drill` starts. */
const entries = new Map([
  ['backup-router', 'src/cli/main.ts'],
  ['drill-container-init', 'src/drill/container-init.ts'],
  ['drill-probe-echo', 'src/drill/probe-echo.ts'],
  ['drill-probe-sender', 'src/drill/probe-sender.ts'],
]);

/** Makes a file of each module that is imported by `import()`. */
const parts = {
  name: 'parts',
  setup({ onResolve }) {
    onResolve({ filter: /^\.\.?\// }, ({ path, kind, resolveDir }) => {
      if (kind !== 'dynamic-import') return undefined;
      const name = basename(path, '.js');
      const source = relative(root, join(resolveDir, path)).replace(/\.js$/, '.ts');
      if ((entries.get(name) ?? source) !== source) throw new Error(`two parts would be ${name}.cjs`);
      entries.set(name, source);
      return { path: `./${name}.cjs`, external: true };
    });
  },
};

const files = [];
/** The packages that something is taken of: the papers of a package name them. */
const bundled = new Set();
// The map grows while it is walked.
for (const [name, source] of entries) {
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    entryPoints: [source],
    outfile: `dist/bin/${name}.cjs`,
    bundle: true,
    platform: 'node',
    target: 'node22',
    format: 'cjs',
    charset: 'ascii',
    minifyWhitespace: true,
    minifySyntax: true,
    // Lines that a stack trace can point at.
    lineLimit: 160,
    // import() becomes require().
    supported: { 'dynamic-import': false },
    define: { 'import.meta.dirname': '__dirname', 'import.meta.filename': '__filename' },
    external: ['koffi', 'netlink'],
    // The same in ES modules, of which what is not used is left out.
    alias: { yaml: join(root, 'node_modules/yaml/browser/dist/index.js') },
    plugins: [parts],
    metafile: true,
    write: false,
    logLevel: 'warning',
  });
  files.push({ path: join(bin, `${name}.cjs`), text: outputFiles[0].text });
  for (const input of Object.keys(metafile.inputs)) {
    const found = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(input);
    if (found !== null) bundled.add(found[1]);
  }
}
mkdirSync(bin, { recursive: true });
// Whole or not at all: a test may be starting it.
for (const { path, text } of files) {
  writeFileSync(`${path}.new`, text, { mode: 0o755 });
  renameSync(`${path}.new`, path);
}
for (const file of readdirSync(bin)) if (!entries.has(basename(file, '.cjs'))) rmSync(join(bin, file), { force: true });
writeFileSync(join(root, 'dist/bundled.json'), `${JSON.stringify([...bundled].sort())}\n`);
