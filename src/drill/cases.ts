/**
 * The failure matrix: what is done to the router in each case, and what must come of it.
 *
 * A case begins in a state (stage.ts), does its harm, waits for what must follow, and is judged by
 * run.ts: nobody was unanswered for too long, and the ways were the right ones. Everything here
 * happens in the laboratory's router.
 */

import { FAMILIES } from '../model/address.js';
import { addressPort, lease } from './build.js';
import { sleep } from './lab/wait.js';
import type { PortPlan } from './order.js';
import type { TimeSpan } from './probes.js';
import { InVain, START_MS, type Stage } from './stage.js';

/** How long a port is down, or without its address. */
const AWAY_MS = 300;
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
  readonly play: (stage: Stage, away: (absence: Absence) => void) => Promise<void>;
}

export const CASES: readonly DrillCase[] = [
  {
    name: 'boot',
    title: 'the agent starts on a router without routing daemon',
    from: 'nothing',
    allowanceMs: 4_000,
    play: async (stage) => {
      stage.startAgent();
      await stage.booted();
    },
  },
  {
    name: 'start',
    title: 'the routing daemon starts and takes over',
    from: 'down',
    play: async (stage) => {
      await stage.player.start();
      await stage.healthy();
    },
  },
  {
    name: 'restart',
    title: 'the routing daemon is stopped and started at once',
    from: 'healthy',
    play: async (stage) => {
      await stage.player.stop();
      await stage.player.start();
      await stage.healthy();
    },
  },
  {
    name: 'hang',
    title: 'the routing daemon hangs (SIGSTOP), later goes on',
    from: 'healthy',
    play: async (stage) => {
      stage.player.pause();
      try {
        await stage.routesIn(stage.order.timings.probeTimeoutMs);
        await preempted(stage);
      } finally {
        stage.player.resume();
      }
      await stage.healthy();
    },
  },
  {
    name: 'kill',
    title: 'the routing daemon is killed (SIGKILL), later started again',
    from: 'healthy',
    play: async (stage) => {
      await stage.player.kill();
      await stage.routesIn();
      await preempted(stage);
      await stage.player.start();
      await stage.healthy();
    },
  },
  {
    name: 'stop',
    title: 'the routing daemon is stopped in order',
    from: 'healthy',
    play: async (stage) => {
      await stage.player.stop();
      await stage.carriedByBackup();
    },
  },
  {
    name: 'link-flap',
    title: 'the management port goes down and up, no daemon running',
    from: 'down',
    play: async (stage, away) =>
      eachPort(stage, away, {
        lose: (port) => void stage.network.router.ip(`link set dev ${port.device} down`),
        regain: (port) => {
          stage.network.router.ip(`link set dev ${port.device} up`);
          // The kernel has taken the IPv6 addresses with the link; whoever manages the port brings
          // them again.
          addressPort(stage.network.router, port);
        },
      }),
  },
  {
    name: 'address-loss',
    title: 'the management port loses its addresses, no daemon running',
    from: 'down',
    play: async (stage, away) =>
      eachPort(stage, away, {
        lose: (port) => port.own.forEach((own) => stage.network.router.ip(`addr del ${own} dev ${port.device}`)),
        regain: (port) => addressPort(stage.network.router, port),
      }),
  },
  {
    name: 'flush',
    title: 'somebody deletes the backup routes and rules',
    from: 'down',
    play: async (stage) => {
      const { router } = stage.network;
      for (const family of FAMILIES) {
        const option = family === 'inet' ? '-4' : '-6';
        router.ip(`${option} rule flush protocol ${stage.order.routeProtocol}`);
        router.ip(`${option} route flush table all proto ${stage.order.routeProtocol}`);
      }
      await stage.carriedByBackup();
    },
  },
  {
    name: 'agent-kill',
    title: 'the agent is killed (SIGKILL) and started again',
    from: 'down',
    play: async (stage) => {
      await stage.agent.kill();
      await sleep(RESTART_MS);
      if ((await stage.owned.count()) < stage.wholeCount) throw new InVain('backup routes went with the agent');
      stage.startAgent();
      await stage.agent.waitForLog(/ routes phase=in/, START_MS);
      await stage.carriedByBackup();
    },
  },
];

/** With `preempt-after: never` the routes of the dead daemon go on, and so it shall be. */
async function preempted(stage: Stage): Promise<void> {
  const { preemptAfterMs } = stage.order.timings;
  if (preemptAfterMs !== 'never' && stage.order.daemonCarries) await stage.carriedByBackup(preemptAfterMs);
}

interface Loss {
  readonly lose: (port: PortPlan) => void;
  readonly regain: (port: PortPlan) => void;
}

/** One port after the other. Its probes are judged again from the moment at which it is back. */
async function eachPort(stage: Stage, away: (absence: Absence) => void, { lose, regain }: Loss): Promise<void> {
  for (const [i, port] of stage.order.network.ports.entries()) {
    const fromMs = Date.now();
    lose(port);
    await sleep(AWAY_MS);
    const backMs = Date.now();
    regain(port);
    away({ port: i, window: { fromMs, toMs: Date.now() }, backMs });
    lease(stage.network.router, port);
    await stage.carriedByBackup();
  }
}
