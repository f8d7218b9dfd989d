/**
 * The options of every command that reads a configuration: the file, and what Junos text leaves open, `--interface` and `--member`; and what the file
 * means. program.ts names them.
 */

import { hostname } from 'node:os';
import { renderDiagnostics } from '../config/diagnostic.js';
import type { JunosHints } from '../config/junos/read.js';
import type { LoadedConfig } from '../config/load.js';
import { parseConfig } from '../config/parse.js';
import type { Config } from '../model/config.js';
import { CommandError, EXIT } from '../model/exit.js';
import { defaultConfigFile, type Paths } from '../model/paths.js';
import { readLastKnownGood } from '../runtime/last-known-good.js';

export interface JunosOptions {
  readonly interface?: string;
  readonly member?: string;
}

export interface ConfigOptions extends JunosOptions {
  /** Named by the user: used, or refused with 78. undefined: {@link defaultConfigFile}, or what the agent has to fall back to. */
  readonly config?: string;
}

export function configFileOf(options: ConfigOptions): string {
  return options.config ?? defaultConfigFile(process.env);
}

/** What a file means that was named. Throws 78 and every fault of it: another one is never used in its place. */
export function namedConfig(options: ConfigOptions, { config, diagnostics }: LoadedConfig): Config {
  if (config !== undefined) return config;
  const file = configFileOf(options);
  throw new CommandError(
    EXIT.CONFIG,
    `${file} cannot be used\n${renderDiagnostics(diagnostics)}`,
    `backup-router check -c ${file}`,
  );
}

/** What the last known good copy means; undefined: there is none, or it means nothing. Mostly it is the file that was `loaded`, and not read again. */
export function readKept({ lastKnownGood }: Paths, options: JunosOptions, loaded?: LoadedConfig): Config | undefined {
  const text = readLastKnownGood(lastKnownGood);
  if (text !== undefined && text === loaded?.text) return loaded.config;
  return text === undefined ? undefined : parseConfig(text, lastKnownGood, hintsOf(options)).config;
}

export function hintsOf(options: JunosOptions): JunosHints {
  // Asked only where Junos text asks: the module that knows takes 0.3 ms to load.
  return {
    interface: options.interface,
    member: options.member,
    get hostName() {
      return hostname();
    },
  };
}
