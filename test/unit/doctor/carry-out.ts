/**
 * Carries remedies of doctor out, as they stand: lines of the configuration into the configuration, commands for files in a shell below a
 * directory that has the host's files, drop-ins through an editor that takes what stands there. What changes the kernel or a
 * daemon is tried for real in netns/doctor-remedies.test.ts.
 */

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parse } from 'yaml';
import type { FileEntry } from '../../../src/doctor/files.js';
import { hostWith, type Spoil } from './fixture.js';

/** The remedy's parts of which one is enough: a line `# or ...` begins the next. */
export function alternativesOf(remedy: string): readonly (readonly string[])[] {
  const parts: string[][] = [[]];
  for (const line of remedy.split('\n')) {
    if (/^# or\b/.test(line)) parts.push([]);
    if (!line.startsWith('#')) parts.at(-1)!.push(line);
  }
  return parts.filter((part) => part.length > 0);
}

export type Kind = 'configuration' | 'files' | 'other';

/** What an alternative acts on. */
export function kindOf(lines: readonly string[]): Kind {
  if (isConfiguration(lines)) return 'configuration';
  // An editor without a word of what to write; a drop-in without its unit.
  if ((lines.length === 1 && lines[0]!.startsWith('systemctl edit')) || lines[0]!.startsWith('[')) return 'other';
  return lines.every((line, i) => FILE_COMMAND.test(line) || isInside(lines, i)) ? 'files' : 'other';
}

const FILE_COMMAND =
  /^(?:sed -i |mkdir -p \/etc\/|echo \S+ >> |echo \d+ \S+ > \/etc|for n in |cat > \/etc|printf |systemctl (?:edit|enable|unmask) |\[(?:Unit|Service)\]$|[A-Z]\w+=)/;

function isInside(lines: readonly string[], at: number): boolean {
  const opened = lines.findIndex((line) => /<<END$/.test(line));
  return opened >= 0 && at > opened && at <= lines.indexOf('END');
}

/** The name of what is tried: the code, and the command without its operands. */
export function shapeOf(code: string, lines: readonly string[]): string {
  const [program = '', ...words] = lines[0]!
    .replace(/^ip -6 /, 'ip ')
    .replace(/[;&].*/, '')
    .trim()
    .split(/\s+/);
  return `${code}: ${/^(?:ip|systemctl|sysctl|backup-router|docker)$/.test(program) ? `${program} ${words[0] ?? ''}` : program}`;
}

const KEYS =
  /^(?:management-interface|backup-router|inet6-backup-router|routing-daemon|placement|route-protocol|table-base|rule-priority-base|withdraw|detect|import where .*)$/;

function isConfiguration(lines: readonly string[]): boolean {
  try {
    const value = parse(lines.join('\n')) as unknown;
    return typeof value === 'object' && value !== null && Object.keys(value).every((key) => KEYS.test(key));
  } catch {
    return false;
  }
}

/** The host as it is afterwards. */
export function carriedOut(spoil: Spoil, lines: readonly string[]): Spoil {
  return isConfiguration(lines) ? configured(spoil, lines.join('\n')) : inFiles(spoil, lines);
}

function configured(spoil: Spoil, text: string): Spoil {
  const old = parse(hostWith(spoil).configuration.text!) as Record<string, unknown>;
  return { ...spoil, config: JSON.stringify({ ...old, ...(parse(text) as object) }, null, 1) };
}

/** `systemctl edit UNIT` and what follows it is a drop-in; enable and unmask are links. */
function inFiles(spoil: Spoil, lines: readonly string[]): Spoil {
  const root = mkdtempSync(join(tmpdir(), 'br-remedy-'));
  try {
    const before = hostWith(spoil).files;
    for (const [path, entry] of before) if (!path.startsWith('/proc')) lay(root, path, entry);
    const script: string[] = [];
    let dropIn: string[] | undefined;
    for (const line of lines) {
      const unit = /^systemctl edit (\S+)/.exec(line)?.[1];
      if (unit !== undefined) {
        dropIn = [];
        script.push(
          `mkdir -p /etc/systemd/system/${unit}.d`,
          `cat > /etc/systemd/system/${unit}.d/zz-remedy.conf <<'END'`,
        );
      } else if (dropIn === undefined) script.push(line);
      else dropIn.push(line);
    }
    if (dropIn !== undefined) script.push(...dropIn, 'END');
    run(root, script.join('\n').replaceAll(/ && systemctl restart frr$/gm, ''));
    const files: Record<string, string | FileEntry | undefined> = { ...spoil.files };
    for (const [path, entry] of before)
      if (!path.startsWith('/proc') && entry.kind === 'file' && !isThere(root + path)) files[path] = undefined;
    for (const path of filesBelow(root, '')) files[path] = readFileSync(root + path, 'utf8');
    return { ...spoil, files };
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

function lay(root: string, path: string, entry: FileEntry): void {
  if (entry.kind === 'directory') return void mkdirSync(root + path, { recursive: true });
  mkdirSync(dirname(root + path), { recursive: true });
  if (entry.kind === 'file') writeFileSync(root + path, entry.text);
}

/** With every path of the host below the root, and a systemctl that makes and removes links. */
function run(root: string, script: string): void {
  const here = script.replaceAll(/(?<![\w.])\/(?=(?:etc|run|usr)\/)/g, `${root}/`);
  const systemctl = `systemctl() {
  case $1 in
    enable) shift; [ "$1" != --now ] || shift; mkdir -p ${root}/etc/systemd/system/multi-user.target.wants; : > "${root}/etc/systemd/system/multi-user.target.wants/$1" ;;
    unmask) rm "${root}/etc/systemd/system/$2" ;;
    *) return 1 ;;
  esac
}
`;
  const result = spawnSync('sh', ['-ec', systemctl + here], { encoding: 'utf8' });
  if (result.status !== 0) throw new Error(`${script}: ${result.stderr}`);
}

function filesBelow(root: string, path: string): readonly string[] {
  return readdirSync(root + path, { withFileTypes: true }).flatMap((entry) => {
    const at = `${path}/${entry.name}`;
    return entry.isDirectory() ? filesBelow(root, at) : [at];
  });
}

function isThere(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}
