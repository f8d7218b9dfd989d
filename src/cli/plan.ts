/**
 * `backup-router plan`: prints the kernel changes that a configuration would make from the current
 * state, as commands to read or to paste into a root shell.
 */

import { type Intent, intentOf, type Standing } from '../core/intent.js';
import { ipCommands } from '../core/ip-command.js';
import type { Step } from '../core/ports.js';
import type { DaemonId } from '../model/daemon.js';
import { EXIT } from '../model/exit.js';
import { namesOf } from '../model/route-text.js';
import type { Status } from '../model/status.js';
import { type ConfigOptions, configFileOf } from './config-options.js';
import { type Gathered, gather } from './facts.js';
import type { PlanOutput } from './output.js';
import { print, printJson } from './print.js';

export async function plan(options: ConfigOptions & { readonly json?: boolean }): Promise<number> {
  const made = planned(await gather(options));
  const file = configFileOf(options);
  if (options.json === true) printJson(planJson(made, file));
  else print(planText(made, file));
  return EXIT.OK;
}

/** The planned changes, and the facts that they are based on. */
interface Planned {
  readonly intent: Intent;
  readonly facts: Gathered;
}

export function planned(facts: Gathered): Planned {
  return { facts, intent: intentOf(facts, standingsOf(facts.agent)) };
}

/**
 * Whether a tie is won depends on how long the daemons have been dead. Taken from the agent's
 * status only while its routes are in.
 */
function standingsOf(agent: Status | undefined): ReadonlyMap<DaemonId, Standing> | undefined {
  if (agent?.routes.phase !== 'in') return undefined;
  return new Map(
    agent.daemons.map(({ id, state, forMs }) => [id, { life: state === 'stopped' ? 'down' : state, forMs }]),
  );
}

/** Which of the two lists the running agent implements; null: none runs, or it has not decided. */
function applies(agent: Status | undefined): 'in' | 'out' | null {
  return agent === undefined || agent.routes.phase === 'starting' ? null : agent.routes.phase;
}

export function planJson({ intent, facts }: Planned, file: string): PlanOutput {
  const { bringIn, takeOut, adopt, waits } = intent;
  const commands = (steps: readonly Step[]): readonly string[] => ipCommands(steps, namesOf(facts.snapshot.links));
  return {
    version: 1,
    file,
    configuration: facts.source,
    applies: applies(facts.agent),
    in: { commands: commands(bringIn) },
    out: { commands: commands(takeOut) },
    adopt: { commands: commands(adopt) },
    waiting: waits,
  };
}

export function planText({ intent, facts }: Planned, file: string): string {
  const { bringIn, takeOut, adopt, waits } = intent;
  const { agent, silence } = facts;
  const now = applies(agent);
  const section = (title: string, half: 'in' | 'out', steps: readonly Step[]): string => {
    const applied = now === half ? ' (this applies now)' : '';
    return `# ${title}${applied}${steps.length === 0 ? ': nothing to do' : ''}\n${lines(steps)}`;
  };
  const lines = (steps: readonly Step[]): string =>
    ipCommands(steps, namesOf(facts.snapshot.links))
      .map((command) => `${command}\n`)
      .join('');
  const waiting = waits
    .map(({ subject, reason }) => `# waiting for ${comment(subject)}: ${comment(reason)}\n`)
    .join('');
  const taking =
    adopt.length === 0
      ? ''
      : `# to take over the foreign default route (adopt: true), once the above is done and the routing daemon has its own\n${lines(adopt)}`;
  const who =
    agent === undefined ? (silence ?? 'no agent runs') : `the agent says ${agent.routes.phase}: ${agent.routes.reason}`;
  return (
    `# ${comment(file)}, from the kernel as it is now; ${comment(who)}\n\n` +
    `${section('to bring the backup routes in', 'in', bringIn)}${taking}${waiting}\n` +
    section('to take them out', 'out', takeOut)
  );
}

/** Makes text from other sources fit on one comment line. */
function comment(words: string): string {
  return words.replace(/\s+/g, ' ');
}
