/**
 * The packages under test, as scripts/package builds them, compressed little. Built once for all test files, and again when
 * anything that goes in is newer.
 */

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { command, tryCommand } from '../../src/drill/lab/command.js';
import { PROJECT } from '../systemd/host/project.js';
import { onPath } from '../systemd/host/requirements.js';

export type Kind = 'deb' | 'rpm' | 'tar';
export type Architecture = 'amd64' | 'arm64';

const OUT = join(PROJECT, 'dist/packages/quick');
const INPUTS = [
  'dist/.tsbuildinfo',
  'scripts/package',
  'scripts/packaging',
  'scripts/lib',
  'systemd',
  'docs',
  'README.md',
  'CHANGELOG.md',
  'package.json',
];
const BUILD_TIMEOUT_MS = 300_000;
/** Of sysexits(3): scripts/package ends so where something cannot be had. */
const EX_UNAVAILABLE = 69;

export const VERSION = (JSON.parse(readFileSync(join(PROJECT, 'package.json'), 'utf8')) as { version: string }).version;

const NAMES: Readonly<Record<Kind, (architecture: Architecture) => string>> = {
  deb: (architecture) => `backup-router_${VERSION}-1_${architecture}.deb`,
  rpm: (architecture) => `backup-router-${VERSION}-1.${architecture === 'amd64' ? 'x86_64' : 'aarch64'}.rpm`,
  tar: (architecture) => `backup-router-${VERSION}-linux-${architecture}.tar.xz`,
};

/** The architecture of this host. */
export const NATIVE: Architecture = process.arch === 'arm64' ? 'arm64' : 'amd64';

/** The path of a package. */
export function artefact(kind: Kind, architecture: Architecture = NATIVE): string {
  const file = join(OUT, NAMES[kind](architecture));
  // The times in a package are the commit's.
  const { stdout } = tryCommand(['git', '-C', PROJECT, 'log', '-1', '--format=%ct']);
  const newest = Math.max(Number(stdout) * 1000, ...INPUTS.map((path) => newestIn(join(PROJECT, path))));
  if (modified(file) < newest) {
    mkdirSync(OUT, { recursive: true });
    // One at a time: test files run side by side, and the first one builds for all.
    const script = 'if [ "$(stat -c %Y "$1" 2>/dev/null || echo 0)" -ge "$2" ]; then exit; fi; shift 2; exec "$@"';
    const build = [
      join(PROJECT, 'scripts/package'),
      '--quick',
      '--out',
      OUT,
      ...together(kind, architecture),
      architecture,
    ];
    const argv = [
      'flock',
      join(OUT, 'lock'),
      'sh',
      '-c',
      script,
      'sh',
      file,
      String(Math.ceil(newest / 1000)),
      ...build,
    ];
    const { status, stderr } = tryCommand(argv, { timeoutMs: BUILD_TIMEOUT_MS });
    if (status === EX_UNAVAILABLE) throw new Unavailable(stderr.trim().split('\n').at(-1));
    if (status !== 0) throw new Error(`scripts/package: exit status ${status}: ${stderr}`);
  }
  return file;
}

/** What goes into a package, or a tool that makes it, cannot be had here. */
class Unavailable extends Error {}

/** The reason why packages of these kinds cannot be built here, or false: the form that tap's `skip` takes. */
export function cannotBuild(...kinds: readonly Kind[]): string | false {
  if (process.getuid?.() !== 0) return 'needs root';
  try {
    for (const kind of kinds) artefact(kind);
    return false;
  } catch (error) {
    if (error instanceof Unavailable) return error.message;
    throw error;
  }
}

/** What one build makes: all kinds for this host, where they can be made, since most of the time goes into what they share. */
function together(kind: Kind, architecture: Architecture): readonly Kind[] {
  if (architecture !== NATIVE || !onPath('rpmbuild')) return [kind];
  return ['deb', 'rpm', 'tar'];
}

/** The same package under another version, the program changed by one line: what an upgrade installs. */
export function laterVersion(deb: string, version: string, directory: string): string {
  const tree = mkdtempSync(join(tmpdir(), 'backup-router-repack-'));
  const file = join(directory, `backup-router_${version}_${NATIVE}.deb`);
  try {
    command(['dpkg-deb', '--raw-extract', deb, tree]);
    command(['sed', '-i', `s/^Version: .*/Version: ${version}/`, join(tree, 'DEBIAN/control')]);
    command(['sed', '-i', `$a// ${version}`, join(tree, 'usr/lib/backup-router/dist/bin/run.cjs')]);
    command(['dpkg-deb', '--root-owner-group', '-Znone', '--build', tree, file]);
  } finally {
    rmSync(tree, { recursive: true, force: true });
  }
  return file;
}

function modified(path: string): number {
  try {
    return statSync(path).mtimeMs;
  } catch {
    return 0;
  }
}

function newestIn(path: string): number {
  const own = modified(path);
  if (!statSync(path).isDirectory()) return own;
  return Math.max(own, ...readdirSync(path).map((name) => newestIn(join(path, name))));
}
