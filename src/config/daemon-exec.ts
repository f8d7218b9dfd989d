/**
 * `exec: {command: [...], interval: 5s, timeout: 2s}`: a command of the operator's own, run without a shell.
 */

import type { ExecDaemon } from '../model/config.js';
import type { Found } from './daemon-parts.js';
import { DEFAULT_EXEC } from './defaults.js';
import { quote } from './diagnostic.js';
import type { Entry, ScalarValue } from './document.js';
import { formatDuration, type DurationBounds } from './duration.js';
import { DAEMON_KEYS } from './keys.js';
import { isPlain } from './path-text.js';
import type { Report, Span } from './report.js';
import { readRouteProtocols } from './route-protocols.js';
import { asTime, readDuration, readItems, readScalar, readSection, type Section } from './section.js';

const EXAMPLE = '[/usr/local/bin/check]';
/** A process for each run: faster than this costs a small router more than it tells. */
const BOUNDS: DurationBounds = { minMs: 100, maxMs: 86_400_000, neverAllowed: false };

export function readExec(entry: Entry, ownProtocol: number, report: Report): Found<ExecDaemon> | undefined {
  const { value } = entry;
  if (value.kind === 'list' || value.kind === 'scalar') {
    const words = (value.kind === 'list' ? value.items : [value]).flatMap((item) => (item.kind === 'scalar' ? item.text.split(/\s+/) : [])).slice(0, 8);
    report.error(value.span, { code: 'wrong-type', message: 'exec must be a mapping', suggestion: `write exec: {command: ${words.length === 0 ? EXAMPLE : `[${words.join(', ')}]`}}` });
    return undefined;
  }
  const section = readSection(value, 'exec', DAEMON_KEYS.exec, report);
  if (section === undefined) return undefined;
  if (!section.has('command') && section.unknownKeys.length === 0) report.error(entry.keySpan, { code: 'missing-key', message: "exec has no 'command'", suggestion: `write exec: {command: ${EXAMPLE}}` });
  const command = section.get('command');
  const words = command === undefined ? undefined : readCommand(command, report);
  const times = readTimes(section, report);
  const routeProtocols = readRouteProtocols(section, ownProtocol, report);
  return words === undefined ? undefined : { daemon: { kind: 'exec', command: words.command, ...times, routeProtocols }, spans: [words.span] };
}

function readCommand(entry: Entry, report: Report): { readonly command: readonly [string, ...string[]]; readonly span: Span } | undefined {
  const items = readItems(entry, report, `write ${EXAMPLE}`);
  const scalars = items.map((item) => readScalar(item, 'a word of the command', report));
  const words = scalars.filter((scalar): scalar is ScalarValue => scalar !== undefined && isPlain(scalar, report));
  const [first, ...rest] = words;
  // One word short, a command is another command.
  if (first === undefined || words.length < items.length) return undefined;
  if (entry.value.kind === 'scalar' && /\s/.test(first.text)) {
    report.error(first.span, { code: 'wrong-type', message: `${quote(first.text)} has spaces in it, and no shell takes it apart`, suggestion: `write a list: [${first.text.trim().split(/\s+/).slice(0, 8).join(', ')}]` });
    return undefined;
  }
  if (!first.text.startsWith('/')) {
    const name = first.text.split('/').at(-1)!;
    report.error(first.span, { code: 'relative-path', message: `${quote(first.text)} does not start with '/'`, suggestion: /^[\w.+-]+$/.test(name) ? `write the whole path, which 'command -v ${name}' prints` : 'write the whole path of the command' });
    return undefined;
  }
  return { command: [first.text, ...rest.map((scalar) => scalar.text)], span: first.span };
}

/** Both or neither: a run must be over before the next one begins. */
function readTimes(section: Section, report: Report): Pick<ExecDaemon, 'intervalMs' | 'timeoutMs'> {
  const interval = section.get('interval');
  const timeout = section.get('timeout');
  const intervalMs = asTime(readDuration(interval, BOUNDS, report));
  const timeoutMs = asTime(readDuration(timeout, BOUNDS, report));
  const effective = { intervalMs: intervalMs ?? DEFAULT_EXEC.intervalMs, timeoutMs: timeoutMs ?? Math.min(DEFAULT_EXEC.timeoutMs, intervalMs ?? DEFAULT_EXEC.intervalMs) };
  if (effective.timeoutMs <= effective.intervalMs) return effective;
  // What has been found unreadable is not judged a second time.
  if (timeout !== undefined && (interval === undefined || intervalMs !== undefined)) {
    report.error(timeout.value.span, {
      code: 'exec-timeout-too-long',
      message: `timeout ${formatDuration(effective.timeoutMs)} is longer than interval ${formatDuration(effective.intervalMs)}: the next run would begin before this one is over`,
      suggestion: `write an interval of at least ${formatDuration(effective.timeoutMs)}, or a shorter timeout`,
    });
  }
  return DEFAULT_EXEC;
}
