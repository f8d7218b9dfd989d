/**
 * The options of every command that reads a configuration: the file, and `--interface` and
 * `--member` for what Junos text does not contain. Also reads the configuration that they name.
 * program.ts defines the options.
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
  /**
   * The file named by the user. It is used, or refused with exit status 78. undefined:
   * {@link defaultConfigFile}, or the configuration that the agent falls back to.
   */
  readonly config?: string;
}

export function configFileOf(options: ConfigOptions): string {
  return options.config ?? defaultConfigFile(process.env);
}

/**
 * The configuration of the file that the user named. If it has errors, throws exit status 78 with
 * all of them; no other configuration is used in its place.
 */
export function namedConfig(options: ConfigOptions, { config, diagnostics }: LoadedConfig): Config {
  if (config !== undefined) return config;
  const file = configFileOf(options);
  throw new CommandError(
    EXIT.CONFIG,
    `${file} cannot be used\n${renderDiagnostics(diagnostics)}`,
    `backup-router check -c ${file}`,
  );
}

/**
 * The configuration of the last known good copy. undefined: there is none, or it is invalid. If its
 * text equals that of the file in `loaded`, which is the usual case, it is not parsed again.
 */
export function readKept({ lastKnownGood }: Paths, options: JunosOptions, loaded?: LoadedConfig): Config | undefined {
  const text = readLastKnownGood(lastKnownGood);
  if (text !== undefined && text === loaded?.text) return loaded.config;
  return text === undefined ? undefined : parseConfig(text, lastKnownGood, hintsOf(options)).config;
}

export function hintsOf(options: JunosOptions): JunosHints {
  // A getter, because only Junos text needs the host name, and loading the module for it takes 0.3
  // ms.
  return {
    interface: options.interface,
    member: options.member,
    get hostName() {
      return hostname();
    },
  };
}
