/**
 * What a terminal adds to a configuration that is copied from it: prompts, `{master:0}`, `[edit system]`; and the
 * configuration level that they tell. Line by line, by regular expressions that stay within a line.
 */

import type { Word } from './tree.js';

/** `user@host> `, `user@host# `, `root@host:~ # ` and the rest of the line. */
const PROMPT = /[ \t]*[^\s@"{}[\];]{1,80}@[^\s"{}[\];>#%]{1,255}[>#%](?=[ \t\r\n]|$)[ \t]*/y;
const ROLE =
  /[ \t]*\{(?:master|primary|secondary|secondary-hold|backup|linecard|standby|hold|disabled|ineligible|lost)(?::[\w-]+)?\}/y;
const BANNER = /[ \t]*\[edit((?:[ \t]+[^\]\n\s]{1,255}){0,64})[ \t]*\][ \t]*(?=\r?\n|$)/y;
const SHOW = /show[ \t]+(?:configuration[ \t]*)?([^|\n]*)(\|[^\n]*)?/y;

export interface Noise {
  /** Where the configuration, or a command, goes on. */
  readonly end: number;
  /** `[edit system]`: the level at which the commands that follow are. */
  readonly level: readonly Word[] | undefined;
  /** `show configuration system`: the level whose contents follow. */
  readonly show: readonly Word[] | undefined;
}

/** What the terminal has put at the offset, which is the first token of a line. */
export function noiseAt(text: string, offset: number): Noise | undefined {
  const role = text[offset] === '{' && matches(ROLE, text, offset) !== undefined ? ROLE.lastIndex : undefined;
  const banner = matches(BANNER, text, role ?? offset);
  if (banner !== undefined)
    return { end: BANNER.lastIndex, level: words(banner[1]!, offset, BANNER.lastIndex), show: undefined };
  if (role !== undefined) return { end: role, level: undefined, show: undefined };
  if (matches(PROMPT, text, offset) === undefined) return undefined;
  const end = PROMPT.lastIndex;
  const show = matches(SHOW, text, end);
  if (show === undefined) return { end, level: undefined, show: undefined };
  return { end: SHOW.lastIndex, level: undefined, show: words(show[1]!, end, SHOW.lastIndex) };
}

function matches(expression: RegExp, text: string, offset: number): RegExpExecArray | undefined {
  expression.lastIndex = offset;
  return expression.exec(text) ?? undefined;
}

/** All at the place of the line. */
function words(text: string, start: number, end: number): readonly Word[] {
  return text
    .split(/\s+/)
    .filter((word) => word !== '')
    .map((word) => ({ text: word, span: { start, end } }));
}
