/**
 * FRR's configuration as lines with the blocks around them, from the files in /etc/frr and from
 * running daemons. Pure. It has what the checks need: which lines there are, where, and in which
 * blocks. Commands are not interpreted.
 */

import { type FoundFile, filesIn, textOf, unreadableOf } from './files.js';
import type { Host } from './host.js';

export interface FrrLine {
  /** `/etc/frr/frr.conf:12`, or `bgpd (running)`. */
  readonly where: string;
  /** The lines that open the blocks around it, outermost first: `router bgp 65002`. */
  readonly within: readonly string[];
  /** The line without leading blanks. */
  readonly text: string;
  /** The directory with the sockets of the daemons that have this configuration. */
  readonly sockets: string;
  /** For a line of a file: the path and the line number. */
  readonly file?: { readonly path: string; readonly number: number };
}

/** The evidence that this module uses. */
type FrrSources = Pick<Host, 'config' | 'files' | 'running' | 'runningComplete'>;

const DIRECTORY = '/etc/frr';
const RUN_DIRECTORY = '/run/frr';
/**
 * The configuration file of a single FRR daemon, read where there is no frr.conf (vty_read_config
 * in lib/vty.c).
 */
const DAEMON_FILE = /\/(?:zebra|staticd|mgmtd|[a-z0-9]+d)\.conf$/;

interface FrrInstance {
  /** The directory with its configuration files. */
  readonly directory: string;
  readonly sockets: string;
}

/** A pathspace (`-N NAME`) has its sockets in /run/frr/NAME and its files in /etc/frr/NAME. */
export function frrInstances({ config }: Pick<Host, 'config'>): readonly FrrInstance[] {
  const found = config.routingDaemons.flatMap((daemon): readonly FrrInstance[] => {
    if (daemon.kind !== 'frr') return [];
    const name = pathspaceOf(daemon.socketDirectory);
    return [{ directory: name === undefined ? DIRECTORY : `${DIRECTORY}/${name}`, sockets: daemon.socketDirectory }];
  });
  const instances = found.length === 0 ? [{ directory: DIRECTORY, sockets: RUN_DIRECTORY }] : found;
  return instances.filter(({ sockets }, i) => instances.findIndex((one) => one.sockets === sockets) === i);
}

function pathspaceOf(sockets: string): string | undefined {
  return /^(?:\/var)?\/run\/frr\/([^/]+)\/?$/.exec(sockets)?.[1];
}

/** Only frr.conf if it exists, else the files of the daemons. */
function filesRead(host: FrrSources, directory: string): readonly FoundFile[] {
  const files = filesIn(host.files, directory, '.conf');
  const integrated = files.find(({ path }) => path === `${directory}/frr.conf`);
  return integrated !== undefined ? [integrated] : files.filter(({ path }) => DAEMON_FILE.test(path));
}

/**
 * All lines, those of files first. `why`: what could not be read. If set, a line that was not
 * found may still exist.
 */
export function frrLines(host: FrrSources): {
  readonly lines: readonly FrrLine[];
  readonly why: string | undefined;
} {
  const instances = frrInstances(host);
  const files = instances.flatMap(({ directory, sockets }) =>
    filesRead(host, directory).map((file) => ({ ...file, sockets })),
  );
  const lines = [
    ...files.flatMap(({ path, text, sockets }) =>
      linesOf(text).map(({ number, ...line }) => ({
        ...line,
        where: `${path}:${number}`,
        sockets,
        file: { path, number },
      })),
    ),
    ...host.running.flatMap(({ daemon, text, sockets }) =>
      linesOf(text).map(({ within, text: line }) => ({ where: `${daemon} (running)`, within, text: line, sockets })),
    ),
  ];
  // Either source is enough. A running daemon has read its files, and its configuration is more
  // complete.
  const unread = instances
    .filter(({ sockets }) => !host.running.some((one) => one.sockets === sockets))
    .map(({ directory }) => directory);
  if (unread.length === 0 && host.runningComplete.kind === 'seen') return { lines, why: undefined };
  const directories = host.runningComplete.kind === 'seen' ? unread : instances.map(({ directory }) => directory);
  const without = directories.filter((directory) => filesRead(host, directory).length === 0);
  const nothing =
    without.length === 0
      ? undefined
      : `no configuration of FRR in ${without.join(' or ')}, and ${host.runningComplete.kind === 'unseen' ? host.runningComplete.why : 'no daemon to ask'}`;
  return { lines, why: unreadableOf(host.files, directories) ?? nothing };
}

/** Commands that open a block. Lines without indentation can belong to it until it is left. */
const OPENS =
  /^(?:router|vrf|interface|address-family|route-map|line|key|bfd|segment-routing|pseudowire|l2vpn|nexthop-group)\b/;
/** Commands that exist only in a routing block, however somebody has indented them. */
const ROUTING =
  /^(?:no )?(?:redistribute|network|default-information|neighbor|bgp|address-family|exit-address-family)\b/;
/** Commands of a VRF block that are also valid outside one. */
const OF_VRF = /^(?:no )?(?:ip|ipv6) (?:route|nht)\b/;

type Open = readonly { readonly indent: number; readonly text: string }[];

/**
 * The lines of one configuration. Indentation shows the blocks, as vtysh writes it. For lines
 * without indentation the command decides. `exit` and its variants leave a block; `!` does not.
 */
export function linesOf(
  text: string,
): readonly { readonly number: number; readonly within: readonly string[]; readonly text: string }[] {
  const lines: { number: number; within: readonly string[]; text: string }[] = [];
  let open: Open = [];
  text.split('\n').forEach((raw, i) => {
    const line = raw.trimEnd();
    const bare = line.trim();
    if (bare === '' || bare.startsWith('!') || bare.startsWith('#')) return;
    const indent = line.length - line.trimStart().length;
    const flat =
      indent === 0 &&
      belongsInside(
        bare,
        open.map((one) => one.text),
      );
    const around = flat ? open : open.filter((one) => one.indent < indent);
    const within = around.map((one) => one.text);
    lines.push({ number: i + 1, within, text: bare });
    if (/^(?:exit|exit-\S+|quit)$/.test(bare)) open = leave(open, bare, indent);
    else if (bare === 'end') open = [];
    else if (OPENS.test(bare)) open = [...around, { indent, text: bare }];
    else open = around;
  });
  return lines;
}

/** Whether an unindented command belongs to the outermost open block. */
function belongsInside(bare: string, open: readonly string[]): boolean {
  const [outer] = open;
  if (outer === undefined) return false;
  if (/^router\b/.test(outer)) return ROUTING.test(bare);
  return /^vrf\b/.test(outer) && OF_VRF.test(bare);
}

function leave(open: Open, word: string, indent: number): Open {
  if (word === 'exit-vrf') return [];
  if (word === 'exit-address-family')
    return open.slice(
      0,
      open.findLastIndex(({ text }) => /^address-family\b/.test(text)),
    );
  const inner = open.filter((one) => one.indent < indent);
  return inner.length < open.length ? inner : open.slice(0, -1);
}

/** The line as evidence. */
export function frrLineText(line: FrrLine): string {
  return `${line.where}: ${[...line.within, line.text].join(' > ')}`;
}

/** The number of commands that a remedy writes out. */
const REMOVED = 8;

/**
 * Commands that remove the lines: by vtysh and `write memory` if a running daemon has them, else
 * by editing the file.
 */
export function removalOf(lines: readonly FrrLine[]): readonly string[] {
  const live = lines.filter(({ file }) => file === undefined);
  if (live.length === 0) {
    const paths = [...new Set(lines.flatMap(({ file }) => file?.path ?? []))];
    return paths.map((path) => {
      const numbers = lines.flatMap(({ file }) => (file?.path === path ? [file.number] : []));
      return `sed -i '${numbers.map((number) => `${number}d`).join(';')}' ${path}`;
    });
  }
  const commands = live.map(({ within, text, sockets }) =>
    vtysh(sockets, ['configure terminal', ...within, text.startsWith('no ') ? text.slice(3) : `no ${text}`]),
  );
  const distinct = [...new Set(commands)];
  return [
    ...distinct.slice(0, REMOVED),
    ...(distinct.length > REMOVED ? [`# and ${distinct.length - REMOVED} more in the same way`] : []),
    ...[...new Set(live.map(({ sockets }) => sockets))].map(
      (sockets) => `# to keep it: ${vtysh(sockets, ['write memory'])}`,
    ),
  ];
}

/** The vtysh command line for the FRR instance with these sockets. */
export function vtysh(sockets: string, commands: readonly string[]): string {
  const name = pathspaceOf(sockets);
  const at = /^(?:\/var)?\/run\/frr\/?$/.test(sockets)
    ? ''
    : name === undefined
      ? ` --vty_socket ${sockets}`
      : ` -N ${name}`;
  return `vtysh${at}${commands.map((command) => ` -c '${command.replaceAll("'", "'\\''")}'`).join('')}`;
}

export interface DaemonsOption {
  readonly value: string;
  /** `/etc/frr/daemons:3: bgpd=no`. */
  readonly evidence: string;
}

/** The last `NAME=value` line of a `daemons` file, without quotes; undefined if there is none. */
export function daemonsOption(host: Pick<Host, 'files'>, path: string, name: string): DaemonsOption | undefined {
  const text = textOf(host.files, path);
  const lines = (text.kind === 'seen' ? (text.value ?? '') : '').split('\n');
  for (const [i, line] of [...lines.entries()].reverse()) {
    const [, found, rest = ''] = /^\s*([a-z0-9_]+)\s*=(.*)$/i.exec(line) ?? [];
    if (found !== name) continue;
    const quoted = /^\s*(?:"([^"]*)"|'([^']*)')\s*(?:#.*)?$/.exec(rest);
    const value = quoted === null ? rest.replace(/#.*/, '') : (quoted[1] ?? quoted[2] ?? '');
    return { value: value.trim(), evidence: `${path}:${i + 1}: ${line.trim()}` };
  }
  return undefined;
}
