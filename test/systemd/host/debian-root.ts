/**
 * The root directory of a small Debian (or Ubuntu) with systemd and FRR, made once and kept.
 *
 * The release, the mirrors and the keys are this host's own. The cache is keyed by what goes in, and nothing ever writes
 * into a finished root: containers boot from an overlay above it (overlay.ts).
 */

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { command, tryCommand } from '../../../src/drill/lab/command.js';

const CACHE = process.env['BACKUP_ROUTER_TEST_CACHE'] ?? '/var/cache/backup-router-test';
/** libstdc++6 is for this host's Node, which scripts/install copies. */
const PACKAGES = ['systemd', 'systemd-sysv', 'iproute2', 'frr', 'iputils-ping', 'procps', 'libstdc++6'];
/** Raised when what is done below changes, so that an old root is not taken for a new one. */
const RECIPE = 1;
const BUILD_TIMEOUT_MS = 200_000;

export interface RootOptions {
  /** Another release of the same distribution. */
  readonly suite?: string;
  readonly packages?: readonly string[];
  /** Another architecture than this host's: the packages are unpacked, and nothing of them is run. */
  readonly architecture?: string;
  /** Packages whose files, with those that they need, lie in {@link LATER}: to be installed without a network. */
  readonly later?: readonly string[];
}

/** Where the files of packages lie that are installed later. */
export const LATER = '/srv/later';

/** The directory; builds it (15 s and 240 MB) when there is none yet. */
export function debianRoot({ suite: other, packages = PACKAGES, later = [], architecture }: RootOptions = {}): string {
  const { suite, sources } = sourcesOf(other);
  const foreign = architecture === undefined ? [] : [`--architectures=${architecture}`];
  const key = createHash('sha256')
    .update(JSON.stringify([RECIPE, packages, suite, sources, ...downloads(later), ...foreign]))
    .digest('hex')
    .slice(0, 16);
  const directory = join(CACHE, `${suite}-${key}`);
  if (existsSync(directory)) return directory;
  mkdirSync(CACHE, { recursive: true });
  const partial = `${directory}.${process.pid}`;
  try {
    command(
      [
        'mmdebstrap',
        '--quiet',
        '--mode=root',
        `--variant=${architecture === undefined ? 'minbase' : 'extract'}`,
        ...foreign,
        `--include=${packages.join(',')}`,
        ...downloads(later),
        ...proxyOptions(),
        suite,
        partial,
        '-',
      ],
      { input: sources, timeoutMs: BUILD_TIMEOUT_MS },
    );
    renameSync(partial, directory);
  } catch (error) {
    rmSync(partial, { recursive: true, force: true });
    // Somebody else's build came first.
    if (!existsSync(directory)) throw error;
  }
  return directory;
}

function downloads(packages: readonly string[]): string[] {
  if (packages.length === 0) return [];
  return [
    '--customize-hook=rm -f "$1"/var/cache/apt/archives/*.deb',
    `--customize-hook=APT_CONFIG="$MMDEBSTRAP_APT_CONFIG" apt-get --yes --no-install-recommends --download-only install ${packages.join(' ')}`,
    `--customize-hook=mkdir -p "$1${LATER}" && mv "$1"/var/cache/apt/archives/*.deb "$1${LATER}/"`,
  ];
}

/** This host's archives, of its own release or another, as sources.list(5) lines; third parties' left out. */
function sourcesOf(other?: string): { readonly suite: string; readonly sources: string } {
  const release = readFileSync('/etc/os-release', 'utf8');
  const field = (name: string): string => new RegExp(`^${name}="?([^"\\n]*)`, 'm').exec(release)?.[1] ?? '';
  const host = field('VERSION_CODENAME');
  const suite = other ?? host;
  const keyring = `/usr/share/keyrings/${field('ID')}-archive-keyring.gpg`;
  const signed = existsSync(keyring) ? `[signed-by=${keyring}] ` : '';
  const pockets = [host, `${host}-updates`, `${host}-security`];
  const targets = command([
    'apt-get',
    'indextargets',
    '--format',
    '$(REPO_URI) $(RELEASE) $(COMPONENT)',
    'Created-By: Packages',
  ]);
  const wanted = targets
    .split('\n')
    .map((line) => line.split(' '))
    .filter(([, pocket, component]) => pockets.includes(pocket ?? '') && ['main', 'universe'].includes(component ?? ''))
    .map(([uri, pocket, component]) => `deb ${signed}${uri} ${pocket!.replace(host, suite)} ${component}`);
  if (wanted.length === 0) throw new Error(`apt knows no archive of ${host}: run apt-get update`);
  return { suite, sources: `${[...new Set(wanted)].sort().join('\n')}\n` };
}

/** mmdebstrap runs an apt with a configuration of its own, which knows of no proxy. */
function proxyOptions(): string[] {
  return ['http', 'https'].flatMap((scheme) => {
    const proxy = tryCommand(['apt-config', 'shell', 'P', `Acquire::${scheme}::Proxy`]).stdout.match(
      /^P='(.*)'$/m,
    )?.[1];
    return proxy === undefined ? [] : [`--aptopt=Acquire::${scheme}::Proxy "${proxy}"`];
  });
}
