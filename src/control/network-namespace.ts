/**
 * In which network namespace the agent runs, and how to get there. A command that looks at the kernel itself sees the kernel of its own: an
 * answer of an agent in another one says nothing about that.
 */

import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import type { Status } from '../model/status.js';

/** Where ip(8) keeps names of network namespaces. */
const NAMED = '/run/netns';

/** As lsns(8) tells it: `net:[4026531840]`; null: it cannot be told. */
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
  /** What a command begins with that is to run there, without sudo; undefined: from here nobody gets there. */
  readonly enter: readonly string[] | undefined;
}

/** undefined: it runs in ours, or nobody can tell (an older agent does not). */
export function elsewhere({ agent }: Status): Elsewhere | undefined {
  const here = networkNamespace();
  // Agents before 1.1 do not tell it.
  const there = agent.networkNamespace as string | null | undefined;
  if (here === null || there === null || there === undefined || here === there) return undefined;
  return { there, here, enter: entrance(there, agent.pid) };
}

/** By its name; else by the agent, where its pid is that of ours, too: in a container it may be another one's. */
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

/** Who may not read its namespaces may read its command line (proc(5)). */
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

/** The command for a root shell that runs there what runs here. `words`: behind `backup-router`, quoted. */
export function commandThere({ enter }: Elsewhere, words: string): string {
  return enter === undefined
    ? `run it where the agent runs, in its container: backup-router ${words}`
    : `sudo ${enter.join(' ')} backup-router ${words}`;
}
