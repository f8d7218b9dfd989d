/**
 * Converts the user's configuration into one that the laboratory can run, and lists every
 * difference. Pure.
 *
 * Invariant: what is not in the list of differences is as the user configured it.
 */

import { watchedBy } from '../config/daemons/kinds.js';
import { SETTINGS } from '../config/settings.js';
import { writeYaml } from '../config/write.js';
import {
  type BackupRouter,
  type BirdDaemon,
  type Config,
  type FrrDaemons,
  type RoutingDaemon,
  selectorText,
  type Timeout,
} from '../model/config.js';
import { timeText } from '../model/text.js';
import { planNetwork } from './network-plan.js';
import { type Difference, type DrillDaemon, type DrillSetup, INSIDE, type NetworkPlan } from './protocol.js';

/** The maximum number of destinations per backup router that are probed. */
const MAX_DESTINATIONS = 4;

/** The FRR daemons that run and answer without a configuration of their own. */
export const FRR_DAEMONS: readonly string[] = [
  'zebra',
  'bgpd',
  'ospfd',
  'ospf6d',
  'isisd',
  'staticd',
  'ripd',
  'ripngd',
  'bfdd',
  'babeld',
  'eigrpd',
  'fabricd',
  'pbrd',
];

/** Upper bounds for the configured times, so that a drill takes half a minute. */
const SHORT = {
  holdMs: 1_000,
  convergenceTimeoutMs: 20_000,
  probeIntervalMs: 200,
  probeTimeoutMs: 2_000,
  preemptAfterMs: 2_000,
} as const;

interface AdaptOptions {
  readonly daemon: DrillDaemon;
  /** The programs found on this host, by the name of the daemon. */
  readonly programs: Readonly<Record<string, string>>;
  /** Keep the configured times. */
  readonly realTime: boolean;
}

export interface Adapted {
  readonly setup: Omit<DrillSetup, 'cases' | 'maxOutageMs'>;
  readonly differences: readonly Difference[];
}

type Note = (what: string, configured: string, drill: string, why: string) => void;

export function adapt(config: Config, options: AdaptOptions): Adapted {
  const differences: Difference[] = [];
  const note: Note = (what, configured, drill, why) => void differences.push({ what, configured, drill, why });
  const times = options.realTime ? {} : shorten(config, note);
  const managementInterfaces = config.managementInterfaces.map((management) => ({
    ...management,
    backupRouters: management.backupRouters.map((router) => ({
      ...withNeighbours(router, selectorText(management.selector), note),
      destinations: sample(router, `${selectorText(management.selector)} ${router.family} destination`, note),
    })),
  }));
  const { network, unprobed } = planNetwork({ ...config, managementInterfaces });
  for (const destination of unprobed)
    note(
      `destination ${destination}`,
      'configured',
      'not asked from',
      'no address in it is free of longer prefixes and links',
    );
  notePorts(managementInterfaces, network, note);
  const daemon = chooseDaemon(config.routingDaemons, options, note);
  note(
    'routes of the daemon',
    'yours',
    `${network.announced.length === 1 ? 'one prefix' : `${network.announced.length} prefixes`} by BGP`,
    'from a neighbour in the laboratory',
  );
  if (config.role.kind !== 'fixed') note('role', config.role.kind, 'primary', 'its source is not in the laboratory');
  if (config.placement === 'vrf') note('placement', 'vrf', 'local', 'a laboratory has no VRF');
  const role = config.role.kind === 'fixed' ? config.role.role : 'primary';
  const played: Config = {
    ...config,
    ...times,
    managementInterfaces,
    routingDaemons: [daemon],
    placement: config.placement === 'vrf' ? 'local' : config.placement,
    role: { kind: 'fixed', role },
  };
  const { holdMs, convergenceTimeoutMs, probeTimeoutMs, preemptAfterMs, routeProtocol } = played;
  return {
    differences,
    setup: {
      daemon: options.daemon,
      programs: options.programs,
      network,
      role,
      routeProtocol,
      // The route of a router advertisement may come back at any time, so it is not judged whether
      // that route or the daemon's carries.
      daemonCarries: !managementInterfaces.some(({ backupRouters }) =>
        backupRouters.some(({ auto, family }) => auto !== undefined && (!auto.adopt || family === 'inet6')),
      ),
      timings: { holdMs, convergenceTimeoutMs, probeTimeoutMs, preemptAfterMs },
      frrDaemons: daemon.kind === 'frr' ? daemon.daemons : [],
      configuration: writeYaml(played),
    },
  };
}

/** `never` is kept: it is a decision, not a duration. */
function shorten(config: Config, note: Note): Partial<Record<keyof typeof SHORT, number>> {
  const short: Partial<Record<keyof typeof SHORT, number>> = {};
  for (const field of Object.keys(SHORT) as (keyof typeof SHORT)[]) {
    const configured: Timeout = config[field];
    if (configured === 'never' || configured <= SHORT[field]) continue;
    note(SETTINGS[field].key, timeText(configured), timeText(SHORT[field]), 'shortened (--real-time keeps it)');
    short[field] = SHORT[field];
  }
  return short;
}

function notePorts(interfaces: Config['managementInterfaces'], { ports }: NetworkPlan, note: Note): void {
  interfaces.forEach(({ selector }, i) =>
    note(`address of ${selectorText(selector)}`, "the host's", ports[i]!.own.join(', '), 'not in the configuration'),
  );
  for (const { leased, device } of ports)
    if (leased.length > 0)
      note(
        `lease of ${device}`,
        "the host's DHCP or RA",
        leased.join(', '),
        'address: auto gets a default route as if by DHCP',
      );
}

/** At most MAX_DESTINATIONS of the destinations, evenly spread, with the first and the last. */
function sample({ destinations }: BackupRouter, what: string, note: Note): BackupRouter['destinations'] {
  if (destinations.length <= MAX_DESTINATIONS) return destinations;
  note(what, `${destinations.length} prefixes`, `${MAX_DESTINATIONS} of them`, 'sampled');
  return Array.from(
    { length: MAX_DESTINATIONS },
    (_, i) => destinations[Math.round((i * (destinations.length - 1)) / (MAX_DESTINATIONS - 1))]!,
  );
}

/**
 * The routing daemon that the agent watches. Of FRR's daemons: the configured ones that can run
 * here, or zebra if there is none.
 */
function chooseDaemon(
  configured: readonly RoutingDaemon[],
  { daemon, programs }: AdaptOptions,
  note: Note,
): FrrDaemons | BirdDaemon {
  const here = daemon === 'frr' ? "the laboratory's FRR" : "the laboratory's BIRD";
  const own = configured.find((one) => one.kind === daemon);
  if (own?.kind === 'frr')
    note('socket-directory', own.socketDirectory, INSIDE.frr, 'of a daemon started for the drill');
  if (own?.kind === 'bird') note('socket', own.socket, INSIDE.bird, 'of a daemon started for the drill');
  for (const one of configured)
    if (one.kind !== daemon)
      note(
        'routing-daemon',
        watchedBy(one)
          .map(({ name }) => name)
          .join(', '),
        here,
        one.kind === 'frr' || one.kind === 'bird' ? `--daemon ${one.kind} plays it` : 'nothing of the host is watched',
      );
  const watched = [...new Set(configured.flatMap((one) => (one.kind === 'frr' ? one.daemons : [])))];
  if (daemon === 'bird') return { kind: 'bird', socket: INSIDE.bird };
  const usable = watched.filter((name) => FRR_DAEMONS.includes(name) && programs[name] !== undefined);
  for (const name of watched.filter((one) => !usable.includes(one)))
    note(
      `routing-daemon frr ${name}`,
      'watched',
      'left out',
      programs[name] === undefined ? 'not installed' : 'cannot be played',
    );
  return { kind: 'frr', daemons: usable.length > 0 ? usable : ['zebra'], socketDirectory: INSIDE.frr };
}

/**
 * Replaces `address: none` by `auto`, since the laboratory's ports have neighbours, and drops
 * source addresses and symmetric replies.
 */
function withNeighbours(
  { withoutGateway, source, symmetricReplies, ...router }: BackupRouter,
  name: string,
  note: Note,
): BackupRouter {
  if (source !== undefined)
    note(`source of ${name}`, source, "the kernel's choice", 'its address is not in the laboratory');
  if (symmetricReplies !== undefined)
    note(`symmetric-replies of ${name}`, 'true', 'left out', 'they would answer, whatever the backup routes do');
  if (withoutGateway === undefined) return router;
  note(`address of ${name}`, 'none', 'auto', 'a port of the laboratory has neighbours');
  return { ...router, auto: { adopt: false } };
}
