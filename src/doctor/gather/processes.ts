/**
 * Processes, from /proc (proc(5)): zombies, other agents of this network namespace, and who a
 * process is. Nothing is signalled.
 */

import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { Identity, ProcessEvidence } from '../host.js';
import { type Seen, seen, unseen } from '../seen.js';

/** The children of PID 1 that can be seen. */
export function gatherProcesses(): Seen<readonly ProcessEvidence[]> {
  try {
    return seen(
      (children(1) ?? pids()).flatMap((pid) => {
        const parsed = parseStat(read(`/proc/${pid}/stat`) ?? '');
        return parsed === undefined ? [] : [parsed];
      }),
    );
  } catch (error) {
    return unseen(`/proc cannot be read: ${(error as Error).message}`);
  }
}

/**
 * `PID (NAME) STATE PARENT ...`; the name may hold blanks and parentheses. Exported for its test.
 */
export function parseStat(text: string): ProcessEvidence | undefined {
  const match = /^(\d+) \((.*)\) (\S) (\d+) /s.exec(text);
  return match === null
    ? undefined
    : { pid: Number(match[1]), name: match[2]!, state: match[3]!, parent: Number(match[4]) };
}

/** Agents in our network namespace beside the one with that pid, as `PID COMMAND LINE`. */
export function gatherOthers(known: number | undefined): Seen<readonly string[]> {
  try {
    const own = readlinkSync('/proc/self/ns/net');
    const others: string[] = [];
    let hidden: string | undefined;
    for (const pid of pids()) {
      if (pid === process.pid || pid === known) continue;
      const argv = (read(`/proc/${pid}/cmdline`) ?? '').split('\0');
      if (!isAgent(argv)) continue;
      const namespace = netOf(pid);
      if (namespace === undefined) hidden = `the network namespace of pid ${pid} may not be read by this user`;
      else if (namespace === own) others.push(`${pid} ${argv.join(' ').trim()}`);
    }
    return hidden !== undefined && others.length === 0 ? unseen(hidden) : seen(others);
  } catch (error) {
    return unseen(`/proc cannot be read: ${(error as Error).message}`);
  }
}

/**
 * `node .../backup-router.cjs run`, `/usr/bin/backup-router run`. A dry run changes nothing, so it
 * may stand beside.
 */
function isAgent(argv: readonly string[]): boolean {
  const at = argv.indexOf('run');
  if (at < 1 || argv.includes('--dry-run')) return false;
  return /(^|\/)backup-router(\.cjs)?$/.test(argv[at - 1]!);
}

function netOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`);
  } catch {
    return undefined;
  }
}

/** Owner, groups and effective capabilities of a process. */
export function identityOf(pid: number | 'self', who: string): Identity | undefined {
  const text = read(`/proc/${pid}/status`);
  const field = (name: string): string | undefined =>
    text === undefined ? undefined : new RegExp(`^${name}:[ \\t]*(.*)$`, 'm').exec(text)?.[1];
  const [uid, gid, capabilities] = [field('Uid')?.split(/\s+/)[1], field('Gid')?.split(/\s+/)[1], field('CapEff')];
  if (uid === undefined || gid === undefined || capabilities === undefined) return undefined;
  const groups = (field('Groups') ?? '')
    .split(/\s+/)
    .filter((word) => word !== '')
    .map(Number);
  return {
    who,
    uid: Number(uid),
    groups: [Number(gid), ...groups],
    capabilities: BigInt(`0x${capabilities}`),
  };
}

/** Zombies too; undefined where the kernel does not list them (CONFIG_PROC_CHILDREN). */
function children(parent: number): readonly number[] | undefined {
  try {
    return readdirSync(`/proc/${parent}/task`).flatMap((thread) =>
      readFileSync(`/proc/${parent}/task/${thread}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number),
    );
  } catch {
    return undefined;
  }
}

function pids(): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
