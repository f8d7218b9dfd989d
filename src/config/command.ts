/**
 * A command of the operator that runs repeatedly, without a shell: its words, interval and timeout.
 * It reports the state of a routing daemon (`exec`) or the role.
 *
 * Invariants: a command is complete or absent; a run ends before the next one begins.
 */

import type { ExecDaemon } from '../model/config.js';
import { quote } from './diagnostic.js';
import type { Entry, ScalarValue } from './document.js';
import { type DurationBounds, formatDuration } from './duration.js';
import type { Key } from './key.js';
import { isPlain } from './path-text.js';
import type { Report, Span } from './report.js';
import { COMMAND, timeSchema } from './schema.js';
import { asTime, readDuration, readItems, readScalar, type Section } from './section.js';

/** An absolute path and arguments. */
type Command = readonly [string, ...string[]];
type CommandTimes = Pick<ExecDaemon, 'intervalMs' | 'timeoutMs'>;

/** The default timeout is reduced to the interval where a shorter interval is set. */
export const DEFAULT_EXEC: CommandTimes = { intervalMs: 5_000, timeoutMs: 2_000 };

/** Each run starts a process. With a shorter interval, that costs a small router too much. */
const BOUNDS: DurationBounds = { minMs: 100, maxMs: 86_400_000, neverAllowed: false };

export const COMMAND_KEYS: readonly Key[] = [
  {
    key: 'command',
    words: 'The whole path of a program, and its arguments. There is no shell.',
    more: "The whole path of a program, and its arguments. There is no shell; for one, write `[/bin/sh, -c, '...']`.",
    schema: COMMAND,
    required: true,
  },
  {
    key: 'interval',
    words: 'Time from one run to the next; at least 100ms.',
    more: 'Time from one run to the next. At least `100ms`.',
    schema: timeSchema(false),
    fallback: formatDuration(DEFAULT_EXEC.intervalMs),
  },
  {
    key: 'timeout',
    words: 'A run that takes longer has failed; never longer than interval.',
    more: 'A run that takes longer has failed.',
    schema: timeSchema(false),
    fallback: formatDuration(DEFAULT_EXEC.timeoutMs),
    fallbackWords: `\`${formatDuration(DEFAULT_EXEC.timeoutMs)}\`, at most \`interval\``,
  },
];

export function writeCommand({ command, intervalMs, timeoutMs }: CommandTimes & { readonly command: Command }): object {
  return { command, interval: formatDuration(intervalMs), timeout: formatDuration(timeoutMs) };
}

/**
 * The words under the entry. undefined if one is missing or faulty, because a command that lacks a
 * word is a different command.
 */
export function readCommand(
  entry: Entry,
  example: string,
  report: Report,
): { readonly command: Command; readonly span: Span } | undefined {
  const items = readItems(entry, report, `write ${example}`);
  const scalars = items.map((item) => readScalar(item, 'a word of the command', report));
  const words = scalars.filter((scalar): scalar is ScalarValue => scalar !== undefined && isPlain(scalar, report));
  const [first, ...rest] = words;
  if (first === undefined || words.length < items.length) return undefined;
  if (entry.value.kind === 'scalar' && /\s/.test(first.text)) {
    report.error(first.span, {
      code: 'wrong-type',
      message: `${quote(first.text)} has spaces in it, and no shell splits it into words`,
      suggestion: /[|&;<>$`*]/.test(first.text)
        ? `write a list with a shell: [/bin/sh, -c, '${first.text.trim().slice(0, 60).replaceAll("'", "''")}']`
        : `write a list: [${first.text.trim().split(/\s+/).slice(0, 8).join(', ')}]`,
    });
    return undefined;
  }
  if (!first.text.startsWith('/')) {
    const name = first.text.split('/').at(-1)!;
    report.error(first.span, {
      code: 'relative-path',
      message: `${quote(first.text)} does not start with '/'`,
      suggestion: /^[\w.+-]+$/.test(name)
        ? `write the whole path, which 'command -v ${name}' prints`
        : 'write the whole path of the command',
    });
    return undefined;
  }
  return { command: [first.text, ...rest.map((scalar) => scalar.text)], span: first.span };
}

/** A command with its times, of a mapping that stands under the key `exec`. */
export function readTimedCommand(
  entry: Entry,
  section: Section,
  example: string,
  report: Report,
): ({ readonly command: Command; readonly span: Span } & CommandTimes) | undefined {
  if (!section.has('command') && section.unknownKeys.length === 0)
    report.error(entry.keySpan, {
      code: 'missing-key',
      message: "exec has no 'command'",
      suggestion: `write exec: {command: ${example}}`,
    });
  const command = section.get('command');
  const words = command === undefined ? undefined : readCommand(command, example, report);
  const times = readTimes(section, report);
  return words === undefined ? undefined : { ...words, ...times };
}

/**
 * `interval` and `timeout` of the section. If the timeout is longer than the interval, both
 * defaults apply, because a run must end before the next one begins.
 */
function readTimes(section: Section, report: Report): CommandTimes {
  const interval = section.get('interval');
  const timeout = section.get('timeout');
  const intervalMs = asTime(readDuration(interval, BOUNDS, report));
  const timeoutMs = asTime(readDuration(timeout, BOUNDS, report));
  const effective = {
    intervalMs: intervalMs ?? DEFAULT_EXEC.intervalMs,
    timeoutMs: timeoutMs ?? Math.min(DEFAULT_EXEC.timeoutMs, intervalMs ?? DEFAULT_EXEC.intervalMs),
  };
  if (effective.timeoutMs <= effective.intervalMs) return effective;
  // A value that could not be read has already been reported.
  if (timeout !== undefined && (interval === undefined || intervalMs !== undefined)) {
    report.error(timeout.value.span, {
      code: 'exec-timeout-too-long',
      message: `timeout ${formatDuration(effective.timeoutMs)} is longer than interval ${formatDuration(effective.intervalMs)}: the next run would begin before this one is over`,
      suggestion: `write an interval of at least ${formatDuration(effective.timeoutMs)}, or a shorter timeout`,
    });
  }
  return DEFAULT_EXEC;
}
