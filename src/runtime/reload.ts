/** A configuration takes the place of the one that runs, in the driver and its health adapters. */

import type { Health } from '../core/ports.js';
import type { Config } from '../model/config.js';
import type { Driver } from './driver.js';

/** Returns the adapters that watch from now on; the former ones, if they are others, are closed. */
export function reloadInto(
  driver: Driver,
  health: Health,
  former: Config,
  config: Config,
  open: (config: Config) => Health,
): Health {
  // The held connections are worth keeping: a new one would have to wait for its first verdict.
  if (sameWatch(former, config)) {
    driver.dispatch({ kind: 'reload', config, watched: health.watched, restarted: false });
    return health;
  }
  const next = open(config);
  health.close();
  driver.dispatch({ kind: 'reload', config, watched: next.watched, restarted: true });
  driver.watch(next);
  return next;
}

function sameWatch(a: Config, b: Config): boolean {
  const key = (config: Config): string =>
    JSON.stringify([config.routingDaemons, config.probeIntervalMs, config.probeTimeoutMs]);
  return key(a) === key(b);
}
