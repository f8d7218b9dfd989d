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

import { quote } from '../diagnostic.js';
import type { Span } from '../report.js';
import type { Syntax } from './syntax.js';

/** The pager erases its prompt with carriage returns and blanks before and after it. */
const PAGER =
  /[ \t\r\b]*(?:---\((?:more|less|back|END|Help)\b[^()\n]{0,40}\)---(?:\[abort\])?|--More--(?:[ \t]*\(\d{1,3}%\))?)[ \t\r\b]*/g;
const ESCAPES = /\u001b\][^\u0007\u001b\n]{0,256}(?:\u0007|\u001b\\)|\u001b\[[0-9;?]*[A-Za-z]|\u001b[=>78]|\u0007/g;
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
  /\[yes,no\]/,
  /^This will delete the entire configuration$/,
  /^\s*\S+ terminal \S+ \(pid \d+\) on since /,
  /^[A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d$/,
];
/** Begins a list that goes on to the next prompt or level. */
const COMPLETIONS = /^Possible completions:$/;
/** A place in the configuration, in front of what the device says about it. */
const COMPLAINT = /^[ \t]+'[^'\n]*'[ \t\r]*$/;
/** Stands for statements that somebody has left out. */
const LEFT_OUT =
  /^[ \t]*(?:\.{3,}|\u2026|\[(?:\.{3,}|\u2026)\]|[<[(-]{0,3}[ \t]*(?:(?:output|config(?:uration)?|lines?|rest)[ \t]+)?(?:snip(?:ped)?|omitted|truncated|removed)[ \t]*[>\])-]{0,3})[ \t]*;?$/i;
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
const OUTPUT = /\?$|^(?:status\b|help\b|commit\b|rollback\b|show\b.*\|[ \t]*compare\b)/;

const FENCE = /^[ \t]*(?:`{3,}|~{3,})[^`~;{]*(?:\{[^;{}]*\})?$/;
const NUMBERED = /^[ \t]*\d{1,6}[ \t]*[:.|)]?[ \t]+(?:set|delete|deactivate|activate|edit)[ \t]/;
/** A line of a difference, below the level that it is about. */
const CHANGE = /^[+-][ \t]{2,}\S/;
/** A command that a difference takes away. */
const REMOVED = /^[ \t]*-[ \t]*(?:set|delete|deactivate|activate|edit)[ \t]/;
const QUOTED = /^[ \t]*(?:[>+|][ \t]*)+(?:set|delete|deactivate|activate|edit)[ \t]/;

/**
 * The text without colours and cursor movements. Offsets stay the same, except within a line in
 * which something typed has been taken back.
 */
export function blankEscapes(text: string): string {
  const plain = /[\u001b\u0007]/.test(text) ? text.replace(ESCAPES, blank) : text;
  return plain.includes('\b') ? plain.replace(/[^\n]*\x08[^\n]*/g, retyped) : plain;
}

/** The line as the terminal shows it, of the same length: a backspace moves the cursor left. */
function retyped(line: string): string {
  const shown: string[] = [];
  let cursor = 0;
  for (const char of line) {
    if (char === '\b') cursor = Math.max(0, cursor - 1);
    else shown[cursor++] = char;
  }
  return shown.join('').padEnd(line.length);
}

/** What the system says before the first prompt, if it has no statement in it. */
function blankGreeting(text: string): string {
  const first = FIRST_PROMPT.exec(text);
  const greeting = text.slice(0, first?.index ?? 0);
  return STATEMENT.test(greeting) ? text : blank(greeting) + text.slice(greeting.length);
}

/** The text with everything blanked that is not configuration. */
export function blankCapture(text: string, syntax: Syntax): string {
  let cleaned = text;
  if (/---\(\w|--More--/.test(text)) cleaned = cleaned.replace(PAGER, blank);
  cleaned = blankEscapes(cleaned);
  const session = LINE_OF_SESSION.test(cleaned);
  if (session) cleaned = blankGreeting(cleaned);
  if (!session && !STRANGE.test(cleaned)) return cleaned;
  return byLine(cleaned, session, syntax);
}

const LINE_OF_SESSION =
  /^(?:[ \t]*[^\s@"{}[\];]{1,80}@[^\s"{}[\];>#%]{1,255}[>#%]|[\w.-]{1,64}[>#%](?:[ \t\r]|$)|(?:\{[\w:-]+\})?[ \t]*\[edit|Last login|--- JUNOS|Entering conf|Exiting conf|commit complete|configuration check|load complete|Users currently|node\d:|re\d:|\{(?:master|primary))/m;
/** The first prompt of a device, or the level in front of it. */
const FIRST_PROMPT =
  /^(?:[^\s@"{}[\];]{1,80}@[^\s"{}[\];>#%]{1,255}[>#%](?:[ \t\r]|$)|root[>#%]|\{(?:master|primary|secondary|backup)|(?:\{[\w:-]+\})?[ \t]*\[edit)/m;
/** Something that is read, or may be: a command, a statement, a comment. */
const STATEMENT =
  /[{};][ \t\r]*$|[{};][ \t]*#|^[ \t]*(?:#|\/\*|(?:set|delete|deactivate|activate|edit)[ \t])|backup-router|apply-groups/m;
const STRANGE =
  /^[ \t]*(?:```|~~~|!|\.{3}|\u2026|\[[.\u2026]|[<[(-]{0,3}[ \t]*(?:\w+[ \t]+)?(?:snip|omitted|truncated|removed)|\d{1,6}[ \t]*[:.|)]?[ \t]+(?:set|delete|deactivate|activate|edit)[ \t]|[>+|]|\^|[ \t]+(?:error|warning):|error:|warning:|\(END\)|:[ \t\r]*$|syntax error|unknown command)/m;

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
    } else if (LEVEL.test(line) && !(output?.startsWith('commit') && COMPLAINT.test(lineAfter(text, end)))) {
      command = undefined;
      // In a comparison such a line precedes each difference, so it does not end the output.
      if (output !== undefined && !output.includes('compare')) output = undefined;
      if (CHANGE.test(lineAfter(text, end))) output ??= 'show | compare';
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
    } else if (session && COMPLETIONS.test(line)) {
      drop = true;
      output = line;
    } else if (LEFT_OUT.test(line)) {
      drop = true;
      once(
        'left out',
        span,
        `${quote(line.trim())} stands for something that is left out; the line is passed over`,
        "take the whole output of 'show configuration | display set | no-more'",
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
    if (told.has('prefix') && (NUMBERED.test(line) || QUOTED.test(line) || REMOVED.test(line))) drop = true;
    parts.push(drop ? blank(whole) : whole);
    if (newline >= 0) parts.push('\n');
    at = end + 1;
  }
  return parts.join('');
}

function lineAfter(text: string, end: number): string {
  const newline = text.indexOf('\n', end + 1);
  return text.slice(end + 1, newline < 0 ? text.length : newline);
}

/** The text with a blank for each character, in the same lines. */
export const blank = (text: string): string => text.replace(/[^\n]/g, ' ');
