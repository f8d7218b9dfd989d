/**
 * Blanks what a terminal session adds to a configuration and what can be recognized line by line:
 * the pager, escape sequences, answers of the device, output of other commands, markdown fences.
 * The blanks have the same length, so offsets stay the same.
 *
 * Prompts, `[edit ...]` and `{master}` stay, because they give the level at which the configuration
 * continues (noise.ts).
 *
 * Invariant: a line that names a backup router is never blanked without a diagnostic.
 */

import type { Span } from '../report.js';
import type { Syntax } from './syntax.js';

/** The pager erases its prompt with carriage returns and blanks before and after it. */
const PAGER = /[ \t\r\b]*(?:---\(more(?:[ \t]+\d{1,3}%)?\)---|--More--(?:[ \t]*\(\d{1,3}%\))?)[ \t\r\b]*/g;
const ESCAPES = /\u001b\][^\u0007\u001b\n]{0,256}(?:\u0007|\u001b\\)|\u001b\[[0-9;?]*[A-Za-z]|\u001b[=>78]|[\u0007\b]/g;
const ANSWERS: readonly RegExp[] = [
  /^Last login: /,
  /^--- JUNOS /,
  /^(?:Entering|Exiting) configuration mode$/,
  /^Users currently editing the configuration:/,
  /^The configuration has been (?:changed|modified)/,
  /^(?:configuration check succeeds|commit complete|load complete|discard complete|commit confirmed will be .*)$/,
  /^# commit confirmed will be rolled back in /,
  /^Discard uncommitted changes\?/,
  /^\[Type \^D at a new line to end input\]$/,
  /^(?:node\d|re\d|member\d|fpc\d|localre):$/,
  /^-{5,}$/,
  /^\s*\^+$/,
  /^(?:syntax error|unknown command|invalid value|missing argument|is ambiguous)\b.*$/,
  /^\s*(?:error|warning): /,
  /^\s+'[^']*'$/,
  /^\((?:END|end)\)$/,
  /^:$/,
  /^(?:Connection to \S+ closed|Shared connection to .*|logout|exit|Password:|\S+'s password:).*$/,
  /^Possible completions:$/,
];
/** Follows the command that it refuses. */
const REFUSAL = /^(?:\s*\^+|(?:syntax error|unknown command|invalid value|missing argument)\b.*)$/;
const PROMPT =
  /^[ \t]*[^\s@"{}[\];]{1,80}@[^\s"{}[\];>#%]{1,255}(?:(?<=:[~/][\w./-]{0,64})[ \t])?([>#%])(?:[ \t]+(.*))?$/;
/** A prompt without user or host: `root>`, `root#`. */
const BARE_PROMPT = /^(?:root|%|[\w.-]{1,64})?([>#%])(?:[ \t]+(.*))?$/;
const LEVEL = /^(?:\{[\w:-]+\})?[ \t]*\[edit\b[^\]]*\]$|^\{(?:master|primary|secondary|backup|linecard)[\w:-]*\}/;
const STATES_ROUTER = /\bbackup-router[ \t]+(?:[\d{]|destination|[\da-f]*:)/i;
/** Operational mode commands whose output is configuration, or little else. */
const HARMLESS =
  /^(?:sh\w*[ \t]+conf\w*(?![^|]*\|[ \t]*compare)|conf\w*|edit|cli|set[ \t]+cli|start[ \t]+shell|exit|quit)\b/;
/** Configuration mode commands whose output is not configuration. */
const OUTPUT = /^(?:status\b|help\b|commit\b|rollback\b|show\b.*\|[ \t]*compare\b)/;

const FENCE = /^[ \t]*(?:`{3,}|~{3,})[^`~;{]*(?:\{[^;{}]*\})?$/;
const NUMBERED = /^[ \t]*\d{1,6}[ \t]*[:.|)]?[ \t]+(?:set|delete|deactivate|activate|edit)[ \t]/;
const QUOTED = /^[ \t]*(?:[>+|][ \t]*)+(?:set|delete|deactivate|activate|edit)[ \t]/;

/** The text without colours and cursor movements; offsets stay the same. */
export function blankEscapes(text: string): string {
  return /[\u001b\u0007\b]/.test(text) ? text.replace(ESCAPES, blank) : text;
}

/** The text with everything blanked that is not configuration. */
export function blankCapture(text: string, syntax: Syntax): string {
  let cleaned = text;
  if (/---\(more|--More--/.test(text)) cleaned = cleaned.replace(PAGER, blank);
  cleaned = blankEscapes(cleaned);
  const session = LINE_OF_SESSION.test(cleaned);
  if (!session && !STRANGE.test(cleaned)) return cleaned;
  return byLine(cleaned, session, syntax);
}

const LINE_OF_SESSION =
  /^(?:[ \t]*[^\s@"{}[\];]{1,80}@[^\s"{}[\];>#%]{1,255}[>#%]|[\w.-]{1,64}[>#%](?:[ \t\r]|$)|(?:\{[\w:-]+\})?[ \t]*\[edit|Last login|--- JUNOS|Entering conf|Exiting conf|commit complete|configuration check|load complete|Users currently|node\d:|re\d:|\{(?:master|primary))/m;
const STRANGE =
  /^[ \t]*(?:```|~~~|!|\d{1,6}[ \t]*[:.|)]?[ \t]+(?:set|delete|deactivate|activate|edit)[ \t]|[>+|]|\^|[ \t]+(?:error|warning):|error:|warning:|\(END\)|:[ \t\r]*$|syntax error|unknown command)/m;

function byLine(text: string, session: boolean, syntax: Syntax): string {
  const parts: string[] = [];
  const told = new Set<string>();
  /** The command whose output is being skipped. */
  let output: string | undefined;
  /** Index in `parts` of the last command. */
  let command: number | undefined;
  const once = (kind: string, span: Span, message: string, suggestion: string): void => {
    if (!told.has(kind)) syntax.warning(span, { code: 'syntax', message, suggestion });
    told.add(kind);
  };

  for (let at = 0; at < text.length; ) {
    const newline = text.indexOf('\n', at);
    const end = newline < 0 ? text.length : newline;
    const whole = text.slice(at, end);
    const line = whole.trimEnd();
    const span: Span = { start: at + (line.length - line.trimStart().length), end: at + Math.max(1, line.length) };
    const prompt = session ? (PROMPT.exec(line) ?? BARE_PROMPT.exec(line)) : null;
    let drop = false;
    if (prompt !== null) {
      const typed = (prompt[2] ?? '').trim();
      const typedCommand = typed.replace(/^run[ \t]+/, '');
      const other =
        prompt[1] === '>' || typedCommand !== typed
          ? typedCommand !== '' && !HARMLESS.test(typedCommand)
          : OUTPUT.test(typedCommand);
      output = other ? typedCommand : undefined;
      command = parts.length;
      drop = other;
      if (drop && STATES_ROUTER.test(line))
        once(
          'prompt',
          span,
          'the prompt is that of operational mode, which has no such command: the line is not read',
          "remove the prompt, or write '#' for '>'",
        );
    } else if (LEVEL.test(line)) {
      command = undefined;
      // In a comparison such a line precedes each difference, so it does not end the output.
      if (output !== undefined && !output.includes('compare')) output = undefined;
    } else if (output !== undefined || ANSWERS.some((answer) => answer.test(line))) {
      drop = true;
      // A command that the device refused did not change its configuration.
      if (command !== undefined && REFUSAL.test(line)) parts[command] = blank(parts[command]!);
      if (STATES_ROUTER.test(line))
        once(
          'output',
          span,
          `this line is ${output === undefined ? 'an answer of the device' : `output of '${output.slice(0, 60)}'`}, and is not read as configuration`,
          "take the output of 'show configuration | display set | no-more'",
        );
    } else if (FENCE.test(line)) {
      drop = true;
      once('fence', span, 'a markdown fence is not configuration; it is passed over', 'remove it');
    } else if (/^[ \t]*!/.test(line)) {
      drop = true;
      once(
        'bang',
        span,
        "'!' begins a comment in other systems, not in Junos; the line is passed over",
        "write '#', or remove it",
      );
    } else if ((NUMBERED.test(line) || QUOTED.test(line)) && !told.has('prefix')) {
      told.add('prefix');
      syntax.error(
        { start: span.start, end: span.start + 1 },
        {
          code: 'syntax',
          message: NUMBERED.test(line)
            ? 'there are line numbers in front of the commands'
            : `there is a '${line.trimStart()[0]}' in front of the commands`,
          suggestion: 'remove them: a command begins its line',
        },
        'text',
      );
    }
    if (told.has('prefix') && (NUMBERED.test(line) || QUOTED.test(line))) drop = true;
    parts.push(drop ? blank(whole) : whole);
    if (newline >= 0) parts.push('\n');
    at = end + 1;
  }
  return parts.join('');
}

/** The text with a blank for each character, in the same lines. */
export const blank = (text: string): string => text.replace(/[^\n]/g, ' ');
