/**
 * The compiled form of the last configuration that ran, beside its text in the state directory: `last-known-good.json`. Read instead of parsing when the
 * file says the very same; never trusted over the file. Only the bundle has it, whose build tells which parser it came from.
 */

import { readFileSync } from 'node:fs';
import { type Circumstances, type Compiled, readCompiled, writeCompiled } from '../config/compiled.js';
import type { JunosHints } from '../config/junos/read.js';
import { type ParsedConfig, parseConfig } from '../config/parse.js';
import { BUILD } from '../model/version.js';
import { writeAtomically } from './atomic.js';

/** Text to configuration, as `parseConfig`. */
export type Parse = (text: string, file: string) => ParsedConfig;

/** The hints say of Junos text what it does not say itself. */
function circumstances(hints: JunosHints): Circumstances | undefined {
  return BUILD === undefined
    ? undefined
    : { build: BUILD, host: `${hostName()}${JSON.stringify([hints.interface, hints.member])}` };
}

/** As os.hostname(), whose module takes longer to load than this. */
function hostName(): string {
  try {
    return readFileSync('/proc/sys/kernel/hostname', 'utf8');
  } catch {
    return '';
  }
}

/** What is kept there and counts here and now. */
export function readMeaning(
  path: string,
  hints: JunosHints,
  around: Circumstances | undefined = circumstances(hints),
): Compiled | undefined {
  return around === undefined ? undefined : readKnown(path, around);
}

/** `parseConfig`, but for the text whose meaning is known. */
export function parserThatKnows(known: Compiled | undefined, hints: JunosHints): Parse {
  return (text, file) => (known?.text === text ? asParsed(known) : parseConfig(text, file, hints));
}

export function asParsed({ config, diagnostics }: Compiled): ParsedConfig {
  return { config, partial: config, diagnostics };
}

function readKnown(path: string, around: Circumstances): Compiled | undefined {
  try {
    return readCompiled(readFileSync(path, 'utf8'), around);
  } catch {
    return undefined;
  }
}

/** Keeps the meaning of a text without errors. Returns what went wrong, or undefined. */
export function keepCompiled(
  path: string,
  compiled: Compiled,
  hints: JunosHints,
  around: Circumstances | undefined = circumstances(hints),
): string | undefined {
  if (around === undefined || compiled.diagnostics.some((diagnostic) => diagnostic.severity === 'error'))
    return undefined;
  return readKnown(path, around)?.text === compiled.text
    ? undefined
    : writeAtomically(path, writeCompiled(compiled, around));
}
