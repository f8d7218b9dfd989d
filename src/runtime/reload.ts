/** SIGHUP and `reload`: the new file takes over when it has no error; otherwise what runs goes on untouched. */

import { renderDiagnostics } from '../config/diagnostic.js';
import type { JunosHints } from '../config/junos/read.js';
import { loadConfig } from '../config/load.js';
import type { Health } from '../core/ports.js';
import type { Config } from '../model/config.js';
import type { Paths } from '../model/paths.js';
import type { Chosen } from './choose-config.js';
import type { Driver } from './driver.js';

export type Reloaded =
  | { readonly kind: 'taken'; readonly chosen: Chosen; readonly health: Health }
  | { readonly kind: 'kept'; readonly errors: number; readonly text: string };

export function reloadInto(paths: Paths, hints: JunosHints, current: Chosen, driver: Driver, health: Health, open: (config: Config) => Health): Reloaded {
  const { config, diagnostics, text } = loadConfig(paths.configFile, hints);
  if (config === undefined) return { kind: 'kept', errors: diagnostics.filter((d) => d.severity === 'error').length, text: renderDiagnostics(diagnostics) };
  const chosen: Chosen = { config, source: 'file', diagnostics, text, former: current.config };
  // The held connections are worth keeping: a new one would have to wait for its first verdict.
  if (sameWatch(current.config, config)) {
    driver.dispatch({ kind: 'reload', config, watched: health.watched, restarted: false });
    return { kind: 'taken', chosen, health };
  }
  const next = open(config);
  health.close();
  driver.dispatch({ kind: 'reload', config, watched: next.watched, restarted: true });
  driver.watch(next);
  return { kind: 'taken', chosen, health: next };
}

function sameWatch(a: Config, b: Config): boolean {
  const key = (config: Config): string => JSON.stringify([config.routingDaemons, config.probeIntervalMs, config.probeTimeoutMs]);
  return key(a) === key(b);
}
