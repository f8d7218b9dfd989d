/**
 * Finds what the agent owns in this network namespace without asking it: from configuration files
 * and a kernel dump.
 */

import { loadConfig } from '../config/load.js';
import { DEFAULTS } from '../config/settings.js';
import { formerly, type Ownership, ownedRoutes, ownedRules, ownership } from '../core/ownership.js';
import type { Kernel } from '../core/ports.js';
import type { Config } from '../model/config.js';
import { pathsOf } from '../model/paths.js';
import type { Route, Rule } from '../model/route.js';
import type { Snapshot } from '../model/snapshot.js';
import { type ConfigOptions, configFileOf, hintsOf, namedConfig, readKept } from './config-options.js';

interface Owned {
  readonly ownership: Ownership;
  readonly snapshot: Snapshot;
  readonly routes: readonly Route[];
  readonly rules: readonly Rule[];
}

/** What is owned in the given kernel. */
export async function ownedIn(kernel: Pick<Kernel, 'observe'>, options: ConfigOptions): Promise<Owned> {
  const paths = pathsOf(process.env);
  const loaded = loadConfig(configFileOf(options), hintsOf(options), true);
  const config = options.config === undefined ? (loaded.config ?? loaded.partial) : namedConfig(options, loaded);
  const configs = [config, readKept(paths, options, loaded)].filter((c): c is Config => c !== undefined);
  const own = ownershipOf(configs);
  const [protocol, ...formerProtocols] = own.protocols;
  const snapshot = await kernel.observe({ protocol: protocol!, formerProtocols, maxLength: {} });
  return { ownership: own, snapshot, routes: ownedRoutes(own, snapshot), rules: ownedRules(own, snapshot) };
}

/**
 * Ownership by the configuration in use and the former one. Without a configuration, by the
 * defaults.
 */
function ownershipOf([config, former]: readonly Config[]): Ownership {
  const { routeProtocol, tableBase } = DEFAULTS;
  return config === undefined
    ? { protocols: new Set([routeProtocol]), tableBases: new Set([tableBase]), gateways: new Set() }
    : ownership(config, formerly(former, []));
}
