/**
 * Gathers processes from /proc (proc(5)): zombies, other agents in this network namespace, and the
 * identity of a process. No signal is sent.
 */

import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { messageOf } from '../../model/error.js';
import type { Identity, ProcessEvidence } from '../host.js';
import { hasCapability } from '../identity.js';
import { type Seen, seen, unseen } from '../seen.js';

/** The children of PID 1. */
export function gatherProcesses(): Seen<readonly ProcessEvidence[]> {
  try {
    const hidden = processesHidden();
    if (hidden !== undefined) return unseen(hidden);
    return seen(
      (children(1) ?? pids()).flatMap((pid) => {
        const parsed = parseStat(read(`/proc/${pid}/stat`) ?? '');
        return parsed === undefined ? [] : [parsed];
      }),
    );
  } catch (error) {
    return unseen(`/proc cannot be read: ${messageOf(error)}`);
  }
}

const CAP_SYS_PTRACE = 19n;

/** Why this user cannot see the processes of others (proc(5), hidepid); undefined: it can. */
function processesHidden(): string | undefined {
  const options = /^\S+ \/proc proc (\S+)/m.exec(read('/proc/self/mounts') ?? '')?.[1]?.split(',') ?? [];
  const hides = options.find((option) => option.startsWith('hidepid='))?.slice('hidepid='.length) ?? '0';
  const self = identityOf('self', 'this user');
  const may = self !== undefined && hasCapability(self, CAP_SYS_PTRACE);
  const group = Number(options.find((option) => option.startsWith('gid='))?.slice('gid='.length) ?? '0');
  return ['0', 'off'].includes(hides) || may || self?.groups.includes(group) === true
    ? undefined
    : `/proc is mounted with hidepid=${hides}: this user does not see the processes of others`;
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

/** The agents in our network namespace except the one with pid `known`, as `PID COMMAND LINE`. */
export function gatherOthers(known: number | undefined): Seen<readonly string[]> {
  try {
    const own = readlinkSync('/proc/self/ns/net');
    const others: string[] = [];
    let hidden = processesHidden();
    for (const pid of pids()) {
      if (pid === process.pid || pid === known) continue;
      const argv = argvOf(pid);
      if (!runsAgent(argv) || argv.includes('--dry-run')) continue;
      const namespace = netOf(pid);
      if (namespace === undefined) hidden = `the network namespace of pid ${pid} may not be read by this user`;
      else if (namespace === own) others.push(`${pid} ${argv.join(' ').trim()}`);
    }
    return hidden !== undefined && others.length === 0 ? unseen(hidden) : seen(others);
  } catch (error) {
    return unseen(`/proc cannot be read: ${messageOf(error)}`);
  }
}

/**
 * Whether the command line runs an agent: `node .../backup-router.cjs run`,
 * `/usr/bin/backup-router --instance NAME run`.
 */
function runsAgent(argv: readonly string[]): boolean {
  const at = argv.findIndex((word) => /(^|\/)backup-router(\.cjs)?$/.test(word));
  if (at < 0 || at > 1) return false;
  const words = argv
    .slice(at + 1)
    .filter((word, i, all) => !word.startsWith('--instance') && all[i - 1] !== '--instance');
  return words[0] === 'run';
}

/**
 * The pid here of the agent that has reported pid `told`. The agent may run in another pid
 * namespace (proc(5), NSpid).
 */
export function agentProcess(told: number): number | undefined {
  const isAgent = (pid: number): boolean => runsAgent(argvOf(pid));
  if (isAgent(told)) return told;
  return pids().find(
    (pid) => isAgent(pid) && new RegExp(`^NSpid:.*\\t${told}$`, 'm').test(read(`/proc/${pid}/status`) ?? ''),
  );
}

/**
 * The configuration files with which the BIRDs of this network namespace were started. Empty: none
 * runs, or they use the default files.
 */
export function gatherBirdFiles(): Seen<readonly string[]> {
  try {
    const own = readlinkSync('/proc/self/ns/net');
    const files: string[] = [];
    for (const pid of pids()) {
      if (!/^bird6?$/.test((read(`/proc/${pid}/comm`) ?? '').trim())) continue;
      const file = configOfBird(argvOf(pid));
      const namespace = netOf(pid);
      if (file === undefined || (namespace !== undefined && namespace !== own)) continue;
      if (!file.startsWith('/'))
        return unseen(`BIRD (pid ${pid}) was started with -c ${file}, from a directory that is not known`);
      if (namespace === undefined)
        return unseen(
          `BIRD (pid ${pid}) was started with -c ${file}, and whether it is of this network namespace may not be read by this user`,
        );
      files.push(file);
    }
    return seen(files);
  } catch (error) {
    return unseen(`/proc cannot be read: ${messageOf(error)}`);
  }
}

/** The value of `-c FILE` (bird(8)), which may follow other letters that take no value. */
function configOfBird(argv: readonly string[]): string | undefined {
  for (const [i, word] of argv.entries()) {
    const match = /^-[a-bd-zA-Z]*c(.*)$/.exec(word);
    if (i > 0 && match !== null) return match[1] !== '' ? match[1] : argv[i + 1];
  }
  return undefined;
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

/**
 * The children of a process, zombies included; undefined if the kernel does not list them
 * (CONFIG_PROC_CHILDREN).
 */
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

function argvOf(pid: number): readonly string[] {
  return (read(`/proc/${pid}/cmdline`) ?? '').split('\0');
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
