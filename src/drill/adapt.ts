/**
 * Converts the user's configuration into one that the laboratory can run, and lists every
 * difference. Pure.
 *
 * Invariant: what is not in the list of differences is as the user configured it.
 */

import { type BackupRouter, type Config, type RoutingDaemon, selectorText, type Timeout } from '../model/config.js';
import { planNetwork } from './network-plan.js';
import { type Difference, type DrillDaemon, type DrillSetup, INSIDE } from './protocol.js';

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

export function adapt(config: Config, options: AdaptOptions): Adapted {
  const differences: Difference[] = [];
  const note = (what: string, configured: string, drill: string, why: string): void =>
    void differences.push({ what, configured, drill, why });
  const timings = options.realTime ? config : shorten(config, note);
  const interfaces = config.managementInterfaces.map((management) => ({
    ...management,
    backupRouters: management.backupRouters.map((router) => ({
      ...withNeighbours(router, selectorText(management.selector), note),
      destinations: sample(router, `${selectorText(management.selector)} ${router.family} destination`, note),
    })),
  }));
  const sampled: Config = { ...config, managementInterfaces: interfaces };
  const { network, unprobed } = planNetwork(sampled);
  for (const destination of unprobed)
    note(
      `destination ${destination}`,
      'configured',
      'not asked from',
      'no address in it is free of longer prefixes and links',
    );
  interfaces.forEach(({ selector }, i) =>
    note(
      `address of ${selectorText(selector)}`,
      "the host's",
      network.ports[i]!.own.join(', '),
      'not in the configuration',
    ),
  );
  network.ports.forEach(
    ({ leased, device }) =>
      leased.length > 0 &&
      note(
        `lease of ${device}`,
        "the host's DHCP or RA",
        leased.join(', '),
        'address: auto gets a default route as if by DHCP',
      ),
  );
  const daemons = chooseDaemons(config.routingDaemons, options, note);
  note(
    'routes of the daemon',
    'yours',
    `${network.announced.length === 1 ? 'one prefix' : `${network.announced.length} prefixes`} by BGP`,
    'from a neighbour in the laboratory',
  );
  if (config.role.kind !== 'fixed') note('role', config.role.kind, 'primary', 'its source is not in the laboratory');
  if (config.placement === 'vrf') note('placement', 'vrf', 'local', 'a laboratory has no VRF');
  const role = config.role.kind === 'fixed' ? config.role.role : 'primary';
  return {
    differences,
    setup: {
      daemon: options.daemon,
      programs: options.programs,
      network,
      role,
      routeProtocol: config.routeProtocol,
      // The route of a router advertisement may come back at any time, so it is not judged whether
      // that route or the daemon's carries.
      daemonCarries: !interfaces.some(({ backupRouters }) =>
        backupRouters.some(({ auto, family }) => auto !== undefined && (!auto.adopt || family === 'inet6')),
      ),
      timings: {
        holdMs: timings.holdMs,
        convergenceTimeoutMs: timings.convergenceTimeoutMs,
        probeTimeoutMs: timings.probeTimeoutMs,
        preemptAfterMs: timings.preemptAfterMs,
      },
      configuration: {
        'management-interface': interfaces.map(({ selector, backupRouters }) => ({
          ...(selector.kind === 'name' ? { name: selector.name } : { mac: selector.mac }),
          ...Object.fromEntries(
            backupRouters.map((router) => [
              router.family === 'inet' ? 'backup-router' : 'inet6-backup-router',
              routerText(router),
            ]),
          ),
        })),
        'routing-daemon':
          options.daemon === 'bird'
            ? [{ bird: { socket: INSIDE.bird } }]
            : [{ frr: { daemons, 'socket-directory': INSIDE.frr } }],
        withdraw: {
          'hold-time': duration(timings.holdMs),
          'convergence-timeout': duration(timings.convergenceTimeoutMs),
        },
        detect: {
          'probe-interval': duration(timings.probeIntervalMs),
          'probe-timeout': duration(timings.probeTimeoutMs),
        },
        stale: { 'preempt-after': duration(timings.preemptAfterMs) },
        placement: config.placement === 'vrf' ? 'local' : config.placement,
        role,
        'route-protocol': config.routeProtocol,
        'table-base': config.tableBase,
        'rule-priority-base': config.rulePriorityBase,
        'on-stop': config.onStop,
      },
    },
  };
}

type Note = (what: string, configured: string, drill: string, why: string) => void;
type Times = Pick<Config, keyof typeof SHORT>;

const KEYS: Readonly<Record<keyof Times, string>> = {
  holdMs: 'hold-time',
  convergenceTimeoutMs: 'convergence-timeout',
  probeIntervalMs: 'probe-interval',
  probeTimeoutMs: 'probe-timeout',
  preemptAfterMs: 'preempt-after',
};

/** `never` is kept: it is a decision, not a duration. */
function shorten(config: Config, note: Note): Times {
  const cut = <K extends keyof Times>(key: K): Times[K] => {
    const configured: Timeout = config[key];
    if (configured === 'never' || configured <= SHORT[key]) return config[key];
    note(KEYS[key], duration(configured), duration(SHORT[key]), 'shortened (--real-time keeps it)');
    return SHORT[key] as Times[K];
  };
  return {
    holdMs: cut('holdMs'),
    convergenceTimeoutMs: cut('convergenceTimeoutMs'),
    probeIntervalMs: cut('probeIntervalMs'),
    probeTimeoutMs: cut('probeTimeoutMs'),
    preemptAfterMs: cut('preemptAfterMs'),
  };
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
 * The FRR daemons that the agent watches: the configured ones that can run here, or zebra if there
 * is none.
 */
function chooseDaemons(
  configured: readonly RoutingDaemon[],
  { daemon, programs }: AdaptOptions,
  note: Note,
): readonly string[] {
  const here = daemon === 'frr' ? "the laboratory's FRR" : "the laboratory's BIRD";
  const own = configured.find((one) => one.kind === daemon);
  if (own?.kind === 'frr')
    note('socket-directory', own.socketDirectory, INSIDE.frr, 'of a daemon started for the drill');
  if (own?.kind === 'bird') note('socket', own.socket, INSIDE.bird, 'of a daemon started for the drill');
  for (const one of configured)
    if (one.kind !== daemon)
      note(
        'routing-daemon',
        daemonText(one),
        here,
        one.kind === 'frr' || one.kind === 'bird' ? `--daemon ${one.kind} plays it` : 'nothing of the host is watched',
      );
  const watched = [...new Set(configured.flatMap((one) => (one.kind === 'frr' ? one.daemons : [])))];
  if (daemon === 'bird') return [];
  const usable = watched.filter((name) => FRR_DAEMONS.includes(name) && programs[name] !== undefined);
  for (const name of watched.filter((one) => !usable.includes(one)))
    note(
      `routing-daemon frr ${name}`,
      'watched',
      'left out',
      programs[name] === undefined ? 'not installed' : 'cannot be played',
    );
  return usable.length > 0 ? usable : ['zebra'];
}

function daemonText(daemon: RoutingDaemon): string {
  switch (daemon.kind) {
    case 'frr':
      return `frr ${daemon.daemons.join(', ')}`;
    case 'bird':
      return 'bird';
    case 'unit':
      return `unit ${daemon.unit}`;
    case 'pidfile':
      return `pidfile ${daemon.path}`;
    case 'process':
      return `process ${daemon.name}`;
    case 'socket':
      return daemon.endpoint.kind === 'unix'
        ? `socket ${daemon.endpoint.path}`
        : `socket ${daemon.endpoint.host}:${daemon.endpoint.port}`;
    case 'exec':
      return `exec ${daemon.command[0]}`;
    default:
      return daemon satisfies never;
  }
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

function routerText(router: BackupRouter): unknown {
  const destination = router.destinations.map(({ address, length }) => `${address}/${length}`);
  const onlink = router.onlink === true ? { onlink: true } : {};
  return router.auto === undefined
    ? { address: router.gateways, ...onlink, destination }
    : { address: 'auto', adopt: router.auto.adopt, ...onlink, destination };
}

function duration(time: Timeout): string {
  return time === 'never' ? 'never' : time % 1000 === 0 ? `${time / 1000}s` : `${time}ms`;
}
