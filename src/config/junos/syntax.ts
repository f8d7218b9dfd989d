/**
 * Collects syntax faults and decides whether they matter. A fault far from any backup router, group
 * or member is a warning, so that 100,000 correct lines are read in spite of it.
 *
 * Invariant: a fault is a warning only if nothing that makes up a backup router is within its
 * reach.
 */

import type { Fault } from '../diagnostic.js';
import type { Report, Span } from '../report.js';

/**
 * How much text a fault may give another meaning. `nothing`; `statement`: the lines of the
 * statement; `lines`: those and the neighbouring lines; `block`: the enclosing block of the top
 * level; `rest`: from the fault to the end of that block; `text`: everything.
 */
export type Reach = 'nothing' | 'statement' | 'lines' | 'rest' | 'block' | 'text';

export interface Syntax {
  readonly error: (span: Span, fault: Fault, reach?: Reach, from?: number) => void;
  readonly warning: (span: Span, fault: Fault) => void;
  readonly lineOf: (offset: number) => number;
  readonly count: () => number;
  /** Whether anything that matters is within reach of one of the faults. */
  readonly matters: () => boolean;
  /** Passes everything on to the report, errors as errors or as warnings. Called once. */
  readonly settle: (asErrors: boolean) => void;
}

interface Found {
  readonly span: Span;
  readonly fault: Fault;
  readonly reach: Reach;
  readonly from: number;
}

/** A text with more faults is broken as a whole. */
const MAX_FAR = 100;
const OF_ROUTERS =
  /backup-router|apply-groups|(?<![\w-])(?:destination|when|routing-engine)(?![\w-])|(?<![\w-])re[01](?![\w-])/;
const TOP = /^(?:[a-z]+:[ \t]*)?(?:system|groups)(?![\w-])/m;
/** A block whose contents are not indented: indentation says nothing about such a text. */
export const FLAT = /^([ \t]*)[^\s#][^\n]*\{[ \t\r]*\n\1[^\s}]/m;

export function createSyntax(text: string, report: Report): Syntax {
  const errors: Found[] = [];
  const warnings: Found[] = [];
  let more = 0;
  let flat: boolean | undefined;

  const lines = (from: number, to: number): string => {
    const start = text.lastIndexOf('\n', Math.max(0, text.lastIndexOf('\n', Math.max(0, from - 1)) - 1));
    const next = text.indexOf('\n', to);
    const end = next < 0 ? text.length : text.indexOf('\n', next + 1);
    return text.slice(start + 1, end < 0 ? text.length : end);
  };

  /**
   * The top-level block: from a line that begins in the first column to the next one, not counting
   * closing braces.
   */
  const block = (from: number, to: number): { readonly text: string; readonly start: number } => {
    const top = (offset: number): boolean => /^[^\s}]/.test(text.slice(offset, offset + 1));
    let start = text.lastIndexOf('\n', Math.max(0, from - 1)) + 1;
    while (start > 0 && !top(start)) start = start < 2 ? 0 : text.lastIndexOf('\n', start - 2) + 1;
    let end = text.indexOf('\n', to);
    while (end >= 0 && !top(end + 1)) end = text.indexOf('\n', end + 1);
    return { text: text.slice(start, end < 0 ? text.length : end), start };
  };

  /**
   * The lines of the statement, and the neighbouring lines if the line above does not end a
   * statement.
   */
  const own = (from: number, to: number): string => {
    const start = text.lastIndexOf('\n', Math.max(0, from - 1)) + 1;
    if (start > 0 && !/[;{}][ \t\r]*$/.test(text.slice(Math.max(0, start - 201), start - 1))) return lines(from, to);
    const next = text.indexOf('\n', to);
    return text.slice(start, next < 0 ? text.length : next);
  };

  const near = ({ span, reach, from }: Found): boolean => {
    if (reach === 'nothing') return false;
    if (reach === 'statement') return OF_ROUTERS.test(own(Math.min(from, span.start), span.end));
    if (reach === 'lines') return OF_ROUTERS.test(lines(Math.min(from, span.start), span.end));
    flat ??= FLAT.test(text);
    if (reach === 'text' || flat) return true;
    const at = Math.min(from, span.start);
    const around = block(at, span.end);
    if (reach === 'rest') return OF_ROUTERS.test(around.text.slice(Math.max(0, at - around.start)));
    return OF_ROUTERS.test(around.text) || TOP.test(around.text);
  };

  return {
    error: (span, fault, reach = 'lines', from = span.start) => {
      if (errors.length < MAX_FAR) errors.push({ span, fault, reach, from });
      else more++;
    },
    warning: (span, fault) => {
      warnings.push({ span, fault, reach: 'lines', from: span.start });
    },
    lineOf: report.lineOf,
    count: () => errors.length + more,
    matters: () => more > 0 || errors.some(near),
    settle: (asErrors) => {
      for (const { span, fault } of errors) (asErrors ? report.error : report.warning)(span, fault);
      for (const { span, fault } of warnings) report.warning(span, fault);
      if (more > 0)
        report.error(errors.at(-1)!.span, {
          code: 'too-many-faults',
          message: `${more} more faults of syntax follow`,
          suggestion: 'repair those above first',
        });
    },
  };
}
