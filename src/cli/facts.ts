/**
 * What `explain` and `plan` start from: the configuration as the agent would choose it, the kernel
 * as it is, and the status of the agent, if one runs and may be asked.
 */

import { renderDiagnostics } from '../config/diagnostic.js';
import { loadConfig } from '../config/load.js';
import type { Facts } from '../core/explain/scenes.js';
import { longestDestinations } from '../core/looks.js';
import { linkOf, vrfTables } from '../core/management.js';
import { gatewaysNow } from '../core/neighbour.js';
import { watchedDaemons } from '../health/watched.js';
import { inspect } from '../kernel/inspect.js';
import { type Config, gatewaysOf } from '../model/config.js';
import { CommandError, EXIT } from '../model/exit.js';
import type { NeighbourId } from '../model/link.js';
import { type Paths, pathsOf } from '../model/paths.js';
import type { Snapshot } from '../model/snapshot.js';
import { readAdopted } from '../runtime/adopted-record.js';
import { type Chosen, chooseConfig } from '../runtime/choose-config.js';
import { readCovered } from '../runtime/covered-record.js';
import { type Asked, askAgent } from './ask-agent.js';
import { type ConfigOptions, configFileOf, hintsOf, namedConfig, readKept } from './config-options.js';

export interface Gathered extends Facts, Asked {
  readonly source: Chosen['source'];
  /** Destinations that have been covered here, as the agent says, or as it has written down. */
  readonly coveredBefore: readonly string[];
}

/** What a configuration that stands in no file would meet here. */
export async function factsOf(config: Config, paths: Paths): Promise<Gathered> {
  const [snapshot, asked] = await Promise.all([observe(config), askAgent(paths.controlSocket)]);
  const { adopted } = readAdopted(paths.adopted);
  // What an agent elsewhere has written down is about its own kernel.
  const recorded = (): readonly string[] =>
    asked.elsewhere === undefined ? [...readCovered(paths.covered).values()].flatMap((set) => [...set]) : [];
  const coveredBefore = asked.agent?.routes.coveredBefore ?? recorded();
  return {
    config,
    source: 'file',
    watched: watchedDaemons(config.routingDaemons),
    former: undefined,
    adopted,
    snapshot,
    coveredBefore,
    ...asked,
  };
}

/**
 * Rejects with 78 when nothing of the configuration can be used, and with 77 or 69 when the kernel
 * cannot be asked. `before`: what runs until now, where that is known better than by the last known good copy.
 */
export async function gather(options: ConfigOptions, before?: Config): Promise<Gathered> {
  const paths = pathsOf(process.env, configFileOf(options));
  const { config, source, former } = chosen(paths, options);
  return { ...(await factsOf(config, paths)), source, former: before ?? former };
}

function chosen(paths: Paths, options: ConfigOptions): Pick<Chosen, 'config' | 'source' | 'former'> {
  const configFile = configFileOf(options);
  if (options.config !== undefined) {
    const loaded = loadConfig(configFile, hintsOf(options), true);
    const config = namedConfig(options, loaded);
    return { config, source: 'file', former: readKept(paths, options, loaded) };
  }
  const choice = chooseConfig(paths, hintsOf(options), false, undefined, true);
  if (choice.kind === 'none')
    throw new CommandError(
      EXIT.CONFIG,
      `no configuration to go by\n${renderDiagnostics(choice.diagnostics)}`,
      `backup-router check -c ${configFile}`,
    );
  const by = choice.chosen.source === 'partial' ? 'its valid part' : 'the last known good copy';
  if (choice.chosen.source !== 'file')
    process.stderr.write(
      `backup-router: ${configFile} has errors; this goes by ${by}\n` +
        `  help: backup-router check -c ${configFile}\n`,
    );
  return choice.chosen;
}

/** The neighbours of the routes are read with these; the gateways of the configuration may be on none yet. */
function gatewaysOn(config: Config, snapshot: Snapshot): readonly NeighbourId[] {
  return config.managementInterfaces.flatMap(({ selector, backupRouters }) => {
    const link = linkOf(selector, snapshot);
    if (link === undefined) return [];
    return backupRouters.flatMap(({ gateways }) =>
      gateways.map((address) => ({ interfaceIndex: link.index, address })),
    );
  });
}

function observe(config: Config): Promise<Snapshot> {
  const request = {
    protocol: config.routeProtocol,
    maxLength: longestDestinations(config),
    gateways: gatewaysOf(config),
    neighbours: [],
  } as const;
  return inspect(async (kernel) => {
    const first = await kernel.observe(request);
    const more = { vrfTables: vrfTables(config, first), gateways: gatewaysNow(config, first) };
    const snapshot =
      String(more.gateways) === String(request.gateways) && more.vrfTables.length === 0
        ? first
        : await kernel.observe({ ...request, ...more });
    const gateways = await kernel.observe({ ...request, only: 'neighbours', neighbours: gatewaysOn(config, snapshot) });
    return { ...snapshot, neighbours: [...snapshot.neighbours, ...gateways.neighbours] };
  });
}
