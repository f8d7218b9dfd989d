/**
 * Where things are: the compiled C programs (scripts/bench builds them), the contestants written in JavaScript, the agent.
 */

import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ENTRY } from '../../src/drill/lab/entry.js';

/** A program of scripts/bench.d, compiled. */
export function tool(name: 'referee' | 'floor' | 'flood' | 'prober' | 'first-netns.so'): string {
  const directory = process.env['BENCH_TOOLS'];
  if (directory === undefined) throw new Error('BENCH_TOOLS is not set; run scripts/bench, which compiles the tools');
  return join(directory, name);
}

/** A program beside this file. */
export function script(name: 'node-floor' | 'node-listener'): string {
  return fileURLToPath(new URL(`${name}.js`, import.meta.url));
}

/** The agent's command line up to `run -c`, as ExecStart= of the unit has it. BENCH_AGENT_COMMAND overrides it, words separated by blanks. */
export function agentCommand(): readonly string[] {
  const given = process.env['BENCH_AGENT_COMMAND'];
  return given === undefined ? [process.execPath, ENTRY] : given.trim().split(/\s+/);
}

/** Every contestant, the agent or not, runs at the nice value of backup-router.service; scripts/bench.d/referee.c has the same number. */
export const NICE: readonly string[] = ['nice', '-n', '-10'];
/** Routing daemons, and floods that stand for them, run as Debian's frr.service does. */
export const DAEMON_NICE: readonly string[] = ['nice', '-n', '-5'];

/** For those that hear process events: where they exist. scripts/bench runs in the machine's first network namespace. */
export const FIRST_NETNS = `BENCH_FIRST_NETNS=/proc/${process.pid}/ns/net`;
/** The same for the agent, which on a router runs there anyway. */
export const AGENT_FIRST_NETNS = `BACKUP_ROUTER_PROCESS_EVENTS_NETNS=/proc/${process.pid}/ns/net`;
