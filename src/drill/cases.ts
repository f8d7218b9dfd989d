/**
 * The failure matrix: what is done to the router in each case, and the expected result.
 *
 * A case begins in a state (testbed.ts), causes its failure and waits for the expected result.
 * run.ts judges it: no probe may go unanswered for too long. Everything here happens in the
 * laboratory's router.
 */

import { FAMILIES } from '../model/address.js';
import { sleep } from './lab/wait.js';
import { addressPort, lease } from './network.js';
import type { TimeSpan } from './probes.js';
import type { PortPlan } from './protocol.js';
import { NotInTime, START_MS, type Testbed } from './testbed.js';

/** How long a port is down or without its addresses. */
const AWAY_MS = 300;
/** A margin after `preempt-after`, by which an agent that preempts would have done so. */
const BEYOND_MS = 500;
/** The same as RestartSec= of the unit. */
const RESTART_MS = 100;

/** A time during which a port was down or without its addresses. */
export interface Absence {
  readonly port: number;
  readonly window: TimeSpan;
  /** When the port began to come back: from then on the agent can act. */
  readonly backMs: number;
}

export interface DrillCase {
  readonly name: string;
  readonly title: string;
  readonly from: 'nothing' | 'healthy' | 'down';
  /** Added to the maximum outage. */
  readonly allowanceMs?: number;
  /**
   * Causes the failure and waits for the expected result. Calls `away` for each time in which a
   * port could not be probed.
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
          // The kernel removed the IPv6 addresses when the link went down. Whoever manages the
          // port adds them again.
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

/**
 * Waits until the backup routes have preempted the routes of the dead daemon. With `preempt-after:
 * never` those routes go on carrying, as configured.
 */
async function preempted(testbed: Testbed): Promise<void> {
  const { preemptAfterMs } = testbed.setup.timings;
  if (preemptAfterMs !== 'never' && testbed.setup.daemonCarries) await testbed.carriedByBackup(preemptAfterMs);
}

/**
 * Checks that the daemon's routes still carry after `preempt-after`. A daemon that hangs is alive
 * and is not preempted.
 */
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

/** Fails one port after the other. The probes of a port are judged again once it is back. */
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
