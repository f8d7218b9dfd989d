/**
 * The options of every command that reads a configuration: the file, and what Junos text leaves
 * open, `--interface` and `--member`. They are defined here only, so that no command can forget
 * one.
 */

import { hostname } from 'node:os';
import type { Command } from 'commander';
import { renderDiagnostics } from '../config/diagnostic.js';
import type { JunosHints } from '../config/junos/read.js';
import type { LoadedConfig } from '../config/load.js';
import { parseConfig } from '../config/parse.js';
import type { Config } from '../model/config.js';
import { CommandError, EXIT } from '../model/exit.js';
import { DEFAULT_CONFIG_FILE, defaultConfigFile, type Paths } from '../model/paths.js';
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

/** What the last known good copy means; undefined: there is none, or it means nothing. */
export function readKept({ lastKnownGood }: Paths, options: JunosOptions): Config | undefined {
  const text = readLastKnownGood(lastKnownGood);
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

/** The command with `--interface` and `--member`. */
export function withJunosOptions(command: Command): Command {
  return command
    .option('--interface <name>', 'Junos text: the management interface of this host, by name or MAC address')
    .option('--member <member>', 'Junos text: re0, re1, node0 or node1; default: by the host name');
}

/** The command with all of {@link ConfigOptions}. */
export function withConfig(command: Command): Command {
  return withJunosOptions(
    command.option('-c, --config <file>', `configuration file (default: ${DEFAULT_CONFIG_FILE})`),
  );
}
