/**
 * What the agent owns in this network namespace, found without the daemon: from configuration files
 * and a kernel dump.
 */

import { DEFAULTS } from '../config/defaults.js';
import { loadConfig } from '../config/load.js';
import { parseConfig } from '../config/parse.js';
import { type Ownership, ownedRoutes, ownedRules } from '../core/plan.js';
import type { Kernel } from '../core/ports.js';
import { openKernel } from '../kernel/kernel.js';
import { allBackupRouters, type Config } from '../model/config.js';
import { pathsOf } from '../model/paths.js';
import type { Route, Rule } from '../model/route.js';
import type { Snapshot } from '../model/snapshot.js';
import { readLastKnownGood } from '../runtime/last-known-good.js';
import { type ConfigOptions, hintsOf } from './config-options.js';

export interface Owned {
  readonly ownership: Ownership;
  readonly snapshot: Snapshot;
  readonly routes: readonly Route[];
  readonly rules: readonly Rule[];
}

/** Calls back with the open kernel and what is owned there; closes the kernel afterwards. */
export async function withOwned<T>(
  options: ConfigOptions,
  use: (kernel: Kernel, owned: Owned) => Promise<T>,
): Promise<T> {
  const paths = pathsOf(process.env, options.config);
  const loaded = loadConfig(options.config, hintsOf(options));
  const kept = readLastKnownGood(paths.lastKnownGood);
  const configs = [
    loaded.config ?? loaded.partial,
    kept === undefined ? undefined : parseConfig(kept, paths.lastKnownGood, hintsOf(options)).config,
  ].filter((c): c is Config => c !== undefined);
  const kernel = openKernel();
  try {
    const { routeProtocol: protocol, tableBase } = configs[0] ?? DEFAULTS;
    const snapshot = await kernel.observe({ protocol, maxLength: {} });
    const ownership: Ownership = {
      protocol,
      tableBase,
      gateways: new Set(configs.flatMap((config) => allBackupRouters(config).flatMap((router) => router.gateways))),
    };
    return await use(kernel, {
      ownership,
      snapshot,
      routes: ownedRoutes(ownership, snapshot),
      rules: ownedRules(ownership, snapshot),
    });
  } finally {
    kernel.close();
  }
}
