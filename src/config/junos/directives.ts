/**
 * Directives: what the agent must know and Junos text cannot express, in a comment of the file.
 *
 *     # backup-router: interface eth0
 *     # backup-router: member re1
 *
 * A block comment works too. On a Junos device these are comments like any other.
 */

import { closest } from '../closest.js';
import { quote } from '../diagnostic.js';
import type { Report } from '../report.js';
import type { Word } from './tree.js';

export interface Directive {
  readonly key: 'interface' | 'member';
  readonly value: Word;
}

const KEYS = ['interface', 'member'] as const;
const MARK = /^[#/* \t\r\n]*backup-router:/;
/** Characters of a comment that are read. A longer comment is prose. */
const MAX_LENGTH = 400;

/** The directives in a comment, or undefined if it has none of ours. */
export function readDirective(
  text: string,
  start: number,
  end: number,
  report: Report,
): readonly Directive[] | undefined {
  const comment = text.slice(start, Math.min(end, start + MAX_LENGTH));
  const mark = MARK.exec(comment);
  if (mark === null) return undefined;
  const body = comment.startsWith('/*') ? comment.replace(/\*\/$/, '') : comment;
  const words: Word[] = [...body.matchAll(/[^\s,]+/g)]
    .filter((m) => m.index >= mark[0].length)
    .map((m) => ({ text: m[0], span: { start: start + m.index, end: start + m.index + m[0].length } }));
  const found: Directive[] = [];
  for (let i = 0; i < words.length; i += 2) {
    const { text: name, span } = words[i]!;
    const key = KEYS.find((one) => one === name);
    const value = words[i + 1];
    if (key !== undefined && value !== undefined) {
      found.push({ key, value });
      continue;
    }
    const near = closest(name, KEYS);
    report.warning(span, {
      code: key === undefined ? 'unknown-key' : 'empty-value',
      message:
        key === undefined ? `${quote(name)} is not known in a '# backup-router:' comment` : `'${name}' has no value`,
      suggestion:
        near !== undefined && key === undefined
          ? `did you mean '${near}'?`
          : "write '# backup-router: interface eth0' or '# backup-router: member re0'",
    });
    break;
  }
  return found;
}
