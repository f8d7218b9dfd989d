/**
 * `backup-router reload`: takes a configuration for good, or with confirmation, which a terminal
 * asks for; or only shows what it would change.
 */

import { renderDiagnostics } from '../config/diagnostic.js';
import { parseDuration } from '../config/duration.js';
import { loadConfig } from '../config/load.js';
import { parseConfig } from '../config/parse.js';
import { elsewhereText } from '../control/network-namespace.js';
import { MAX_CONFIRM_MS, MIN_CONFIRM_MS } from '../control/protocol.js';
import { CommandError, EXIT } from '../model/exit.js';
import { localTimes, oneLine } from '../model/text.js';
import { thereAgain } from './again.js';
import { hintsOf, type JunosOptions } from './config-options.js';
import { gather } from './facts.js';
import { keepOrNot } from './keep.js';
import { ask, inMinutes } from './order.js';
import type { ReloadOutput, ReloadPlanOutput } from './output.js';
import { planJson, planned, planText } from './plan.js';
import { print, printJson } from './print.js';
import { textDiff } from './text-diff.js';

export interface ReloadOptions extends JunosOptions {
  readonly confirm?: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** Exit status 0; 1 if the configuration was not confirmed; 78 if the file is refused. */
export async function reload(options: ReloadOptions): Promise<number> {
  const confirmMs = options.confirm === undefined ? undefined : confirmTime(options.confirm);
  if (options.dryRun === true) return dryRun(options);
  const question =
    confirmMs === undefined ? ({ command: 'reload' } as const) : ({ command: 'reload', confirmMs } as const);
  const { message, unchanged = false, deadline = null } = await ask(question, 'message');
  if (options.json === true) {
    printJson<ReloadOutput>({ version: 1, message, unchanged, deadline });
    return EXIT.OK;
  }
  print(`${localTimes(message)}\n`);
  return deadline !== null && process.stdin.isTTY && process.stdout.isTTY ? keepOrNot() : EXIT.OK;
}

function confirmTime(word: string): number {
  const parsed = parseDuration(word, { minMs: MIN_CONFIRM_MS, maxMs: MAX_CONFIRM_MS, neverAllowed: false });
  if (parsed.ok && parsed.value !== 'never') return parsed.value;
  throw new CommandError(
    EXIT.USAGE,
    parsed.ok ? 'not a time' : `--confirm: ${parsed.fault.message}`,
    parsed.ok ? 'reload --confirm 5m' : inMinutes(parsed.fault),
  );
}

/** Shows what a reload would change: in the text that runs, and in the kernel. */
async function dryRun(options: ReloadOptions): Promise<number> {
  const { file, source, text } = (await ask({ command: 'configuration' }, 'configuration')).configuration;
  const loaded = loadConfig(file, hintsOf(options));
  if (loaded.config === undefined)
    throw new CommandError(
      EXIT.CONFIG,
      `${file} would be refused; the running configuration would stay in force\n${renderDiagnostics(loaded.diagnostics)}`,
      `backup-router check -c ${file}`,
    );
  const diff = text === null || loaded.text === undefined ? null : textDiff(text, loaded.text);
  const unchanged = source === 'file' && diff?.length === 0;
  const former = text === null ? undefined : parseConfig(text, file, hintsOf(options)).config;
  const facts = await gather({ ...options, config: file }, former);
  if (facts.elsewhere !== undefined)
    throw new CommandError(
      EXIT.UNAVAILABLE,
      `the agent ${elsewhereText(facts.elsewhere)}: what it would change cannot be seen from here`,
      thereAgain(facts.elsewhere),
    );
  const plan = planned(facts);
  if (options.json === true) {
    printJson<ReloadPlanOutput>({ ...planJson(plan, file), unchanged, diff });
    return EXIT.OK;
  }
  const words =
    diff === null
      ? '# the text of the running configuration is too long to compare\n'
      : diff.length === 0
        ? `# ${file} says what runs${unchanged ? '' : ` (from: ${source})`}\n`
        : `--- what runs (from: ${source})\n+++ ${file}\n${diff.map((line) => `${oneLine(line)}\n`).join('')}`;
  print(`${words}\n${planText(plan, file)}`);
  return EXIT.OK;
}
