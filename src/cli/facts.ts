/**
 * The input of `explain` and `plan`: the configuration that the agent would choose, the current
 * state of the kernel, and the status of the agent if one runs and may be asked.
 */

import { renderDiagnostics } from '../config/diagnostic.js';
import { loadConfig } from '../config/load.js';
import { learnedGateways } from '../core/auto.js';
import type { Facts } from '../core/explain/scenes.js';
import { longestDestinations } from '../core/looks.js';
import { linkOf, vrfTables } from '../core/management.js';
import { gatewaysNow } from '../core/neighbour.js';
import { withFormerNames } from '../core/renamed.js';
import { destinationsOf, isFurther } from '../core/views.js';
import { tablesOf } from '../fib/snapshot-view.js';
import { watchedDaemons } from '../health/watched.js';
import { inspect } from '../kernel/inspect.js';
import type { Address } from '../model/address.js';
import { type Config, gatewaysOf } from '../model/config.js';
import { CommandError, EXIT } from '../model/exit.js';
import { type NeighbourId, neighbourKey } from '../model/link.js';
import { type Paths, pathsOf } from '../model/paths.js';
import type { Rule } from '../model/route.js';
import type { Snapshot } from '../model/snapshot.js';
import { readAdopted } from '../runtime/adopted-record.js';
import { type Chosen, chooseConfig } from '../runtime/choose-config.js';
import { readCovered } from '../runtime/covered-record.js';
import { readLearned } from '../runtime/learned-record.js';
import { type Asked, askAgent } from './ask-agent.js';
import { type ConfigOptions, configFileOf, hintsOf, namedConfig, readKept } from './config-options.js';

export interface Gathered extends Facts, Asked {
  readonly source: Chosen['source'];
  /** Destinations that have been covered here, from the agent's status or its record. */
  readonly coveredBefore: readonly string[];
}

/** The facts for a configuration that is not in a file. */
export async function factsOf(config: Config, paths: Paths): Promise<Gathered> {
  const learned = readLearned(paths.learned);
  const [snapshot, asked] = await Promise.all([
    observe(config, learnedGateways(learned)),
    askAgent(paths.controlSocket),
  ]);
  const { adopted } = readAdopted(paths.adopted);
  // The record of an agent in another network namespace is about that namespace.
  const recorded = (): readonly string[] =>
    asked.elsewhere === undefined ? [...readCovered(paths.covered).values()].flatMap((set) => [...set]) : [];
  const coveredBefore = asked.agent?.routes.coveredBefore ?? recorded();
  return {
    config,
    source: 'file',
    watched: watchedDaemons(config.routingDaemons),
    former: undefined,
    adopted,
    snapshot: withFormerNames(snapshot, formerNames(asked.agent)),
    coveredBefore,
    ...(asked.elsewhere === undefined ? { learned } : {}),
    stale: asked.agent?.routes.stale ?? [],
    answers: answersOf(asked.agent, snapshot),
    ...asked,
  };
}

/** Whether the gateways answer, as far as the running agent knows. */
function answersOf(agent: Asked['agent'], { links }: Snapshot): ReadonlyMap<string, boolean> {
  return new Map(
    agent?.gateways.flatMap(({ address, interface: name, state }) => {
      const link = links.find((one) => one.name === name);
      return link === undefined || (state !== 'alive' && state !== 'dead')
        ? []
        : [[neighbourKey({ interfaceIndex: link.index, address }), state === 'alive']];
    }),
  );
}

/** The names that the running agent still uses links by (core/renamed.ts), by index. */
function formerNames(agent: Asked['agent']): ReadonlyMap<number, string> {
  return new Map(
    agent?.managementInterfaces.flatMap(({ selector, index, renamed }) =>
      renamed === true && index !== null ? [[index, selector]] : [],
    ),
  );
}

/**
 * Rejects with exit status 78 if no part of the configuration can be used, and with 77 or 69 if the
 * kernel cannot be queried. `before`: the configuration that runs now, if it is known better than
 * from the last known good copy.
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
      `there is no usable configuration\n${renderDiagnostics(choice.diagnostics)}`,
      `backup-router check -c ${configFile}`,
    );
  const by = choice.chosen.source === 'partial' ? 'its valid part' : 'the last known good copy';
  const unread = choice.chosen.diagnostics.some(({ code, file }) => code === 'unreadable' && file === configFile);
  if (choice.chosen.source !== 'file')
    process.stderr.write(
      `backup-router: ${configFile} ${unread ? 'cannot be read' : 'has errors'}; used instead: ${by}\n` +
        `  help: backup-router check -c ${configFile}\n`,
    );
  return choice.chosen;
}

/**
 * The configured gateways. Their neighbour entries are read in addition to those of the routes,
 * because no route may use them yet.
 */
function gatewaysOn(config: Config, snapshot: Snapshot): readonly NeighbourId[] {
  return config.managementInterfaces.flatMap(({ selector, backupRouters }) => {
    const link = linkOf(selector, snapshot);
    if (link === undefined) return [];
    return backupRouters.flatMap(({ gateways }) =>
      gateways.map((address) => ({ interfaceIndex: link.index, address })),
    );
  });
}

function observe(config: Config, learned: readonly Address[]): Promise<Snapshot> {
  const request = {
    protocol: config.routeProtocol,
    maxLength: longestDestinations(config),
    parts: destinationsOf(config),
    furtherTables: (rules: readonly Rule[]) => tablesOf(rules).filter(isFurther),
    gateways: [...gatewaysOf(config), ...learned],
    neighbours: [],
  } as const;
  return inspect(async (kernel) => {
    const first = await kernel.observe(request);
    const more = { vrfTables: vrfTables(config, first), gateways: [...gatewaysNow(config, first), ...learned] };
    const snapshot =
      String(more.gateways) === String(request.gateways) && more.vrfTables.length === 0
        ? first
        : await kernel.observe({ ...request, ...more });
    const gateways = await kernel.observe({ ...request, only: 'neighbours', neighbours: gatewaysOn(config, snapshot) });
    return { ...snapshot, neighbours: [...snapshot.neighbours, ...gateways.neighbours] };
  });
}
