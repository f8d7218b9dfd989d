/**
 * The routing daemons of a drill: those of the router, which the cases stop and kill, and those of
 * the neighbour, which announce the destinations. FRR and BIRD have one interface.
 *
 * The programs run under other names (`drill-zebra`), by symbolic links. So a program on the host
 * that looks for processes by name does not mistake them for the host's own.
 */

import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { birdPeerConfig, birdRouterConfig } from './bird-conf.js';
import { Bird } from './lab/bird.js';
import { command } from './lab/command.js';
import { prepareFrr } from './lab/frr.js';
import { bgpConfig, zebraConfig } from './lab/frr-conf.js';
import type { Network } from './network.js';
import { withoutLength } from './network-plan.js';
import { type DrillSetup, INSIDE } from './protocol.js';

const ROUTER_ASN = 65_002;
const PEER_ASN = 65_001;

/** The router's routing daemons as a unit. */
export interface RouterDaemons {
  readonly running: boolean;
  start(): Promise<void>;
  /** Stops them in order, as a service manager does. */
  stop(): Promise<void>;
  /** Sends SIGKILL to all of them. */
  kill(): Promise<void>;
  /** Sends SIGSTOP to all of them. */
  pause(): void;
  /** Sends SIGCONT to all of them. */
  resume(): void;
}

/** Starts the neighbour, and prepares the router's daemons without starting them. */
export async function prepareDaemons(network: Network, setup: DrillSetup): Promise<RouterDaemons> {
  const programs = disguise(setup.programs);
  return setup.daemon === 'frr' ? frrDaemons(network, setup, programs) : birdDaemons(network, setup, programs['bird']!);
}

/** Creates symbolic links to the programs, with the drill's own names. */
function disguise(programs: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const directory = join(INSIDE.directory, 'bin');
  mkdirSync(directory, { recursive: true });
  return Object.fromEntries(
    Object.entries(programs).map(([name, program]) => {
      const link = join(directory, `drill-${name}`);
      symlinkSync(program, link);
      return [name, link];
    }),
  );
}

async function frrDaemons(
  network: Network,
  setup: DrillSetup,
  programs: Readonly<Record<string, string>>,
): Promise<RouterDaemons> {
  const { data, announced } = setup.network;
  // Some daemons (bfdd) have sockets with fixed names in the first directory. All of them keep
  // crash logs in the second.
  for (const directory of ['/run/frr', '/var/tmp/frr']) {
    mkdirSync(directory, { recursive: true });
    command(['chown', 'frr:frr', directory]);
  }
  const peer = prepareFrr(network.peer, {
    directory: join(INSIDE.directory, 'frr-peer'),
    programs,
    daemons: {
      zebra: zebraConfig(),
      bgpd: bgpConfig({
        asn: PEER_ASN,
        routerId: withoutLength(data[0]!.peer),
        neighbours: data.map(({ router }) => ({ address: withoutLength(router), asn: ROUTER_ASN })),
        networks: announced,
      }),
    },
  });
  const bgpd = bgpConfig({
    asn: ROUTER_ASN,
    routerId: withoutLength(data[0]!.router),
    neighbours: data.map((link) => ({ address: withoutLength(link.peer), asn: PEER_ASN })),
  });
  const others = Object.fromEntries(
    setup.frrDaemons.filter((name) => name !== 'zebra' && name !== 'bgpd').map((name) => [name, 'hostname drill']),
  );
  const frr = prepareFrr(network.router, {
    directory: INSIDE.frr,
    programs,
    daemons: { zebra: zebraConfig(), bgpd, ...others },
  });
  await peer.start();
  const each = (act: (daemon: string) => void): void => frr.daemons.forEach(act);
  return {
    get running() {
      return frr.daemons.every((daemon) => frr.running(daemon));
    },
    start: async () => frr.start(),
    stop: async () => frr.stop(),
    kill: async () => void (await frr.kill()),
    pause: () => each((daemon) => frr.pause(daemon)),
    resume: () => each((daemon) => frr.resume(daemon)),
  };
}

async function birdDaemons(network: Network, setup: DrillSetup, program: string): Promise<RouterDaemons> {
  const { data, announced } = setup.network;
  const peer = new Bird(network.peer, {
    program,
    directory: join(INSIDE.directory, 'bird-peer'),
    config: birdPeerConfig({
      asn: PEER_ASN,
      otherAsn: ROUTER_ASN,
      own: data.map((link) => withoutLength(link.peer)),
      others: data.map((link) => withoutLength(link.router)),
      announced,
    }),
  });
  const bird = new Bird(network.router, {
    program,
    directory: join(INSIDE.directory, 'bird-router'),
    socket: INSIDE.bird,
    config: birdRouterConfig({
      asn: ROUTER_ASN,
      otherAsn: PEER_ASN,
      own: data.map((link) => withoutLength(link.router)),
      others: data.map((link) => withoutLength(link.peer)),
    }),
  });
  peer.start();
  await peer.listening();
  return {
    get running() {
      return bird.running;
    },
    start: async () => {
      bird.start();
      await bird.listening();
    },
    stop: async () => void (await bird.signal('SIGTERM')),
    kill: async () => void (await bird.signal('SIGKILL')),
    pause: () => void bird.process.kill('SIGSTOP'),
    resume: () => void bird.process.kill('SIGCONT'),
  };
}
