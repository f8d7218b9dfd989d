/**
 * The report of a drill: a table for people, at most 80 columns wide, and JSON with a stable schema
 * (docs/output.schema.json).
 */

import type { Adapted } from '../drill/adapt.js';
import { CASES } from '../drill/cases.js';
import type { CaseResult } from '../drill/protocol.js';
import { type Paint, wrap } from '../model/text.js';
import type { DrillOutput } from './output.js';

const COLUMNS = 80;
const NAME = Math.max(...CASES.map(({ name }) => name.length));

export const HEADING = row('CASE', 'RESULT', 'OUTAGE', 'ROUTES IN', 'CARRIED BY');

/** What the drill does, and how its network differs from the configuration. */
export function differenceLines({ setup, differences }: Adapted, file: string): string {
  const { probes, ports } = setup.network;
  const names = ports.map(({ altName, device }) => altName ?? device).join(', ');
  const asked = `${probes.length === 1 ? 'one question' : `${probes.length} questions`} at a time`;
  const daemon = setup.daemon === 'frr' ? 'FRR' : 'BIRD';
  const head =
    `${file}, played with ${daemon} in a network of its own; ${asked} through ${names}.\n` +
    "This host's routes, rules, links and daemons are left alone.";
  const different = differences.map(({ what, configured, drill, why }) =>
    lines(`${what}: ${drill} instead of ${configured}; ${why}`, '  ', '    '),
  );
  return `${lines(head)}\nIn the drill\n${different.join('')}`;
}

/** The line of a case. If it failed, the reason follows. */
export function caseLines(result: CaseResult, paint: Paint): string {
  const carried =
    result.carriedBy.length === 0
      ? 'nothing'
      : result.carriedBy.map((carrier) => (carrier === 'backup' ? 'backup router' : 'daemon')).join(', ');
  const line = row(
    result.name,
    result.passed ? 'pass' : 'FAIL',
    outageText(result),
    routesInText(result),
    short(carried),
  );
  const coloured = result.passed
    ? line.replace('pass', paint('green', 'pass'))
    : line.replace('FAIL', paint('red', 'FAIL'));
  return coloured + (result.reason === '' ? '' : lines(result.reason, '  ', '  '));
}

export function summaryLine(results: readonly CaseResult[], asked: number): string {
  const passed = results.filter((result) => result.passed).length;
  const seconds = results.reduce((sum, { tookMs }) => sum + tookMs, 0) / 1000;
  return `\n${passed} of ${asked} passed, in ${seconds.toFixed(0)} s\n`;
}

/** The result as JSON with a stable schema. */
export function drillJson(
  file: string,
  { setup, differences }: Adapted,
  maxOutageMs: number,
  results: readonly CaseResult[],
  asked: readonly string[],
): DrillOutput {
  return {
    version: 1,
    file,
    daemon: setup.daemon,
    passed: results.length === asked.length && results.every((result) => result.passed),
    maxOutageMs,
    differences,
    probes: setup.network.probes.map(({ family, destination, source, target, port }) => ({
      interface: setup.network.ports[port]!.altName ?? setup.network.ports[port]!.device,
      family,
      destination,
      source,
      target,
    })),
    cases: results.map((result) => ({
      ...result,
      title: CASES.find(({ name }) => name === result.name)!.title,
    })),
  };
}

function outageText({ outageMs }: CaseResult): string {
  return outageMs === null ? '-' : outageMs === 0 ? 'none' : `${outageMs} ms`;
}

/** `-` if the routes did not go in. */
function routesInText({ routesInMs }: CaseResult): string {
  return routesInMs === null ? '-' : `${routesInMs < 10 ? routesInMs.toFixed(1) : Math.round(routesInMs)} ms`;
}

function row(name: string, result: string, outage: string, routesIn: string, carried: string): string {
  return (
    `${name.padEnd(NAME)}  ${result.padEnd(6)}  ${outage.padStart(8)}  ${routesIn.padStart(9)}  ${carried}`.trimEnd() +
    '\n'
  );
}

/** A long list of carriers is shortened in the middle. */
function short(text: string): string {
  const room = COLUMNS - row('', '', '', '', 'x').length - NAME;
  return text.length <= Math.max(30, room) ? text : `${text.slice(0, 12)} ... ${text.slice(-15)}`;
}

/** Wraps the text at 80 columns. Each line ends in a newline. */
function lines(text: string, first = '', further = ''): string {
  return text
    .split('\n')
    .flatMap((paragraph) => wrap(`${first}${paragraph}`, COLUMNS, further))
    .map((line) => `${line}\n`)
    .join('');
}
