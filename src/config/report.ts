/**
 * Collects faults with their positions in a text and turns them into diagnostics in file order.
 *
 * Invariant: memory and output are bounded for any number of faults. Beyond the limit only the
 * count is kept, and an unlisted error still counts as an error.
 */

import { LineCounter } from 'yaml';
import type { Diagnostic, Fault, Severity } from './diagnostic.js';

/** Offsets into the text; `end` is exclusive. */
export interface Span {
  readonly start: number;
  readonly end: number;
  /** For an alias: the offset of the value itself. The same fault at both is reported once. */
  readonly anchor?: number;
}

export interface Report {
  readonly error: (span: Span, fault: Fault) => void;
  readonly warning: (span: Span, fault: Fault) => void;
  readonly errorCount: () => number;
  /** Faults at this offset follow from one that has been reported. */
  readonly follows: (offset: number) => void;
  /**
   * Whether one more error would be listed. If not, it is only counted and needs no explanation.
   */
  readonly hasRoom: () => boolean;
  /**
   * The mapping that a misplaced key belongs to; undefined if the key is unknown or occurs in
   * several mappings.
   */
  readonly homeOf: (key: string) => string | undefined;
  /** Line number of an offset in its file, from 1. */
  readonly lineOf: (offset: number) => number;
  /**
   * The same in words, with the file if there are several:
   * `line 3 of /etc/backup-router/config.d/a.yaml`.
   */
  readonly placeOf: (offset: number) => string;
  readonly diagnostics: () => readonly Diagnostic[];
}

interface Found {
  readonly at: number;
  readonly diagnostic: Diagnostic;
}

/** For each severity, so that warnings never crowd out an error. */
const MAX_DIAGNOSTICS = 100;
const MAX_SOURCE = 160;
const MAX_MESSAGE = 300;

/** One file of the text. It extends to the start of the next one. */
interface FileAt {
  readonly name: string;
  readonly start: number;
  readonly text: string;
}

/** An empty report on `text`, which is one file or several joined ones (see parts.ts). */
export function createReport(
  text: string,
  file: string,
  homeOf: Report['homeOf'] = () => undefined,
  files: readonly FileAt[] = [{ name: file, start: 0, text }],
): Report {
  const lines = new LineCounter();
  lines.addNewLine(0);
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lines.addNewLine(at + 1);
  const found: Record<Severity, Found[]> = { error: [], warning: [] };
  const suppressed: Record<Severity, number> = { error: 0, warning: 0 };
  const broken = new Set<number>();
  const told = new Set<string>();
  let errors = 0;

  const lineAt = (offset: number): number => Math.max(1, lines.linePos(offset).line);
  const fileAt = (offset: number): FileAt => files.findLast(({ start }) => start <= offset) ?? files[0]!;
  const lineOf = (offset: number): number => lineAt(offset) - lineAt(fileAt(offset).start) + 1;

  const add = (severity: Severity, span: Span, fault: Fault): void => {
    const once = `${span.anchor ?? span.start} ${fault.code} ${fault.message}`;
    if (told.has(once)) return;
    if (told.size < 2 * MAX_DIAGNOSTICS) told.add(once);
    if (severity === 'error') errors++;
    // Other faults at the position of a syntax error follow from it.
    if (broken.has(span.start)) return;
    if (found[severity].length >= MAX_DIAGNOSTICS) {
      suppressed[severity]++;
      return;
    }
    // Only errors suppress others: after a warning the text is read as if nothing were wrong.
    if (
      severity === 'error' &&
      (fault.code === 'syntax' || fault.code === 'unknown-alias' || fault.code === 'control-character')
    )
      broken.add(span.start);
    const at = fileAt(span.start);
    const diagnostic = diagnosticAt(text, at, lines, severity, span, fault);
    found[severity].push({
      at: span.start,
      diagnostic: { ...diagnostic, line: diagnostic.line - lineAt(at.start) + 1 },
    });
  };

  return {
    error: (span, fault) => add('error', span, fault),
    warning: (span, fault) => add('warning', span, fault),
    errorCount: () => errors,
    follows: (offset) => broken.add(offset),
    hasRoom: () => found.error.length < MAX_DIAGNOSTICS,
    homeOf,
    lineOf,
    placeOf: (offset) => `line ${lineOf(offset)}${files.length === 1 ? '' : ` of ${fileAt(offset).name}`}`,
    diagnostics: () => {
      const sorted = [...found.error, ...found.warning].sort((a, b) => a.at - b.at).map(({ diagnostic }) => diagnostic);
      const rest = (['error', 'warning'] as const)
        .filter((severity) => suppressed[severity] > 0)
        .map((severity) => {
          const message = `${suppressed[severity]} more ${severity}s are not listed`;
          return fileDiagnostic(
            file,
            { code: 'too-many-faults', message, suggestion: 'repair those above first' },
            severity,
          );
        });
      return [...sorted, ...rest];
    },
  };
}

/** A diagnostic about the file as a whole, without a position. */
export function fileDiagnostic(file: string, fault: Fault, severity: Severity = 'error'): Diagnostic {
  const { code, message, suggestion } = fault;
  return {
    severity,
    code,
    message,
    file,
    line: 0,
    column: 0,
    endColumn: 0,
    source: '',
    sourceColumn: 1,
    suggestion,
  };
}

function diagnosticAt(
  text: string,
  file: FileAt,
  lines: LineCounter,
  severity: Severity,
  span: Span,
  fault: Fault,
): Diagnostic {
  const start = Math.min(Math.max(0, span.start), text.length);
  const position = lines.linePos(start);
  const line = Math.max(1, position.line);
  const lineStart = lines.lineStarts[line - 1] ?? 0;
  const newline = text.indexOf('\n', lineStart);
  let lineEnd = Math.min(newline < 0 ? text.length : newline, Math.max(lineStart, file.start + file.text.length));
  if (lineEnd > lineStart && text[lineEnd - 1] === '\r') lineEnd--;
  const from = lineEnd - lineStart <= MAX_SOURCE ? lineStart : Math.max(lineStart, start - MAX_SOURCE / 2);
  const column = start - lineStart + 1;
  return {
    ...fileDiagnostic(file.name, { ...fault, message: fault.message.slice(0, MAX_MESSAGE) }, severity),
    line,
    column,
    endColumn: Math.max(column + 1, Math.min(span.end, lineEnd) - lineStart + 1),
    source: text.slice(from, Math.min(lineEnd, from + MAX_SOURCE)),
    sourceColumn: from - lineStart + 1,
  };
}
