/**
 * Finds commands that a terminal has wrapped: lines as long as the longest line, followed by one
 * that does not begin a command. Joined, they might not give the original command, so they are
 * blanked, and one fault is reported.
 */

import type { Span } from '../report.js';
import { blank } from './capture.js';
import type { Syntax } from './syntax.js';

/** Columns. No terminal is narrower. */
const NARROWEST = 60;
const COMMAND = /^(?:[^\s@"{}[\];]{1,80}@[^\s"{}[\];>#%]{1,255}[>#%][ \t]+)?(?:set|delete|deactivate|activate)[ \t]/;
const OWN =
  /^[ \t]*(?:(?:set|delete|deactivate|activate|edit|top|up|exit|commit|annotate|protect|rename|copy|insert)\b|[#}{]|\/\*|\[edit|[^\s@"{}[\];]{1,80}@[^\s"{}[\];>#%]{1,255}[>#%]|$)/;
const ANY = /^(?:\S+[>#%][ \t]+)?(?:set|delete|deactivate|activate)[ \t]/m;
const OF_ROUTERS = /backup-router|apply-groups|destination|^set groups/;

/** The text with wrapped commands blanked. */
export function blankWrapped(text: string, syntax: Syntax): string {
  if (!ANY.test(text)) return text;
  const lines = text.split('\n').map((line) => line.trimEnd());
  const width = lines.reduce((most, { length }) => Math.max(most, length), 0);
  if (width < NARROWEST) return text;
  const found: { readonly span: Span; readonly matters: boolean }[] = [];
  const pieces: string[] = [];
  let done = 0;
  let at = 0;
  for (let i = 0; i < lines.length; i++) {
    const from = at;
    at = after(text, at);
    if (lines[i]!.length !== width || !COMMAND.test(lines[i]!) || OWN.test(lines[i + 1] ?? '')) continue;
    const rest = at;
    let whole = lines[i]!;
    for (let full = true; full && !OWN.test(lines[i + 1] ?? ''); ) {
      full = lines[++i]!.length === width;
      whole += lines[i]!;
      at = after(text, at);
    }
    found.push({ span: { start: rest, end: rest + 1 }, matters: OF_ROUTERS.test(whole) });
    pieces.push(text.slice(done, from), blank(text.slice(from, at)));
    done = at;
  }
  const first = found.find(({ matters }) => matters) ?? found[0];
  if (first === undefined) return text;
  syntax.error(
    first.span,
    {
      code: 'syntax',
      message: `this line is the rest of the one above: the terminal has wrapped its lines at ${width} columns`,
      suggestion: "capture it again after 'set cli screen-width 0', or join the lines",
    },
    first.matters ? 'text' : 'nothing',
  );
  return pieces.join('') + text.slice(done);
}

function after(text: string, at: number): number {
  const newline = text.indexOf('\n', at);
  return newline < 0 ? text.length : newline + 1;
}
