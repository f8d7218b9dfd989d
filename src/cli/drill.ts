/**
 * `backup-router drill`: plays the failure matrix with the user's own configuration in a container
 * (src/drill).
 */

import { renderDiagnostics } from '../config/diagnostic.js';
import { parseDuration } from '../config/duration.js';
import { loadConfig } from '../config/load.js';
import { type Adapted, adapt } from '../drill/adapt.js';
import { CASES } from '../drill/cases.js';
import { Container } from '../drill/container.js';
import { findDaemons, missingTools } from '../drill/programs.js';
import type { CaseResult, DrillDaemon, DrillEvent } from '../drill/protocol.js';
import type { Config } from '../model/config.js';
import { CommandError, EXIT } from '../model/exit.js';
import { sudoAgain } from './again.js';
import { type ConfigOptions, configFileOf, hintsOf, namedConfig } from './config-options.js';
import { caseLines, differenceLines, drillJson, HEADING, summaryLine } from './drill-report.js';
import type { DrillListOutput } from './output.js';
import { endWithReader, printJson } from './print.js';
import { paintFor } from './terminal.js';

export interface DrillOptions extends ConfigOptions {
  readonly daemon?: DrillDaemon;
  readonly case?: readonly string[];
  readonly maxOutage: string;
  readonly realTime?: boolean;
  readonly list?: boolean;
  readonly json?: boolean;
}

const SIGNALS: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

export async function drill(options: DrillOptions): Promise<number> {
  endWithReader();
  if (options.list === true) return list(options.json === true);
  const cases = chooseCases(options.case ?? []);
  const maxOutageMs = readMaxOutage(options.maxOutage);
  requireRoot();
  const config = readConfig(options);
  const daemon = chooseDaemon(config, options.daemon);
  const adapted = adapt(config, { ...daemon, realTime: options.realTime ?? false });
  const paint = paintFor(process.stdout, process.env);
  if (options.json !== true) process.stdout.write(`${differenceLines(adapted, configFileOf(options))}\n${HEADING}`);
  const { results, stderr, broken } = await play(adapted, cases, maxOutageMs, (result) => {
    if (options.json !== true) process.stdout.write(caseLines(result, paint));
  });
  if (options.json === true) printJson(drillJson(configFileOf(options), adapted, maxOutageMs, results, cases));
  else process.stdout.write(summaryLine(results, cases.length));
  if (broken !== undefined || results.length < cases.length)
    throw new CommandError(
      EXIT.SOFTWARE,
      `the drill ended early: ${broken ?? stderr}`,
      'nothing of it is left on this host; please report this',
    );
  return results.every((result) => result.passed) ? EXIT.OK : EXIT.NOT_IN_STATE;
}

function list(json: boolean): number {
  if (json) {
    printJson<DrillListOutput>({ version: 1, cases: CASES.map(({ name, title }) => ({ name, title })) });
    return EXIT.OK;
  }
  const width = Math.max(...CASES.map(({ name }) => name.length));
  process.stdout.write(CASES.map(({ name, title }) => `${name.padEnd(width)}  ${title}\n`).join(''));
  return EXIT.OK;
}

/** The named cases, or all. Always in the order of the matrix. */
function chooseCases(names: readonly string[]): readonly string[] {
  const known = CASES.map(({ name }) => name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new CommandError(EXIT.USAGE, `there is no case '${unknown}'`, `the cases are ${known.join(', ')}`);
  return names.length === 0 ? known : known.filter((name) => names.includes(name));
}

function readMaxOutage(text: string): number {
  const parsed = parseDuration(text, { minMs: 0, maxMs: 60_000, neverAllowed: false });
  if (parsed.ok && parsed.value !== 'never') return parsed.value;
  throw new CommandError(
    EXIT.USAGE,
    `--max-outage: not a time between 0 and 60s: ${text}`,
    'backup-router drill --max-outage 500ms',
  );
}

function readConfig(options: ConfigOptions): Config {
  const loaded = loadConfig(configFileOf(options), hintsOf(options), true);
  const config = namedConfig(options, loaded);
  process.stderr.write(renderDiagnostics(loaded.diagnostics));
  return config;
}

function requireRoot(): void {
  if (process.geteuid?.() !== 0)
    throw new CommandError(EXIT.NO_PERMISSION, 'a drill creates network namespaces, which needs root', sudoAgain());
}

/**
 * The requested daemon; otherwise the first installed one of the configuration; otherwise any
 * installed one.
 */
function chooseDaemon(
  config: Config,
  asked: DrillDaemon | undefined,
): { readonly daemon: DrillDaemon; readonly programs: Readonly<Record<string, string>> } {
  const missing = missingTools();
  if (missing.length > 0)
    throw new CommandError(
      EXIT.UNAVAILABLE,
      `not installed: ${missing.map(({ tool }) => tool).join(', ')}`,
      `apt install ${[...new Set(missing.map((one) => one.package))].join(' ')}`,
    );
  const found = findDaemons();
  const wished =
    asked === undefined
      ? [
          ...config.routingDaemons.flatMap(({ kind }) => (kind === 'frr' || kind === 'bird' ? [kind] : [])),
          'frr' as const,
          'bird' as const,
        ]
      : [asked];
  const daemon = wished.find((kind) => Object.keys(found[kind]).length > 0);
  if (daemon !== undefined) return { daemon, programs: found[daemon] };
  const names =
    asked === undefined
      ? 'neither FRR nor BIRD is'
      : `${asked === 'frr' ? 'FRR (zebra and bgpd, and the user frr)' : 'BIRD'} is not`;
  throw new CommandError(
    EXIT.UNAVAILABLE,
    `${names} installed on this host, and a drill needs the real one`,
    asked === 'bird'
      ? 'apt install bird2'
      : asked === 'frr'
        ? 'apt install frr'
        : 'apt install frr, or apt install bird2; its service need not run',
  );
}

interface Played {
  readonly results: readonly CaseResult[];
  /** The last part of the drill's standard error. */
  readonly stderr: string;
  readonly broken: string | undefined;
}

/**
 * Runs the drill to its end. On a signal, first ends the container, then this process with the
 * default action of the signal.
 */
async function play(
  { setup }: Adapted,
  cases: readonly string[],
  maxOutageMs: number,
  onResult: (result: CaseResult) => void,
): Promise<Played> {
  const results: CaseResult[] = [];
  let broken: string | undefined;
  const container = new Container({ ...setup, cases, maxOutageMs }, (event: DrillEvent) => {
    if (event.kind === 'broken') broken = event.message;
    if (event.kind !== 'result') return;
    results.push(event.result);
    onResult(event.result);
  });
  const onSignal = (signal: NodeJS.Signals): void => {
    void container.close().then(() => {
      for (const one of SIGNALS) process.off(one, onSignal);
      process.kill(process.pid, signal);
    });
  };
  for (const one of SIGNALS) process.on(one, onSignal);
  try {
    const stderr = await container.ended;
    if (results.length === 0 && broken === undefined && /unshare: .*(?:not permitted|denied)/.test(stderr)) {
      throw new CommandError(
        EXIT.NO_PERMISSION,
        `this host does not allow new namespaces: ${stderr}`,
        'inside a container, a drill needs a privileged one',
      );
    }
    return { results, stderr, broken };
  } finally {
    for (const one of SIGNALS) process.off(one, onSignal);
    await container.close();
  }
}
