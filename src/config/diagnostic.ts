/**
 * A diagnostic: what is wrong in a configuration file, where, and what to write instead. This file
 * has the type, the list of codes, and the rendering for people (gcc's
 * `file:line:column: severity: text`, which editors can jump to).
 *
 * Codes are stable, because scripts match on them. A diagnostic in JSON is the object itself.
 *
 * Invariant: rendering never sends a control character of the file to a terminal.
 */

import { printable } from '../model/text.js';

export type Severity = 'error' | 'warning';

/** All codes. A code is never renamed, and its meaning never changes. */
export type DiagnosticCode =
  // The file as a whole
  | 'unreadable'
  | 'not-utf8'
  | 'too-large'
  | 'reader-failed'
  | 'too-deep'
  | 'too-many-faults'
  | 'empty-file'
  // YAML
  | 'syntax'
  | 'tab-indent'
  | 'several-documents'
  | 'control-character'
  | 'unknown-alias'
  | 'unknown-tag'
  // Keys and types
  | 'duplicate-key'
  | 'conflicting-keys'
  | 'unknown-key'
  | 'missing-key'
  | 'wrong-type'
  | 'empty-value'
  | 'unknown-value'
  | 'not-supported-yet'
  // Values
  | 'interface-name'
  | 'mac-address'
  | 'duplicate-interface'
  | 'too-many-interfaces'
  | 'address-syntax'
  | 'prefix-syntax'
  | 'prefix-length'
  | 'missing-length'
  | 'unexpected-length'
  | 'leading-zeros'
  | 'zone-id'
  | 'ipv4-mapped'
  | 'host-bits'
  | 'family-mismatch'
  | 'unusable-gateway'
  | 'unusable-destination'
  | 'auto-in-list'
  | 'adopt-without-auto'
  | 'none-in-list'
  | 'onlink-without-gateway'
  | 'unusable-source'
  | 'duplicate-gateway'
  | 'duplicate-destination'
  | 'nested-destination'
  | 'destination-is-gateway'
  | 'duration-syntax'
  | 'missing-unit'
  | 'unknown-unit'
  | 'out-of-range'
  | 'probe-timeout-too-short'
  | 'reserved-protocol'
  | 'protocol-in-use'
  | 'reserved-table'
  | 'table-imported-by-zebra'
  | 'unknown-protocol'
  | 'duplicate-protocol'
  | 'missing-interface'
  | 'missing-member'
  | 'unknown-member'
  | 'unknown-group'
  | 'overridden'
  | 'inactive'
  | 'unknown-daemon'
  | 'duplicate-daemon'
  | 'relative-path'
  | 'unit-name'
  | 'process-name'
  | 'socket-address'
  | 'not-loopback'
  | 'exec-timeout-too-long';

/**
 * A fault before it has a position. The suggestion is required, so every message says what to do.
 */
export interface Fault {
  readonly code: DiagnosticCode;
  readonly message: string;
  readonly suggestion: string;
}

export interface Diagnostic {
  readonly severity: Severity;
  readonly code: DiagnosticCode;
  readonly message: string;
  readonly file: string;
  /**
   * From 1. 0 if the fault concerns the whole file, in which case there is no column and no source
   * line.
   */
  readonly line: number;
  /** From 1, in UTF-16 code units. */
  readonly column: number;
  /** The first column after the fault, on the same line. */
  readonly endColumn: number;
  /** The source line. Of a very long line, the part around the fault. */
  readonly source: string;
  /** The column at which `source` begins: 1 unless the line was too long to be kept whole. */
  readonly sourceColumn: number;
  /** What to write or do instead. May have several lines. */
  readonly suggestion: string;
}

/**
 * A value of the file for use in a message: quoted, clipped to 60 characters, control characters
 * escaped.
 */
export function quote(text: string): string {
  const clipped = text.length > 60 ? `${text.slice(0, 57)}...` : text;
  return `'${printable(clipped)}'`;
}

/**
 * Diagnostics for people, each with its source line and a caret line. Ends in a newline unless
 * empty.
 */
export function renderDiagnostics(diagnostics: readonly Diagnostic[]): string {
  return diagnostics.map(renderOne).join('');
}

function renderOne(d: Diagnostic): string {
  const place = d.line === 0 ? d.file : `${d.file}:${d.line}:${d.column}`;
  const lines = [`${printable(place)}: ${d.severity}: ${printable(d.message)} [${d.code}]`];
  if (d.line > 0) {
    const number = String(d.line).padStart(5);
    const before = d.source.slice(0, d.column - d.sourceColumn);
    // Tabs stay tabs, so that the caret is below the text it points at.
    const indent = before.replace(/[^\t]/g, ' ');
    const width = Math.max(1, Math.min(d.endColumn - d.column, d.source.length - before.length));
    lines.push(`${number} | ${printable(d.source)}`, `      | ${indent}${'^'.repeat(width)}`);
  }
  lines.push(`  help: ${printable(d.suggestion).replaceAll('\n', '\n        ')}`);
  return `${lines.join('\n')}\n`;
}
