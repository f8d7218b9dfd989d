/**
 * Recognizes what a terminal adds to a copied configuration: prompts, `{master:0}`,
 * `[edit system]`; and the configuration level that these give. Works line by line, with regular
 * expressions that stay within a line.
 */

import type { Word } from './tree.js';

/** `user@host> `, `user@host# `, `root@host:~ # `. */
const PROMPT =
  /[ \t]*[^\s@"{}[\];]{1,80}@[^\s"{}[\];>#%]{1,255}(?:(?<=:[~/][\w./-]{0,64})[ \t])?[>#%](?=[ \t\r\n]|$)[ \t]*/y;
/** `root> ` of a device without a name. Only in the first column. */
const BARE_PROMPT = /[\w.-]{1,64}[>#%](?=[ \t\r\n]|$)[ \t]*/y;
const ROLE =
  /[ \t]*\{(?:master|primary|secondary|secondary-hold|backup|linecard|standby|hold|disabled|ineligible|lost)(?::[\w-]+)?\}/y;
const BANNER = /[ \t]*\[edit((?:[ \t]+[^\]\n\s]{1,255}){0,64})[ \t]*\][ \t]*(?=\r?\n|$)/y;
const SHOW = /(run[ \t]+)?show[ \t]+(?:configuration[ \t]*)?([^|\n]*)(\|[^\n]*)?/y;

interface Noise {
  /** Offset at which the configuration or a command continues. */
  readonly end: number;
  /** `[edit system]`: the level of the commands that follow. */
  readonly level: readonly Word[] | undefined;
  /** `show configuration system`: the level whose contents follow. */
  readonly show: readonly Word[] | undefined;
  /**
   * The level of the commands that follow, if `show ... | display set` or operational mode gives
   * it.
   */
  readonly commands?: readonly Word[];
}

/** The noise at the offset, which is the first token of a line. */
export function noiseAt(text: string, offset: number): Noise | undefined {
  const role = text[offset] === '{' && matches(ROLE, text, offset) !== undefined ? ROLE.lastIndex : undefined;
  const banner = matches(BANNER, text, role ?? offset);
  if (banner !== undefined)
    return { end: BANNER.lastIndex, level: words(banner[1]!, offset, BANNER.lastIndex), show: undefined };
  if (role !== undefined) return { end: role, level: undefined, show: undefined };
  const prompt = [PROMPT, ...(offset === 0 || text[offset - 1] === '\n' ? [BARE_PROMPT] : [])].find(
    (one) => matches(one, text, offset) !== undefined,
  );
  if (prompt === undefined) return undefined;
  const end = prompt.lastIndex;
  const show = matches(SHOW, text, end);
  const asks = show?.[1] !== undefined || /[>%][ \t]*$/.test(text.slice(offset, end));
  const operational = asks ? { commands: [] } : {};
  if (show === undefined) return { end, level: undefined, show: undefined, ...operational };
  const shown = words(show[2]!, end, SHOW.lastIndex);
  const pipe = show[3] ?? '';
  const full = /\|[ \t]*display[ \t]+set(?![ \t]+relative)/.test(pipe) ? { commands: [] } : operational;
  const relative = /\|[ \t]*display[ \t]+set[ \t]+relative/.test(pipe) && 'commands' in operational;
  return { end: SHOW.lastIndex, level: undefined, show: shown, ...(relative ? { commands: shown } : full) };
}

function matches(expression: RegExp, text: string, offset: number): RegExpExecArray | undefined {
  expression.lastIndex = offset;
  return expression.exec(text) ?? undefined;
}

/** The words, all with the same position. */
function words(text: string, start: number, end: number): readonly Word[] {
  return text
    .split(/\s+/)
    .filter((word) => word !== '')
    .map((word) => ({ text: word, span: { start, end } }));
}
