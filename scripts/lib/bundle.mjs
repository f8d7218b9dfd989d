/**
 * Makes one file of the daemon, dist/daemon.cjs: bundle.mjs (after tsc, from the project's directory).
 *
 * What lives here: how a start is kept short (docs/ARCHITECTURE.md, "Start"). CommonJS, because Node's loader of ES modules costs as much as
 * half a bare start. Modules of Node and `yaml` are evaluated by their first use rather than by their import. Packages
 * with binaries (netlink's socket, koffi) stay in node_modules.
 */

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { renameSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, transform } from 'esbuild';

/** Stands for the digest of the code until that is known. */
const BUILD = 'digest of this file';
const root = join(dirname(fileURLToPath(import.meta.url)), '../..');

/**
 * esbuild writes `var import_node_net = require("node:net");` and, at each use, `import_node_net.connect`. That becomes
 * `import_node_net.its.connect` with a getter that loads the module when it is first asked. node:fs, node:path and node:events are there
 * before any program runs.
 */
function byFirstUse(code) {
  const names = [];
  const lazily = code.replace(
    /^var (import_\w+) = (require\("(?:node:(?!fs"|path"|events")[\w/]+|[./]+(?:config|later)\.cjs)"\)|__toESM\(require_dist\(\), 1\));$/gm,
    (_, name, load) => {
      names.push(name);
      return `var ${name} = { get its() { return this.loaded ??= ${load}; }, loaded: void 0 };`;
    },
  );
  return lazily.replace(new RegExp(`\\b(${names.join('|')})\\.`, 'g'), '$1.its.');
}

/** The clock behind performance.now(), without the 1.5 ms that loading `performance` takes; from boot rather than from the start of the process. */
const CLOCK =
  'function __now() { const [seconds, nanoseconds] = process.hrtime(); return seconds * 1e3 + nanoseconds / 1e6; }';

/** netlink finds its binary by looking through directories (node-gyp-build). Where the usual one is not there, that still happens. */
const prebuilt = {
  name: 'prebuilt',
  setup({ onResolve, onLoad }) {
    // For the number of an errno that hardly ever comes.
    onResolve({ filter: /^os$/ }, ({ importer }) =>
      importer.includes('/netlink/') ? { path: 'os', namespace: 'errno' } : undefined,
    );
    onLoad({ filter: /.*/, namespace: 'errno' }, () => ({
      contents: "exports.constants = { get errno() { return require('node:os').constants.errno; } };",
    }));
    onResolve({ filter: /^node-gyp-build$/ }, () => ({ path: 'node-gyp-build', namespace: 'prebuilt' }));
    onLoad({ filter: /.*/, namespace: 'prebuilt' }, () => ({
      contents: `
        const netlink = __dirname + '/../node_modules/netlink';
        module.exports = () => {
          const found = { exports: {} };
          try {
            process.dlopen(found, netlink + '/prebuilds/linux-' + process.arch + '/node.napi.node');
            return found.exports;
          } catch {
            return require('module').createRequire(__filename)('node-gyp-build')(netlink);
          }
        };`,
    }));
  },
};

/**
 * What the first route does not need, by file. config.cjs, for a changed configuration: the parser, which with yaml is more code than all the rest.
 * later.cjs, for when the routes are in: adapters, control socket, native options. Each may bring modules along that daemon.cjs has too; so nothing
 * with a state of its own may be in two of them (the sockets of netlink are in daemon.cjs, koffi in later.cjs).
 */
const LATER = {
  'config.cjs': ['src/config/parse.ts', 'src/config/report.ts'],
  'later.cjs': [
    'src/health/open.ts',
    'src/control/server.ts',
    'src/control/probe.ts',
    'src/native/libc.ts',
    'src/runtime/requests.ts',
  ],
};

/** An import of one of those becomes one of the file that has it, as seen from `directory`. */
const inFiles = (directory, own) => ({
  name: 'later',
  setup({ onResolve }) {
    onResolve({ filter: /^\./ }, ({ path, resolveDir }) => {
      const file = relative(root, join(resolveDir, path)).replace(/\.js$/, '.ts');
      const [name] = Object.entries(LATER).find(([, files]) => files.includes(file)) ?? [];
      return name === undefined || name === own ? undefined : { path: `${directory}/${name}`, external: true };
    });
  },
});

const common = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  charset: 'ascii',
  // createRequire(import.meta.url) finds packages from where the bundle lies.
  define: { 'import.meta.url': '__filename', 'performance.now': '__now', __BUILD__: JSON.stringify(BUILD) },
  external: ['koffi', 'systemd-notify', 'ip-num'],
  banner: { js: CLOCK },
  write: false,
  logLevel: 'warning',
};
const later = await Promise.all(
  Object.entries(LATER).map(async ([name, sources]) => {
    const contents = sources.map((file) => `export * from './${file}';`).join('\n');
    const built = await build({
      ...common,
      stdin: { contents, resolveDir: root },
      outfile: `dist/${name}`,
      plugins: [inFiles('.', name)],
    });
    return { path: join(root, 'dist', name), code: byFirstUse(built.outputFiles[0].text) };
  }),
);
// The daemon's `require` is the launcher's.
const daemon = await build({
  ...common,
  entryPoints: ['src/cli/daemon.ts'],
  outfile: 'dist/daemon.cjs',
  plugins: [inFiles('../..'), prebuilt],
});

/** A function of what Node gives a module, labelled with the digest (src/cli/backup-router.cts). */
const wrapped = (code) => `/* ${BUILD} */ (function (exports, require, module, __filename, __dirname) {${code}\n})\n`;

/** Half the text, in lines that a stack trace can still point at; names stay. */
const terse = async (code) =>
  (
    await transform(code, {
      minifyWhitespace: true,
      minifySyntax: true,
      charset: 'ascii',
      target: 'node20',
      lineLimit: 160,
    })
  ).code;

const files = [...later, { path: join(root, 'dist/daemon.cjs'), code: byFirstUse(daemon.outputFiles[0].text) }];
// What a start reads is the launcher's to evaluate.
for (const file of files) if (!file.path.endsWith('/later.cjs')) file.code = wrapped(await terse(file.code));
const digest = files
  .reduce((hash, { code }) => hash.update(code), createHash('sha256'))
  .digest('hex')
  .slice(0, 16);
for (const { path, code } of files) {
  // Whole or not at all: a test may be starting it.
  writeFileSync(`${path}.new`, code.replaceAll(BUILD, digest));
  renameSync(`${path}.new`, path);
}
execFileSync(process.execPath, [join(root, 'dist/src/cli/compile.cjs')], { stdio: 'inherit' });
