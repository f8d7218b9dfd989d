/**
 * Reads a configuration from disk, the file with its parts. What cannot be read is a diagnostic like any other fault, since the
 * daemon treats both the same: it goes on with what it knows.
 */

import type { Diagnostic } from './diagnostic.js';
import { type FileText, readFiles } from './files.js';
import type { JunosHints } from './junos/read.js';
import { type ParsedConfig, parseConfig } from './parse.js';
import { joinParts } from './parts.js';

export interface LoadedConfig extends ParsedConfig {
  /** The very text that was parsed, of all files (parts.ts); undefined when there was none to read, or not as UTF-8. */
  readonly text: string | undefined;
}

/**
 * Reads the file and its parts, once, and parses them; never throws. The hints are for what Junos text does not say. A pipe
 * (`-c <(generate)`) is waited for where `pipes` says so: a command may wait, the agent may not.
 */
export function loadConfig(path: string, hints: JunosHints = {}, pipes = false): LoadedConfig {
  const { files, faults } = readFiles(path, pipes);
  const read = files.filter((file) => file.text !== undefined);
  if (read.length === 0) return { config: undefined, partial: undefined, diagnostics: faults, text: undefined };
  const text = textOf(files);
  const incomplete = read.length < files.length || faults.some(({ line }) => line === 0);
  const parsed = parseConfig(text, path, hints, incomplete);
  if (faults.length === 0) return { ...parsed, text };
  return {
    config: undefined,
    partial: parsed.partial,
    diagnostics: inOrder([...faults, ...parsed.diagnostics], files),
    text: undefined,
  };
}

/** The text of the file and its parts, not parsed; undefined where {@link loadConfig} has none. */
export function configText(path: string): string | undefined {
  const { files, faults } = readFiles(path, false);
  return faults.length === 0 ? textOf(files) : undefined;
}

function textOf([main, ...parts]: readonly FileText[]): string {
  return joinParts(
    main?.text ?? '',
    parts.flatMap(({ name, text }) => (text === undefined ? [] : [{ name, text }])),
  );
}

/** A stray byte stands among the faults of its file. */
function inOrder(diagnostics: readonly Diagnostic[], files: readonly FileText[]): readonly Diagnostic[] {
  const rank = new Map(files.map(({ name }, i) => [name, i]));
  const of = ({ file }: Diagnostic): number => rank.get(file) ?? files.length;
  return [...diagnostics].sort((a, b) => of(a) - of(b) || a.line - b.line || a.column - b.column);
}
