/**
 * Whether a text is Junos configuration rather than YAML. The check is cheap and does not need the
 * reader.
 *
 * Invariant: a text with one of our keys at the start of a line is YAML, whatever else it contains
 * (a shell script in a block scalar has lines that begin with `set`).
 */

import { TOP_NAMES } from '../file-keys.js';
import { unprefixed } from '../line-numbers.js';
import { blankEscapes } from './capture.js';
import { encodingOf } from './encoding.js';

const YAML = new RegExp(
  `^(?:(?:${TOP_NAMES.join('|')})|[ \\t]+(?:management-interface|(?:inet6-)?backup-router))[ \\t]*:`,
  'm',
);
const COMMAND =
  /^[ \t]*(?:(?:[^\s@"]{1,80}@)?[^\s@"]{1,255}[>#%][ \t]+|\d{1,6}[ \t]*[:.|)]?[ \t]+|[>+|][ \t]*)?(?:set|deactivate|activate|delete|protect|edit)[ \t]+[\w"<-]+/m;
const SESSION =
  /^(?:--- JUNOS |[^\s@"{}[\];]{1,80}@[^\s"{}[\];>#%]{1,255}[>#%][ \t]*(?:run[ \t]+)?(?:show[ \t]+conf|configure|edit\b)|\[edit\b|\{master|Entering configuration mode)/m;
/** `word word {` or `word word;`, without a colon after a word, which would make it YAML. */
const STATEMENT =
  /^[ \t]*(?:(?:inactive|active|protect|replace):[ \t]*)*[\w-]+(?:[ \t]+[^\s:#{};]+)*[ \t]*(?:\{|;[ \t]*(?:\r?$|##?|\}))/m;

/**
 * Characters that are checked. Bounds the time of the regular expressions on megabytes of garbage.
 */
const HEAD = 1 << 18;

/** Whether the text is to be read as Junos configuration. */
export function looksLikeJunos(text: string): boolean {
  const beginning = text.length <= HEAD ? text : text.slice(0, text.lastIndexOf('\n', HEAD) + 1);
  const plain = blankEscapes(beginning);
  const head = unprefixed(plain)?.text ?? plain;
  if (encodingOf(head) !== undefined) return true;
  return !YAML.test(head) && (COMMAND.test(head) || STATEMENT.test(head) || SESSION.test(head));
}
