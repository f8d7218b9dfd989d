/**
 * FRR's configuration as lines with their blocks: from the files of /etc/frr and from what running
 * daemons say. Pure. Only what the checks need: which lines there are, where, below which block. No
 * command is interpreted.
 */

import { type FoundFile, filesIn, unreadableOf, valueOf } from './files.js';
import type { Host } from './host.js';

export interface FrrLine {
  /** `/etc/frr/frr.conf:12`, or `bgpd (running)`. */
  readonly where: string;
  /** The enclosing block's first line: `router bgp 65002`. */
  readonly block: string | undefined;
  /** Without leading blanks. */
  readonly text: string;
}

const DIRECTORY = '/etc/frr';
/** FRR's daemons, of which each reads a file of its own where there is no frr.conf (vty_read_config in lib/vty.c). */
const DAEMON_FILE = /\/(?:zebra|staticd|mgmtd|[a-z0-9]+d)\.conf$/;

/** A pathspace (`-N NAME`) has its sockets in /run/frr/NAME and its files in /etc/frr/NAME. */
export function frrDirectories(host: Host): readonly string[] {
  const found = host.config.routingDaemons.flatMap((daemon) => {
    if (daemon.kind !== 'frr') return [];
    const name = /^(?:\/var)?\/run\/frr\/([^/]+)\/?$/.exec(daemon.socketDirectory)?.[1];
    return [name === undefined ? DIRECTORY : `${DIRECTORY}/${name}`];
  });
  return found.length === 0 ? [DIRECTORY] : [...new Set(found)];
}

/** frr.conf where it is there, and nothing else then; else the files of the daemons. */
function filesRead(host: Host, directory: string): readonly FoundFile[] {
  const files = filesIn(host.files, directory, '.conf');
  const integrated = files.find(({ path }) => path === `${directory}/frr.conf`);
  return integrated !== undefined ? [integrated] : files.filter(({ path }) => DAEMON_FILE.test(path));
}

/**
 * All lines, files first. `why`: what could not be read, so that a line that is not found may yet
 * be there.
 */
export function frrLines(host: Host): {
  readonly lines: readonly FrrLine[];
  readonly why: string | undefined;
} {
  const directories = frrDirectories(host);
  const files = directories.flatMap((directory) => filesRead(host, directory));
  const lines = [
    ...files.flatMap(({ path, text }) => linesOf(text, (number) => `${path}:${number}`)),
    ...host.running.flatMap(({ daemon, text }) => linesOf(text, () => `${daemon} (running)`)),
  ];
  // Either source is enough: a running daemon has read its files, and says more than they do.
  if (host.running.length > 0 && host.runningComplete.kind === 'seen') return { lines, why: undefined };
  const unread = unreadableOf(host.files, directories);
  const nothing =
    files.length > 0
      ? undefined
      : `no configuration of FRR in ${directories.join(' or ')}, and ${host.runningComplete.kind === 'unseen' ? host.runningComplete.why : 'no daemon to ask'}`;
  return { lines, why: unread ?? nothing };
}

/** Lines that begin in column 1 open a block (`router bgp 65002`), `exit` and `!` close it. */
export function linesOf(text: string, where: (lineNumber: number) => string): readonly FrrLine[] {
  const lines: FrrLine[] = [];
  let block: string | undefined;
  text.split('\n').forEach((raw, i) => {
    const line = raw.trimEnd();
    const bare = line.trim();
    if (bare === '' || bare.startsWith('!') || bare.startsWith('#')) {
      if (line === '!') block = undefined;
      return;
    }
    const indented = line !== line.trimStart();
    if (!indented) block = undefined;
    lines.push({ where: where(i + 1), block, text: bare });
    if (!indented && !/^(exit|end)\b/.test(bare)) block = bare;
  });
  return lines;
}

/** The line as evidence. */
export function frrLineText(line: FrrLine): string {
  return `${line.where}: ${line.block === undefined ? '' : `${line.block} > `}${line.text}`;
}

/** `NAME=value` of /etc/frr/daemons, without its quotes; undefined: not there. */
export function daemonsOption(
  host: Host,
  name: string,
): { readonly value: string; readonly evidence: string } | undefined {
  const lines = (valueOf(host.files, `${DIRECTORY}/daemons`) ?? '').split('\n');
  for (const [i, line] of [...lines.entries()].reverse()) {
    const match = /^\s*([a-z0-9_]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|(.*?))\s*(?:#.*)?$/i.exec(line);
    if (match?.[1] === name)
      return {
        value: (match[2] ?? match[3] ?? match[4] ?? '').trim(),
        evidence: `${DIRECTORY}/daemons:${i + 1}: ${line.trim()}`,
      };
  }
  return undefined;
}
