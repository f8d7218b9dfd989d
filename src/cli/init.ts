/**
 * `backup-router init`: proposes a configuration from what this host has, and asks the judge what
 * it would do here. Prints it and writes no file.
 */

import { existsSync, readdirSync } from 'node:fs';
import { renderDiagnostics } from '../config/diagnostic.js';
import { parseConfig } from '../config/parse.js';
import { DEFAULTS } from '../config/settings.js';
import { vrfTablesOf } from '../core/management.js';
import { readBounded } from '../host/small-file.js';
import { inspect } from '../kernel/inspect.js';
import { CommandError, EXIT } from '../model/exit.js';
import { DEFAULT_CONFIG_FILE, pathsOf } from '../model/paths.js';
import type { Snapshot } from '../model/snapshot.js';
import { factsOf } from './facts.js';
import type { InitOutput } from './output.js';
import { planJson, planned } from './plan.js';
import { print, printJson } from './print.js';
import { type InitEvidence, type Proposal, propose } from './proposal.js';

const FRR_DIRECTORY = '/run/frr';
const BIRD_SOCKETS = ['/run/bird/bird.ctl', '/run/bird.ctl', '/var/run/bird.ctl'];
const FRR_DAEMONS_FILE = '/etc/frr/daemons';
const MAX_BYTES = 1 << 16;

/**
 * Exit status 0 if the proposal is complete and none of its routes waits for anything, otherwise 1.
 */
export async function init(options: { readonly json?: boolean }): Promise<number> {
  const proposal = propose(await evidence());
  const judged = proposal.missing.length > 0 ? undefined : await judge(proposal);
  const waiting = judged?.waiting ?? [];
  const complete = proposal.missing.length === 0 && waiting.length === 0;
  if (options.json === true)
    printJson<InitOutput>({
      version: 1,
      complete,
      text: proposal.text,
      candidates: proposal.candidates,
      missing: proposal.missing,
      waiting,
      commands: judged?.in.commands ?? [],
    });
  else {
    const remarks = [
      ...proposal.missing.map((what) => `cannot tell ${what}`),
      ...waiting.map(({ subject, reason }) => `waits for ${subject}: ${reason}`),
      ...(existsSync(DEFAULT_CONFIG_FILE) ? [`${DEFAULT_CONFIG_FILE} exists already and is left as it is`] : []),
    ];
    const would =
      judged === undefined
        ? ''
        : `\n# As the kernel is now, it would do this while the routing daemon is down:\n${judged.in.commands.map((line) => `#   ${line}\n`).join('')}`;
    print(`${proposal.text}${would}`);
    for (const remark of remarks) process.stderr.write(`backup-router: ${remark}\n`);
  }
  return complete ? EXIT.OK : EXIT.NOT_IN_STATE;
}

/** The proposal for this host. */
export async function proposed(): Promise<Proposal> {
  return propose(await evidence());
}

async function judge({ text }: Proposal): Promise<ReturnType<typeof planJson>> {
  const { config, diagnostics } = parseConfig(text, 'the proposal');
  if (config === undefined)
    throw new CommandError(EXIT.SOFTWARE, `the proposal has errors\n${renderDiagnostics(diagnostics)}`);
  return planJson(planned(await factsOf(config, pathsOf(process.env))), 'the proposal');
}

async function evidence(): Promise<InitEvidence> {
  return {
    snapshot: await look(),
    frr: { directory: FRR_DIRECTORY, sockets: sockets(), enabled: enabled() },
    bird: BIRD_SOCKETS.find((path) => existsSync(path)),
  };
}

/** Reads the default routes of main and of every VRF. */
function look(): Promise<Snapshot> {
  const request = { protocol: DEFAULTS.routeProtocol, maxLength: { inet: 0, inet6: 0 } } as const;
  return inspect(async (kernel) => {
    const first = await kernel.observe(request);
    const vrfTables = vrfTablesOf(first);
    return vrfTables.length === 0 ? first : kernel.observe({ ...request, vrfTables });
  });
}

function sockets(): readonly string[] {
  try {
    return readdirSync(FRR_DIRECTORY).flatMap((name) => (name.endsWith('.vty') ? [name.slice(0, -4)] : []));
  } catch {
    return [];
  }
}

/**
 * The daemons that /etc/frr/daemons enables. zebra is always included, because FRR does not run
 * without it. Empty if the file cannot be read.
 */
function enabled(): readonly string[] {
  try {
    const names = [...readBounded(FRR_DAEMONS_FILE, MAX_BYTES).matchAll(/^[ \t]*(\w+)=(?:"yes"|yes)[ \t\r]*$/gm)];
    return ['zebra', ...names.map(([, name]) => name!)];
  } catch {
    return [];
  }
}
