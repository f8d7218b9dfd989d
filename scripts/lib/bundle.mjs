/**
 * Bundles the modules that tsc has compiled: bundle.mjs, from the project's directory. The entry
 * is dist/bin/backup-router.cjs.
 *
 * Each module that is loaded by `import()` is a file of its own beside it, with all that it needs.
 * V8 reads 1 MB of code in about the time that Node takes to start, so no command reads the code
 * of another. Only src/config/, with the package yaml, is one file for all: config.cjs, of which a
 * command that reads a configuration needs nearly everything. More shared files were slower because
 * of their number. A value that crosses files is recognized by its shape, not by its class. The
 * format is CommonJS because Node's loader of ES modules takes a fifth of a bare start. Packages
 * with native binaries stay in node_modules.
 */

import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const bin = join(root, 'dist/bin');

/** By file name: the program, a thread of the agent, and three processes that `drill` starts. */
const entries = {
  'backup-router': 'src/cli/main.ts',
  thread: 'src/runtime/thread.ts',
  'drill-container-init': 'src/drill/container-init.ts',
  'drill-probe-echo': 'src/drill/probe-echo.ts',
  'drill-probe-sender': 'src/drill/probe-sender.ts',
};

const options = {
  absWorkingDir: root,
  outdir: bin,
  outExtension: { '.js': '.cjs' },
  bundle: true,
  platform: 'node',
  target: 'node22',
  format: 'cjs',
  charset: 'ascii',
  minifyWhitespace: true,
  minifySyntax: true,
  // Short lines, so that a stack trace is useful.
  lineLimit: 160,
  // import() becomes require().
  supported: { 'dynamic-import': false },
  define: { 'import.meta.dirname': '__dirname', 'import.meta.filename': '__filename' },
  external: ['koffi'],
  // yaml as ES modules, of which unused parts are dropped.
  alias: { yaml: join(root, 'node_modules/yaml/browser/dist/index.js') },
  metafile: true,
  write: false,
  logLevel: 'warning',
};

/** Removes what packages do at load and nobody needs. */
const shorter = {
  name: 'shorter',
  setup({ onResolve, onLoad }) {
    const instead = (contents) => ({ path: contents, namespace: 'instead' });
    onLoad({ filter: /./, namespace: 'instead' }, ({ path }) => ({ contents: path }));
    // commander needs it for commands that are separate programs, of which there are none; loading
    // it takes a tenth of a bare start.
    onResolve({ filter: /^node:child_process$/ }, ({ importer }) =>
      importer.includes('/node_modules/commander/') ? instead('module.exports = {};') : undefined,
    );
    // node-gyp-build looks for the binary in five places.
    onResolve({ filter: /^node-gyp-build$/ }, () =>
      instead('module.exports = () => require(`netlink/prebuilds/linux-${process.arch}/node.napi.node`);'),
    );
  },
};

const { metafile } = await build({ ...options, entryPoints: entries, plugins: [shorter] });
const imports = Object.values(metafile.inputs).flatMap((input) => input.imports);
for (const { kind, path, external } of imports)
  if (kind === 'dynamic-import' && !external) entries[basename(path, '.ts')] = path;
entries.config = 'config';

/** An import from src/config/ by other rooms. Commands that read no configuration read durations. */
const config = /^(?:\.\.\/)+config\//;
const isShared = (path) => config.test(path) && basename(path) !== 'duration.js';
const shared = new Set(imports.flatMap(({ original = '', path }) => (isShared(original) ? [path] : [])));

const apart = {
  name: 'apart',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^\./ }, ({ path, kind }) =>
      kind === 'dynamic-import' ? { path: `./${basename(path, '.js')}.cjs`, external: true } : undefined,
    );
    onResolve({ filter: config }, ({ path }) =>
      isShared(path) ? { path: './config.cjs', external: true } : undefined,
    );
    onResolve({ filter: /^config$/ }, ({ path }) => ({ path, namespace: 'config' }));
    onLoad({ filter: /./, namespace: 'config' }, () => ({
      contents: [...shared].map((path) => `export * from './${path}';`).join('\n'),
      resolveDir: root,
    }));
  },
};
const { outputFiles } = await build({ ...options, entryPoints: entries, plugins: [shorter, apart] });

mkdirSync(bin, { recursive: true });
// By rename: a test may be starting the file.
for (const { path, contents } of outputFiles) {
  writeFileSync(`${path}.new`, contents, { mode: 0o755 });
  renameSync(`${path}.new`, path);
}
for (const file of readdirSync(bin))
  if (!outputFiles.some(({ path }) => path === join(bin, file))) rmSync(join(bin, file));

/** The packages that are part of the bundle; package-papers.mjs names them. */
const bundled = Object.keys(metafile.inputs).flatMap(
  (input) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(input)?.[1] ?? [],
);
writeFileSync(join(root, 'dist/bundled.json'), `${JSON.stringify([...new Set(bundled)].sort())}\n`);
