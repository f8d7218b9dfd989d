/**
 * The network namespace of the agent, and how to enter it. A command that reads the kernel itself
 * reads that of its own namespace; the answer of an agent in another namespace says nothing about
 * it.
 */

import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import type { Status } from '../model/status.js';

/** The directory in which ip-netns(8) keeps named network namespaces. */
const NAMED = '/run/netns';

/** `net:[4026531840]`, as lsns(8) shows it; null when not known. */
export function networkNamespace(pid: number | 'self' = 'self'): string | null {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`);
  } catch {
    return null;
  }
}

/** An agent in another network namespace than ours. */
export interface Elsewhere {
  readonly there: string;
  readonly here: string;
  /**
   * The beginning of a command that is to run there, without sudo; undefined when it cannot be
   * entered from here.
   */
  readonly enter: readonly string[] | undefined;
}

/** undefined when the agent runs in our namespace, or when that is not known. */
export function elsewhere({ agent }: Status): Elsewhere | undefined {
  const here = networkNamespace();
  // Agents before 1.1 do not report it.
  const there = agent.networkNamespace as string | null | undefined;
  if (here === null || there === null || there === undefined || here === there) return undefined;
  return { there, here, enter: entrance(there, agent.pid) };
}

/**
 * By its name, otherwise by the agent's pid, if that is the agent here, too: for an agent in a
 * container the pid may belong to another process here.
 */
function entrance(there: string, pid: number): readonly string[] | undefined {
  const name = names().find((one) => inodeText(`${NAMED}/${one}`) === there);
  if (name !== undefined) return ['ip', 'netns', 'exec', name];
  const seen = networkNamespace(pid);
  return seen === there || (seen === null && isAgent(pid)) ? ['nsenter', '-t', String(pid), '-n'] : undefined;
}

function names(): readonly string[] {
  try {
    return readdirSync(NAMED);
  } catch {
    return [];
  }
}

function inodeText(path: string): string | undefined {
  try {
    return `net:[${statSync(path).ino}]`;
  } catch {
    return undefined;
  }
}

/** A user who may not read its namespaces may still read its command line (proc(5)). */
function isAgent(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('backup-router');
  } catch {
    return false;
  }
}

/** `runs in another network namespace, net:[4026532517]; this is net:[4026531840]`. */
export function elsewhereText({ there, here }: Elsewhere): string {
  return `runs in another network namespace, ${there}; this is ${here}`;
}

/** The command that runs `backup-router WORDS` there; `words` is quoted. */
export function commandThere({ enter }: Elsewhere, words: string): string {
  return enter === undefined
    ? `run it where the agent runs, in its container: backup-router ${words}`
    : `sudo ${enter.join(' ')} backup-router ${words}`;
}
