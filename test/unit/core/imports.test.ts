/**
 * The shape of the source tree, which docs/ARCHITECTURE.md leaves to this test: who may import whom, small files, one version number.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { VERSION } from '../../../src/model/version.js';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const sources = join(root, 'src');

/** What kernel/ is to the agent: the ports of the core. Nobody but kernel/ knows more of it than these and its other face, inspect.ts. */
const KERNEL_PORTS = ['kernel/kernel', 'kernel/process/process-events'];

/** Directories of src/ that a directory may import, beside itself; a file stands for itself alone. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  model: [],
  config: ['model'],
  fib: ['model'],
  core: ['model', 'fib'],
  native: ['model'],
  kernel: ['model', 'core/ports', 'native'],
  host: ['native/libc'],
  health: ['model', 'core/ports', 'host', 'native/descriptor'],
  control: ['model', 'core/ports', 'native'],
  metrics: ['model', 'core'],
  hooks: ['model', 'host', 'control', 'runtime/atomic', 'runtime/record-file', 'runtime/log'],
  drill: ['model', 'config', 'host/executable'],
  runtime: ['model', 'config', 'fib', 'core', 'native', ...KERNEL_PORTS, 'host', 'health', 'control', 'metrics'],
  doctor: ['model', 'config', 'fib', 'core', 'native', 'kernel/inspect', 'host', 'health', 'control'],
  manual: ['model', 'config', 'metrics', 'cli'],
  cli: [
    'model',
    'config',
    'fib',
    'core',
    'native',
    'kernel/kernel',
    'kernel/inspect',
    'host',
    'health',
    'control',
    'metrics',
    'hooks',
    'runtime',
    'drill',
    'doctor',
  ],
};

/** The only directory that may load a package that does not come with Node, by package. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  koffi: ['native'],
  netlink: ['kernel'],
  'ip-num': ['config'],
  yaml: ['config'],
  // The schema of what is printed, made at build time.
  typescript: ['manual'],
  commander: ['cli'],
  'systemd-notify': ['runtime'],
};

interface Source {
  /** Relative to src/, without the suffix: `core/plan`. */
  readonly name: string;
  readonly directory: string;
  readonly text: string;
  readonly imports: readonly string[];
}

function load(): readonly Source[] {
  return readdirSync(sources, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      const name = relative(sources, path).replace(/\.ts$/, '');
      const text = readFileSync(path, 'utf8');
      // Static, type-only, side-effect, dynamic and CommonJS forms alike.
      const imports = [
        ...text.matchAll(/\bfrom\s+'([^']+)'|\bimport\s+'([^']+)'|\bimport\(\s*'([^']+)'|\brequire\(\s*'([^']+)'/g),
      ].map((m) => m.slice(1).find((part) => part !== undefined)!);
      return { name, directory: name.split('/')[0]!, text, imports };
    });
}

const files = load();

t.test('every directory is known', async (t) => {
  t.ok(files.length > 50, `${files.length} files`);
  t.strictSame(
    [...new Set(files.map(({ directory }) => directory))].filter((directory) => ALLOWED[directory] === undefined),
    [],
  );
});

t.test('import directions', async (t) => {
  for (const { name, directory, imports } of files) {
    for (const target of imports) {
      if (!target.startsWith('.')) {
        const owner = PACKAGES[packageOf(target)];
        if (!target.startsWith('node:') && (owner === undefined || !owner.includes(directory)))
          t.fail(`src/${name}.ts imports ${target}`);
        continue;
      }
      if (!target.endsWith('.js')) t.fail(`src/${name}.ts imports ${target} without .js`);
      const other = fileOf(name, target);
      const allowed =
        other.startsWith(`${directory}/`) ||
        (ALLOWED[directory] ?? []).some((one) => other === one || other.startsWith(`${one}/`));
      if (!allowed) t.fail(`src/${name}.ts must not import src/${other}.ts`);
      if (!files.some((file) => file.name === other))
        t.fail(`src/${name}.ts imports src/${other}.ts, which is not there`);
    }
  }
  t.pass(`${files.reduce((sum, { imports }) => sum + imports.length, 0)} imports`);
});

t.test('no circle of imports, types included', async (t) => {
  t.strictSame(circles(), []);
});

t.test('no IO, clock or timer in model and core', async (t) => {
  for (const { name, directory, text, imports } of files) {
    if (directory !== 'model' && directory !== 'fib' && directory !== 'core') continue;
    t.strictSame(
      imports.filter((target) => !target.startsWith('.')),
      [],
      `src/${name}.ts imports nothing from outside`,
    );
    t.notMatch(
      code(text),
      /\b(Date\.now|new Date\(\)|performance\.|setTimeout|setInterval|setImmediate|process\.|Math\.random|console\.)/,
      `src/${name}.ts is pure`,
    );
  }
});

t.test('house rules', async (t) => {
  for (const { name, text } of files) {
    t.notMatch(text, /^export default\b|\bexport\s*\{[^}]*\bas default\b/m, `src/${name}.ts has no default export`);
    t.ok(text.split('\n').length - 1 <= 350, `src/${name}.ts has at most 350 lines`);
    t.notMatch(text, /\.\.\/shared|\/work\/|\bTODO\b|\bFIXME\b/, `src/${name}.ts mentions nothing outside the project`);
    t.notMatch(code(text), /^\s*(?:export\s+)?(?:const\s+)?enum\s/m, `src/${name}.ts has no enum`);
    t.match(text, /^(?:#!.*\n)?\/\*\*/, `src/${name}.ts begins with what it is`);
  }
});

t.test('one version', async (t) => {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    readonly version: string;
  };
  t.equal(VERSION, manifest.version);
});

function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

/** A file of a source, as an import names it. */
function fileOf(name: string, target: string): string {
  return relative(sources, join(sources, dirname(name), target)).replace(/\.c?js$/, '');
}

/** Files that import each other, directly or over others (Tarjan's strongly connected components). */
function circles(): readonly (readonly string[])[] {
  const imports = new Map(
    files.map(({ name, imports }) => [
      name,
      imports.filter((target) => target.startsWith('.')).map((target) => fileOf(name, target)),
    ]),
  );
  const found: string[][] = [];
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const open: string[] = [];
  const visit = (name: string): number => {
    const at = order.size;
    order.set(name, at);
    lowest.set(name, at);
    open.push(name);
    for (const other of imports.get(name) ?? []) {
      if (!imports.has(other)) continue;
      if (!order.has(other)) visit(other);
      else if (!open.includes(other)) continue;
      lowest.set(name, Math.min(lowest.get(name)!, lowest.get(other)!));
    }
    if (lowest.get(name) === at) {
      const circle = open.splice(open.indexOf(name));
      if (circle.length > 1 || imports.get(name)?.includes(name) === true) found.push(circle);
    }
    return at;
  };
  for (const name of imports.keys()) if (!order.has(name)) visit(name);
  return found;
}

/** The text without comments. */
function code(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '$1');
}
