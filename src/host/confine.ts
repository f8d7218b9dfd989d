/**
 * What takes the agent's power from a command of the operator: setpriv(1) of util-linux, put in front of it. The command keeps the user
 * and the groups, so that it can ask a daemon; capabilities and the way to new ones go. It is no more to be spared than anything else
 * when memory or CPU run out, whatever the agent is.
 *
 * Invariant: a command whose privileges cannot be taken runs all the same, as it did before there was setpriv: an `exec` probe that
 * never runs would keep the routes in for ever.
 */

import { accessSync, constants, readFileSync, writeFileSync } from 'node:fs';
import { setPriority } from 'node:os';

const PLACES = ['/usr/bin/setpriv', '/bin/setpriv'] as const;
const CAP_SETPCAP = 8;

export interface Confinement {
  /** Before the program and its arguments; empty: nothing takes anything from it. */
  readonly prefix: readonly string[];
  /** Why it keeps what the agent has. */
  readonly missing: string | undefined;
}

let found: Confinement | undefined;

/** As it is on this host; looked up once. */
export function confinement(): Confinement {
  return (found ??= lookUp(PLACES, '/proc/self/status'));
}

/** setpriv has refused: from now on commands run without it. */
export function unconfined(why: string): void {
  found = { prefix: [], missing: why };
}

export function lookUp(places: readonly string[], ownStatus: string): Confinement {
  const program = places.find(runs);
  if (program === undefined) return { prefix: [], missing: 'setpriv(1) of util-linux is not installed' };
  const dropping = ['--ambient-caps=-all', '--inh-caps=-all', '--no-new-privs'];
  // Root would have everything again at the next exec. Who may not empty the bounding set is not root, and has nothing to gain from it.
  return {
    prefix: [program, ...dropping, ...(has(CAP_SETPCAP, ownStatus) ? ['--bounding-set=-all'] : [])],
    missing: undefined,
  };
}

/** Its place in the queues for memory and CPU: everybody's. */
export function unfavoured(pid: number): void {
  try {
    writeFileSync(`/proc/${pid}/oom_score_adj`, '0');
    setPriority(pid, 0);
  } catch {
    // It is gone already, or the agent had no better place itself.
  }
}

function runs(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function has(capability: number, status: string): boolean {
  try {
    const digits = /^CapEff:\s*([0-9a-f]+)/m.exec(readFileSync(status, 'latin1'))?.[1] ?? '0';
    return ((BigInt(`0x${digits}`) >> BigInt(capability)) & 1n) === 1n;
  } catch {
    return false;
  }
}
