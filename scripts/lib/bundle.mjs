/**
 * Makes one file of the daemon, dist/daemon.cjs: bundle.mjs (after tsc, from the project's directory).
 *
 * What lives here: how a start is kept short (docs/ARCHITECTURE.md, "Start"). CommonJS, because Node's loader of ES modules costs as much as
 * half a bare start. Modules of Node and `yaml` are evaluated by their first use rather than by their import. Packages
 * with binaries (netlink's socket, koffi) stay in node_modules.
 */

import { renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');

/**
 * esbuild writes `var import_node_net = require("node:net");` and, at each use, `import_node_net.connect`. That becomes
 * `import_node_net.its.connect` with a getter that loads the module when it is first asked. node:fs, node:path and node:events are there
 * before any program runs.
 */
function byFirstUse(code) {
  const names = [];
  const lazily = code.replace(/^var (import_\w+) = (require\("node:(?!fs"|path"|events")[\w/]+"\)|__toESM\(require_yaml\w*\(\), 1\)|__toESM\(require_dist\(\), 1\));$/gm, (_, name, load) => {
    names.push(name);
    return `var ${name} = { get its() { return this.loaded ??= ${load}; }, loaded: void 0 };`;
  });
  return lazily.replace(new RegExp(`\\b(${names.join('|')})\\.`, 'g'), '$1.its.');
}

/** netlink finds its binary by looking through directories (node-gyp-build). Where the usual one is not there, that still happens. */
const prebuilt = {
  name: 'prebuilt',
  setup({ onResolve, onLoad }) {
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

const { outputFiles } = await build({
  absWorkingDir: root,
  entryPoints: ['src/cli/daemon.ts'],
  outfile: 'dist/daemon.cjs',
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  charset: 'ascii',
  // createRequire(import.meta.url) finds packages from where the bundle lies.
  define: { 'import.meta.url': '__filename' },
  external: ['koffi', 'systemd-notify', 'ip-num'],
  plugins: [prebuilt],
  write: false,
  logLevel: 'warning',
});
// Whole or not at all: a test may be starting it.
const [{ path, text }] = outputFiles;
writeFileSync(`${path}.new`, byFirstUse(text));
renameSync(`${path}.new`, path);
