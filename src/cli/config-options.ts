/**
 * The options of every command that reads a configuration: the file, and what Junos text leaves
 * open, `--interface` and `--member`. They are defined here only, so that no command can forget
 * one.
 */

import { hostname } from 'node:os';
import type { Command } from 'commander';
import type { JunosHints } from '../config/junos/read.js';
import { DEFAULT_CONFIG_FILE } from '../model/paths.js';

export interface JunosOptions {
  readonly interface?: string;
  readonly member?: string;
}

export interface ConfigOptions extends JunosOptions {
  readonly config: string;
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
  return withJunosOptions(command.option('-c, --config <file>', 'configuration file', DEFAULT_CONFIG_FILE));
}
