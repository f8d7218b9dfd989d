/**
 * `backup-router doctor`: reports every hazard on this host, with its remedy. It reads and queries,
 * and changes nothing.
 */

import { loadConfig } from '../config/load.js';
import { parseConfig } from '../config/parse.js';
import { DEFAULTS } from '../config/settings.js';
import { gatherHost } from '../doctor/gather/gather.js';
import { diagnose, exitStatusOf, render } from '../doctor/report.js';
import type { Config } from '../model/config.js';
import { pathsOf } from '../model/paths.js';
import { type ConfigOptions, configFileOf, hintsOf, readKept } from './config-options.js';
import { proposed } from './init.js';
import { print, printJson, terminal } from './print.js';
import { paintFor, widthOf } from './terminal.js';

interface DoctorOptions extends ConfigOptions {
  readonly json?: boolean;
  readonly verbose?: boolean;
  /**
   * Directory in which /etc, /run and /usr are looked up. The kernel and the daemons are always
   * those of this host.
   */
  readonly root?: string;
}

export async function doctor(options: DoctorOptions): Promise<number> {
  const file = configFileOf(options);
  const paths = pathsOf(process.env, file);
  const loaded = loadConfig(file, hintsOf(options), true);
  // The same choice as the agent makes, so that a file with errors does not prevent the other
  // checks. Of a file that the user named, only its own valid part is used.
  const config =
    loaded.config ?? (options.config === undefined ? readKept(paths, options) : undefined) ?? loaded.partial;
  const { missing, ...assumed } = config === undefined ? await assumption() : { config, missing: undefined };
  const report = diagnose(
    await gatherHost({
      ...assumed,
      ...(missing === undefined ? {} : { missing }),
      loaded,
      paths,
      host: { root: (options.root ?? '').replace(/\/+$/, '') },
    }),
  );
  if (options.json === true) printJson(report);
  else
    print(
      render(report, {
        verbose: options.verbose === true,
        paint: paintFor(terminal(), process.env),
        width: widthOf(terminal()),
      }),
    );
  return exitStatusOf(report);
}

/**
 * Used if there is no configuration: the one that `init` would propose, or otherwise the defaults
 * without an interface.
 */
async function assumption(): Promise<{ readonly config: Config; readonly missing: readonly string[] }> {
  const { text, missing } = await proposed();
  const config = missing.length === 0 ? parseConfig(text, 'the proposal').config : undefined;
  return { config: config ?? { ...DEFAULTS, managementInterfaces: [] }, missing };
}
