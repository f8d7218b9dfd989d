/**
 * The failure matrix: what is done to the router in each case, and what must come of it.
 *
 * A case begins in a state (testbed.ts), causes its failure and waits for what must follow. run.ts
 * judges it: no probe went unanswered for too long. Everything here happens in the laboratory's
 * router.
 */

import { FAMILIES } from '../model/address.js';
import { sleep } from './lab/wait.js';
import { addressPort, lease } from './network.js';
import type { TimeSpan } from './probes.js';
import type { PortPlan } from './protocol.js';
import { NotInTime, START_MS, type Testbed } from './testbed.js';

/** How long a port is down, or without its address. */
const AWAY_MS = 300;
/** After `preempt-after`, for an agent that would preempt. */
const BEYOND_MS = 500;
/** As RestartSec= of the unit. */
const RESTART_MS = 100;

/** A port was down, or without address. */
export interface Absence {
  readonly port: number;
  readonly window: TimeSpan;
  /** When it began to come back: from then on the agent can act. */
  readonly backMs: number;
}

export interface DrillCase {
  readonly name: string;
  readonly title: string;
  readonly from: 'nothing' | 'healthy' | 'down';
  /** Added to the outage that is allowed. */
  readonly allowanceMs?: number;
  /**
   * Does it, and waits for the end. `away` is called for a time in which a port could not be asked.
   */
  readonly run: (testbed: Testbed, away: (absence: Absence) => void) => Promise<void>;
}

export const CASES: readonly DrillCase[] = [
  {
    name: 'boot',
    title: 'the agent starts on a router without routing daemon',
    from: 'nothing',
    allowanceMs: 4_000,
    run: async (testbed) => {
      testbed.startAgent();
      await testbed.booted();
    },
  },
  {
    name: 'start',
    title: 'the routing daemon starts and takes over',
    from: 'down',
    run: async (testbed) => {
      await testbed.daemons.start();
      await testbed.healthy();
    },
  },
  {
    name: 'restart',
    title: 'the routing daemon is stopped and started at once',
    from: 'healthy',
    run: async (testbed) => {
      await testbed.daemons.stop();
      await testbed.daemons.start();
      await testbed.healthy();
    },
  },
  {
    name: 'hang',
    title: 'the routing daemon hangs (SIGSTOP), later goes on',
    from: 'healthy',
    run: async (testbed) => {
      testbed.daemons.pause();
      try {
        await testbed.routesIn(testbed.setup.timings.probeTimeoutMs);
        await notPreempted(testbed);
      } finally {
        testbed.daemons.resume();
      }
      await testbed.healthy();
    },
  },
  {
    name: 'kill',
    title: 'the routing daemon is killed (SIGKILL), later started again',
    from: 'healthy',
    run: async (testbed) => {
      await testbed.daemons.kill();
      await testbed.routesIn();
      await preempted(testbed);
      await testbed.daemons.start();
      await testbed.healthy();
    },
  },
  {
    name: 'stop',
    title: 'the routing daemon is stopped in order',
    from: 'healthy',
    run: async (testbed) => {
      await testbed.daemons.stop();
      await testbed.carriedByBackup();
    },
  },
  {
    name: 'link-flap',
    title: 'the management port goes down and up, no daemon running',
    from: 'down',
    run: async (testbed, away) =>
      eachPort(testbed, away, {
        lose: (port) => void testbed.network.router.ip(`link set dev ${port.device} down`),
        regain: (port) => {
          testbed.network.router.ip(`link set dev ${port.device} up`);
          // The kernel has taken the IPv6 addresses with the link; whoever manages the port brings
          // them again.
          addressPort(testbed.network.router, port);
        },
      }),
  },
  {
    name: 'address-loss',
    title: 'the management port loses its addresses, no daemon running',
    from: 'down',
    run: async (testbed, away) =>
      eachPort(testbed, away, {
        lose: (port) => port.own.forEach((own) => testbed.network.router.ip(`addr del ${own} dev ${port.device}`)),
        regain: (port) => addressPort(testbed.network.router, port),
      }),
  },
  {
    name: 'flush',
    title: 'somebody deletes the backup routes and rules',
    from: 'down',
    run: async (testbed) => {
      const { router } = testbed.network;
      for (const family of FAMILIES) {
        const option = family === 'inet' ? '-4' : '-6';
        router.ip(`${option} rule flush protocol ${testbed.setup.routeProtocol}`);
        router.ip(`${option} route flush table all proto ${testbed.setup.routeProtocol}`);
      }
      await testbed.carriedByBackup();
    },
  },
  {
    name: 'agent-kill',
    title: 'the agent is killed (SIGKILL) and started again',
    from: 'down',
    run: async (testbed) => {
      await testbed.agent.kill();
      await sleep(RESTART_MS);
      if ((await testbed.owned.count()) < testbed.wholeCount) throw new NotInTime('backup routes went with the agent');
      testbed.startAgent();
      await testbed.agent.waitForLog(/ routes phase=in/, START_MS);
      await testbed.carriedByBackup();
    },
  },
];

/** With `preempt-after: never` the routes of the dead daemon go on, and so it shall be. */
async function preempted(testbed: Testbed): Promise<void> {
  const { preemptAfterMs } = testbed.setup.timings;
  if (preemptAfterMs !== 'never' && testbed.setup.daemonCarries) await testbed.carriedByBackup(preemptAfterMs);
}

/** Its routes carry longer than those of a dead daemon: one that hangs lives, and forwards. */
async function notPreempted(testbed: Testbed): Promise<void> {
  const { preemptAfterMs } = testbed.setup.timings;
  if (!testbed.setup.daemonCarries) return;
  await sleep((preemptAfterMs === 'never' ? 0 : preemptAfterMs) + BEYOND_MS);
  await testbed.carriedByDaemon();
}

interface Loss {
  readonly lose: (port: PortPlan) => void;
  readonly regain: (port: PortPlan) => void;
}

/** One port after the other. Its probes are judged again from the moment at which it is back. */
async function eachPort(testbed: Testbed, away: (absence: Absence) => void, { lose, regain }: Loss): Promise<void> {
  for (const [i, port] of testbed.setup.network.ports.entries()) {
    const fromMs = Date.now();
    lose(port);
    await sleep(AWAY_MS);
    const backMs = Date.now();
    regain(port);
    away({ port: i, window: { fromMs, toMs: Date.now() }, backMs });
    lease(testbed.network.router, port);
    await testbed.carriedByBackup();
  }
}
