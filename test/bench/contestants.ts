/**
 * Who competes for death to route, and how each is started in its lane. All watch the same two daemons over sockets or
 * events of their own and install a default route through the same backup router.
 *
 * What does not live here: the programs (scripts/bench.d, node-floor.ts) and keepalived's configurations (keepalived.ts).
 */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Process } from '../../src/drill/lab/process.js';
import { startKeepalived } from './keepalived.js';
import { DAEMONS, type Daemon, type Lane, PROTOCOL } from './lane.js';
import type { Wanted } from './referee.js';
import { AGENT_FIRST_NETNS, agentCommand, FIRST_NETNS, NICE, script, tool } from './tools.js';

export interface Contestant {
  readonly id: string;
  readonly title: string;
  readonly wanted: Wanted;
  /** rtm_protocol of its route. */
  readonly protocol: number;
  /** Too slow, or waking too often, to take part in the rounds of the others. */
  readonly slow: boolean;
  /** Whose deaths it can notice. */
  readonly victims: readonly Daemon[];
  start(lane: Lane): Process;
}

const ONE_ROUTE: Wanted = { routes: 1, rules: 0 };
/** `local` placement: effective when the route and both rules are in. */
const LOCAL: Wanted = { routes: 1, rules: 2 };

type Fast = Pick<Contestant, 'id' | 'title' | 'wanted' | 'start'>;
const fast = (one: Fast): Contestant => ({ ...one, protocol: PROTOCOL, slow: false, victims: DAEMONS });

export const CONTESTANTS: readonly Contestant[] = [
  fast({ id: 'floor', title: 'C floor, 1 route', wanted: ONE_ROUTE, start: (lane) => floor(lane, 'route') }),
  fast({
    id: 'floor-again',
    title: 'C floor, 1 route (again)',
    wanted: ONE_ROUTE,
    start: (lane) => floor(lane, 'route'),
  }),
  fast({
    id: 'floor-rules',
    title: 'C floor, 1 route and 2 rules',
    wanted: LOCAL,
    start: (lane) => floor(lane, 'rules'),
  }),
  fast({
    id: 'floor-events',
    title: 'C floor, 1 route, by process events too',
    wanted: ONE_ROUTE,
    start: (lane) => floor(lane, 'events'),
  }),
  fast({ id: 'node', title: 'minimal Node script, 1 route', wanted: ONE_ROUTE, start: nodeFloor }),
  fast({
    id: 'agent-main',
    title: 'agent, placement main (1 route)',
    wanted: ONE_ROUTE,
    start: (lane) => agent(lane, 'main'),
  }),
  fast({
    id: 'agent-local',
    title: 'agent, placement local (1 route, 2 rules)',
    wanted: LOCAL,
    start: (lane) => agent(lane, 'local'),
  }),
  fast({
    id: 'agent-local-eof',
    title: 'agent, local, by end of file alone',
    wanted: LOCAL,
    start: (lane) => agent(lane, 'local', false),
  }),
  fast({
    id: 'keepalived',
    title: 'keepalived track_process, notify: ip itself',
    wanted: ONE_ROUTE,
    start: (lane) => startKeepalived(lane, 'command'),
  }),
  fast({
    id: 'keepalived-script',
    title: 'keepalived track_process, notify: script',
    wanted: ONE_ROUTE,
    start: (lane) => startKeepalived(lane, 'script'),
  }),
  {
    id: 'keepalived-routes',
    title: 'keepalived virtual_routes',
    wanted: ONE_ROUTE,
    protocol: 18,
    slow: true,
    victims: ['zebra'],
    start: (lane) => startKeepalived(lane, 'routes'),
  },
  {
    id: 'vtysh',
    title: 'shell loop on vtysh, 1 s',
    wanted: ONE_ROUTE,
    protocol: PROTOCOL,
    slow: true,
    victims: DAEMONS,
    start: vtyshLoop,
  },
];

function floor(lane: Lane, mode: 'route' | 'rules' | 'events'): Process {
  return lane.namespace.spawn(
    [
      ...NICE,
      'env',
      FIRST_NETNS,
      tool('floor'),
      mode,
      String(PROTOCOL),
      lane.gateway,
      'mgmt0',
      ...DAEMONS.map((daemon) => lane.socket(daemon)),
    ],
    { closeSignal: 'SIGKILL' },
  );
}

function nodeFloor(lane: Lane): Process {
  return lane.namespace.spawn(
    [
      ...NICE,
      process.execPath,
      script('node-floor'),
      String(PROTOCOL),
      lane.gateway,
      'mgmt0',
      ...DAEMONS.map((daemon) => lane.socket(daemon)),
    ],
    { closeSignal: 'SIGKILL' },
  );
}

export interface AgentSettings {
  readonly placement?: 'local' | 'main';
  readonly destination?: readonly string[];
  readonly daemons?: readonly Daemon[];
  readonly holdTime?: string;
  readonly probeInterval?: string;
  readonly probeTimeout?: string;
}

/**
 * The agent's configuration: its defaults, save that it withdraws at the daemons' first answer, for the sake of many rounds
 * (flap damping doubles a hold-time with each death, and twice nothing is nothing), as Junos does (convergence-timeout 0).
 */
export function agentConfig(lane: Lane, settings: AgentSettings = {}): string {
  return JSON.stringify({
    'management-interface': 'mgmt0',
    'backup-router': {
      address: lane.gateway,
      ...(settings.destination === undefined ? {} : { destination: settings.destination }),
    },
    'routing-daemon': [{ frr: { daemons: settings.daemons ?? DAEMONS, 'socket-directory': lane.socketDirectory } }],
    withdraw: { 'hold-time': settings.holdTime ?? 0, 'convergence-timeout': 0 },
    detect: {
      'probe-interval': settings.probeInterval ?? '1s',
      'probe-timeout': settings.probeTimeout ?? '10s',
    },
    placement: settings.placement ?? 'local',
  });
}

/** Where such an agent keeps what happened. */
export function agentHistory(lane: Lane, files: string): string {
  return join(lane.directory, files, 'state', 'events.jsonl');
}

/** Environment and command line of an agent over files of its own in the lane's directory. Without process events: as in a container. */
export function agentArgv(lane: Lane, files: string, config: string, processEvents = true): readonly string[] {
  const directory = join(lane.directory, files);
  const [state, run] = [join(directory, 'state'), join(directory, 'run')];
  for (const one of [state, run]) mkdirSync(one, { recursive: true });
  const file = join(directory, 'config.yaml');
  writeFileSync(file, config);
  return [
    ...(processEvents ? [AGENT_FIRST_NETNS] : []),
    `RUNTIME_DIRECTORY=${run}`,
    `STATE_DIRECTORY=${state}`,
    ...agentCommand(),
    'run',
    '-c',
    file,
  ];
}

function agent(lane: Lane, placement: 'local' | 'main', processEvents = true): Process {
  return lane.namespace.spawn(
    [...NICE, 'env', ...agentArgv(lane, 'agent', agentConfig(lane, { placement }), processEvents)],
    { keepLines: false },
  );
}

/** What many a router has in a cron-like script: ask each daemon each second. */
function vtyshLoop(lane: Lane): Process {
  const ask = DAEMONS.map(
    (daemon) => `vtysh --vty_socket ${lane.socketDirectory} -d ${daemon} -c 'show version' >/dev/null 2>&1`,
  ).join(' && ');
  const loop = `while :; do
  if ${ask}; then ip route del default via ${lane.gateway} proto ${PROTOCOL} 2>/dev/null
  else ip route add default via ${lane.gateway} proto ${PROTOCOL} 2>/dev/null
  fi
  sleep 1
done`;
  return lane.namespace.spawn([...NICE, 'sh', '-c', loop], { closeSignal: 'SIGKILL' });
}
