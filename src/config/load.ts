/**
 * Reads a configuration from disk: the file and its parts. A file that cannot be read is a
 * diagnostic like any other fault, because the agent reacts to both in the same way: it goes on
 * with what it has.
 */

import type { Diagnostic } from './diagnostic.js';
import { type FileText, readFiles } from './files.js';
import type { JunosHints } from './junos/read.js';
import { type ParsedConfig, parseConfig } from './parse.js';
import { joinParts } from './parts.js';

export interface LoadedConfig extends ParsedConfig {
  /**
   * The text that was parsed, of all files (see parts.ts). undefined if any file could not be read
   * or has a byte that is not UTF-8.
   */
  readonly text: string | undefined;
  /** The parts that were read or should have been, in order. */
  readonly parts: readonly string[];
}

/**
 * Reads the file and its parts once and parses them. Never throws. `hints` supplies what Junos text
 * does not contain. `pipes`: wait for a pipe (`-c <(generate)`). A command may wait, the agent may
 * not.
 */
export function loadConfig(path: string, hints: JunosHints = {}, pipes = false): LoadedConfig {
  const { files, faults } = readFiles(path, pipes);
  const parts = files.slice(1).map(({ name }) => name);
  const read = files.filter((file) => file.text !== undefined);
  if (read.length === 0) return { config: undefined, partial: undefined, diagnostics: faults, text: undefined, parts };
  const text = textOf(files);
  const incomplete = read.length < files.length || faults.some(({ line }) => line === 0);
  const parsed = parseConfig(text, path, hints, incomplete);
  if (faults.length === 0) return { ...parsed, text, parts };
  return {
    config: undefined,
    partial: parsed.partial,
    diagnostics: inOrder([...faults, ...parsed.diagnostics], files),
    text: undefined,
    parts,
  };
}

/** The text of the file and its parts, not parsed. undefined if any file has a fault. */
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

/** Sorts by file, line and column, so that a stray byte is listed among the faults of its file. */
function inOrder(diagnostics: readonly Diagnostic[], files: readonly FileText[]): readonly Diagnostic[] {
  const rank = new Map(files.map(({ name }, i) => [name, i]));
  const of = ({ file }: Diagnostic): number => rank.get(file) ?? files.length;
  return [...diagnostics].sort((a, b) => of(a) - of(b) || a.line - b.line || a.column - b.column);
}
