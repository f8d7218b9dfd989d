/**
 * The routing daemons of the router in a storm: zebra with staticd, or BIRD. Both carry every
 * destination over the data port.
 */

import { join } from 'node:path';
import { Bird } from '../../src/drill/lab/bird.js';
import { type Frr, prepareFrr } from '../../src/drill/lab/frr.js';
import { zebraConfig } from '../../src/drill/lab/frr-conf.js';
import type { Process } from '../../src/drill/lab/process.js';
import { STANDARD } from '../lab/standard.js';
import { staticConfig } from '../lab/standard-frr.js';
import type { World } from './world.js';

const { inet, inet6 } = STANDARD;
const CARRIED = [
  ['0.0.0.0/0', inet.peer],
  ['10.99.0.0/16', inet.peer],
  ['172.16.0.0/12', inet.peer],
  ['::/0', inet6.peer],
  ['2001:db8:99::/48', inet6.peer],
] as const;

export interface Daemons {
  /** The `routing-daemon` entries of the agent's configuration. */
  readonly watched: readonly object[];
  /** The rtm_protocol numbers of the routes that they install. */
  readonly protocols: ReadonlySet<number>;
  /** The number of daemons that run, including those that are stopped (SIGSTOP). */
  running(): number;
  /** Whether all daemons run and none is stopped. */
  well(): boolean;
  /** Sends SIGKILL to `first`, `last` or `all` of those that run, and waits for the end. */
  kill(which: string): Promise<void>;
  pause(which: string): void;
  resume(): void;
  /** Starts the daemons that do not run. Resolves at once, not when they answer. */
  start(): void;
  /** Sends SIGTERM, the last daemon first, and waits for the end. */
  stop(): Promise<void>;
  /** The number of daemons. */
  readonly count: number;
}

export function daemonsIn(world: World, kind: 'frr' | 'bird'): Daemons {
  return kind === 'frr' ? frrIn(world) : birdIn(world);
}

function frrIn(world: World): Daemons {
  const frr: Frr = prepareFrr(world.router, {
    directory: join(world.std.lab.directory, 'frr'),
    daemons: {
      zebra: zebraConfig(),
      staticd: staticConfig(CARRIED.map(([prefix, gateway]) => ({ prefix, gateway }))),
    },
  });
  const names = ['zebra', 'staticd'];
  return supervise(
    names,
    // staticd starts later, because it tries only every ten seconds whether zebra is there.
    (name) =>
      world.router.spawn(
        name === 'zebra' ? frr.argv(name) : ['sh', '-c', 'sleep 0.3; exec "$@"', 'sh', ...frr.argv(name)],
        { closeSignal: 'SIGKILL', keepLines: false },
      ),
    [{ frr: { daemons: names, 'socket-directory': frr.directory } }],
    // RTPROT_ZEBRA, RTPROT_ZSTATIC (linux/rtnetlink.h, FRR's zebra/rt_netlink.h).
    new Set([11, 196]),
  );
}

function birdIn(world: World): Daemons {
  const family = (four: boolean): string =>
    `protocol static ${four ? 's4' : 's6'} {\n  ${four ? 'ipv4' : 'ipv6'};\n${CARRIED.filter(
      ([prefix]) => prefix.includes(':') !== four,
    )
      .map(([prefix, gateway]) => `  route ${prefix} via ${gateway};\n`)
      .join('')}}\nprotocol kernel { ${four ? 'ipv4' : 'ipv6'} { export all; }; }\n`;
  const config = `router id ${inet.loopback};\nprotocol device { scan time 1; }\n${family(true)}${family(false)}`;
  const bird = new Bird(world.router, {
    config,
    program: 'bird',
    directory: join(world.std.lab.directory, 'bird'),
  });
  return supervise(
    ['bird'],
    () => {
      bird.start();
      return bird.process;
    },
    [{ bird: { socket: bird.socket } }],
    new Set([12]),
  );
}

function supervise(
  names: readonly string[],
  spawn: (name: string) => Process,
  watched: readonly object[],
  protocols: ReadonlySet<number>,
): Daemons {
  const processes = new Map<string, Process>();
  const paused = new Set<string>();
  const alive = (name: string): boolean => processes.get(name)?.running === true;
  const chosen = (which: string): readonly string[] =>
    (which === 'first' ? names.slice(0, 1) : which === 'last' ? names.slice(-1) : names).filter(alive);
  const ended = async (list: readonly string[]): Promise<void> => {
    await Promise.all(list.map((name) => processes.get(name)!.exited));
    for (const name of list) paused.delete(name);
  };
  const resume = (): void => {
    for (const name of paused) processes.get(name)!.kill('SIGCONT');
    paused.clear();
  };
  return {
    watched,
    protocols,
    count: names.length,
    running: () => names.filter(alive).length,
    well: () => names.every((name) => alive(name) && !paused.has(name)),
    async kill(which) {
      const list = chosen(which);
      for (const name of list) processes.get(name)!.kill('SIGKILL');
      await ended(list);
    },
    pause(which) {
      for (const name of chosen(which)) {
        processes.get(name)!.kill('SIGSTOP');
        paused.add(name);
      }
    },
    resume,
    start() {
      for (const name of names) if (!alive(name)) processes.set(name, spawn(name));
    },
    async stop() {
      resume();
      const list = names.filter(alive).reverse();
      for (const name of list) await processes.get(name)!.stop('SIGTERM', 4_000);
      await ended(list);
    },
  };
}
