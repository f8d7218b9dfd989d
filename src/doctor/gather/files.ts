/**
 * Reads the files that the checks judge: a fixed list of names and directories, and nothing else.
 * Paths may be below another root directory, for tests and images; /proc/sys is always that of the
 * running kernel and network namespace.
 *
 * Invariant: a file that exists and cannot be read is recorded as unreadable, with the errno.
 */

import { lstatSync, readdirSync, readlinkSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { readBounded } from '../../host/small-file.js';
import { codeOf } from '../../model/error.js';
import { BIRD_FILES, includesOf, matches } from '../bird-config.js';
import type { FileEntry, FileTree } from '../files.js';
import { START_TARGET, UNIT, UNIT_FILE } from '../identity.js';
import { SYSTEMD_DIRECTORIES } from '../ini.js';

/** The root directory of the host's files. */
export interface HostPaths {
  /** Empty: the root directory of this host. */
  readonly root: string;
}

class Evidence extends Map<string, FileEntry> {
  /** Length of all texts. */
  length = 0;
}

/** A directory of which the files with a certain suffix are read. */
interface Listing {
  readonly directory: string;
  readonly suffix: string;
}

/** Larger files are not read. An FRR configuration of 10,000 peers has 2 MB. */
const MAX_BYTES = 8 << 20;
/** For all files together. */
const MAX_ALL_BYTES = 32 << 20;
/** One value of /proc. */
const MAX_VALUE_BYTES = 4096;
/** A directory with more names is not read: networkd has a file for each link. */
const MAX_NAMES = 20_000;
const MAX_INCLUDED = 200;

const FILES: readonly string[] = [
  '/etc/passwd',
  '/etc/group',
  '/etc/frr/daemons',
  '/etc/bird/bird.conf',
  '/etc/bird.conf',
  '/etc/network/interfaces',
  '/etc/iproute2/rt_tables',
  '/etc/iproute2/rt_protos',
  '/usr/share/iproute2/rt_tables',
  '/usr/share/iproute2/rt_protos',
  '/usr/lib/iproute2/rt_tables',
  '/usr/lib/iproute2/rt_protos',
  '/etc/NetworkManager/NetworkManager.conf',
  '/run/systemd/timesync/synchronized',
  '/run/systemd/system',
  '/run/systemd/netif/links',
  '/run/NetworkManager',
  '/.dockerenv',
  '/run/.containerenv',
  ...SYSTEMD_DIRECTORIES.flatMap((base) => [
    `${base}/networkd.conf`,
    `${base}/system.conf`,
    `${base}/system/${UNIT_FILE}`,
    `${base}/system/${START_TARGET}`,
  ]),
];

const LISTINGS: readonly Listing[] = [
  { directory: '/etc/frr', suffix: '.conf' },
  { directory: '/run/systemd/netif/links', suffix: '' },
  { directory: '/run/NetworkManager/devices', suffix: '' },
  { directory: '/etc/network/interfaces.d', suffix: '' },
  ...['/etc', '/run', '/usr/lib'].map((base) => ({
    directory: `${base}/NetworkManager/conf.d`,
    suffix: '.conf',
  })),
  ...['/etc', '/run', '/lib'].map((base) => ({ directory: `${base}/netplan`, suffix: '.yaml' })),
  ...['/etc', '/usr/share', '/usr/lib'].flatMap((base) =>
    ['rt_tables.d', 'rt_protos.d'].map((name) => ({
      directory: `${base}/iproute2/${name}`,
      suffix: '.conf',
    })),
  ),
  ...SYSTEMD_DIRECTORIES.flatMap((base) => [
    { directory: `${base}/networkd.conf.d`, suffix: '.conf' },
    { directory: `${base}/system.conf.d`, suffix: '.conf' },
    ...[...new Set([UNIT, UNIT_FILE])].map((unit) => ({ directory: `${base}/system/${unit}.d`, suffix: '.conf' })),
    { directory: `${base}/system/${START_TARGET}.d`, suffix: '.conf' },
  ]),
];

/** Directories with `*.wants` and `*.requires`, in which `systemctl enable` creates links. */
const ENABLING: readonly string[] = [
  '/etc/systemd/system',
  '/run/systemd/system',
  '/usr/lib/systemd/system',
  '/usr/local/lib/systemd/system',
];

/** `birds`: the configuration files of the running BIRDs, in addition to the usual ones. */
export function gatherFiles(paths: HostPaths, interfaces: readonly string[], birds: readonly string[] = []): FileTree {
  const tree = new Evidence();
  for (const path of FILES) add(tree, paths.root, path);
  for (const { directory, suffix } of LISTINGS)
    for (const name of list(tree, paths.root, directory))
      if (name.endsWith(suffix)) add(tree, paths.root, `${directory}/${name}`);
  // FRR's pathspaces.
  for (const name of list(tree, paths.root, '/etc/frr'))
    if (tree.get(`/etc/frr/${name}`) === undefined && isDirectory(`${paths.root}/etc/frr/${name}`))
      for (const file of list(tree, paths.root, `/etc/frr/${name}`))
        if (file.endsWith('.conf') || file === 'daemons') add(tree, paths.root, `/etc/frr/${name}/${file}`);
  for (const path of birds) add(tree, paths.root, path);
  addIncluded(tree, paths.root, [...BIRD_FILES, ...birds]);
  for (const directory of ENABLING) {
    for (const name of list(tree, paths.root, directory))
      if (/\.(wants|requires)$/.test(name))
        for (const unit of [UNIT, START_TARGET]) addLink(tree, paths.root, `${directory}/${name}/${unit}`);
  }
  for (const path of [...sysctlPaths(interfaces), '/proc/1/comm']) add(tree, '', path, MAX_VALUE_BYTES);
  return tree;
}

/** Adds the files that BIRD's configuration files include, recursively. */
function addIncluded(tree: Evidence, root: string, files: readonly string[]): void {
  const open = [...files];
  for (let path = open.shift(); path !== undefined && open.length < MAX_INCLUDED; path = open.shift()) {
    const entry = tree.get(path);
    if (entry?.kind !== 'file') continue;
    for (const pattern of includesOf(entry.text, path)) {
      const directory = dirname(pattern);
      const paths = /[*?]/.test(pattern)
        ? list(tree, root, directory).map((name) => `${directory}/${name}`)
        : [pattern];
      for (const one of paths) {
        if (tree.has(one) || !matches(pattern, one)) continue;
        add(tree, root, one);
        open.push(one);
      }
    }
  }
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

/** A file tree with one file of this host. */
export function readOne(path: string): FileTree {
  const tree = new Evidence();
  add(tree, '', path);
  return tree;
}

function sysctlPaths(interfaces: readonly string[]): readonly string[] {
  const each = ['all', ...interfaces];
  return [
    '/proc/sys/net/ipv4/ip_forward',
    '/proc/sys/net/ipv6/conf/all/forwarding',
    ...each.flatMap((name) => [
      `/proc/sys/net/ipv4/conf/${name}/rp_filter`,
      ...['accept_ra', 'forwarding', 'disable_ipv6', 'keep_addr_on_down'].map(
        (key) => `/proc/sys/net/ipv6/conf/${name}/${key}`,
      ),
    ]),
  ];
}

/**
 * The names in a directory; none if it does not exist. A directory that may not be listed becomes
 * an entry of the tree.
 */
function list(tree: Evidence, root: string, directory: string): readonly string[] {
  try {
    const names = readdirSync(root + directory).sort();
    if (names.length <= MAX_NAMES) return names;
    tree.set(directory, { kind: 'unreadable', why: `more than ${MAX_NAMES} files` });
    return [];
  } catch (error) {
    const why = whyNot(error);
    if (why !== undefined) tree.set(directory, { kind: 'unreadable', why });
    return [];
  }
}

function add(tree: Evidence, root: string, path: string, maxBytes = MAX_BYTES): void {
  try {
    const link = lstatSync(root + path).isSymbolicLink() ? readlinkSync(root + path) : undefined;
    // Absolute link targets are relative to the other root.
    const real =
      link === undefined ? root + path : link.startsWith('/') ? root + link : resolve(dirname(root + path), link);
    const target = link === undefined ? {} : { target: link };
    if (link === '/dev/null') return void tree.set(path, { kind: 'file', text: '', ...target });
    // Opening a device may already do something.
    const stat = statSync(real);
    if (stat.isDirectory()) tree.set(path, { kind: 'directory' });
    else if (!stat.isFile()) tree.set(path, { kind: 'unreadable', why: 'not a regular file' });
    else if (tree.length > MAX_ALL_BYTES)
      tree.set(path, { kind: 'unreadable', why: 'too large, with the files before' });
    else {
      const text = readBounded(real, maxBytes);
      tree.length += text.length;
      tree.set(path, { kind: 'file', text, ...target });
    }
  } catch (error) {
    const why = whyNot(error);
    if (why !== undefined) tree.set(path, { kind: 'unreadable', why });
  }
}

/** Records the link alone: its target may be on a file system that is not mounted here. */
function addLink(tree: Evidence, root: string, path: string): void {
  try {
    tree.set(path, { kind: 'file', text: '', target: readlinkSync(join(root, path)) });
  } catch (error) {
    const why = whyNot(error);
    if (why !== undefined) tree.set(path, { kind: 'unreadable', why });
  }
}

/** The errno; undefined if the file does not exist, which is a valid answer. */
function whyNot(error: unknown): string | undefined {
  const code = codeOf(error);
  if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
  if (code === 'EFBIG') return 'too large';
  return code === 'EACCES' || code === 'EPERM' ? 'no permission to read it' : (code ?? String(error));
}
