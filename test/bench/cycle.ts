/**
 * Section 5, second half: whole cycles of kill and return in the standard laboratory, with BGP that brings a covering
 * default route, seen by a ping from the network operations centre to the router's management address.
 */

import { startAgent } from '../../src/drill/lab/agent.js';
import { eventually, sleep } from '../../src/drill/lab/wait.js';
import { routes } from '../lab/inspect.js';
import { startPing } from '../lab/ping.js';
import { STANDARD, standardLab } from '../lab/standard.js';
import { prepareRouterFrr, startPeerFrr } from '../lab/standard-frr.js';

const { inet } = STANDARD;

export interface Pings {
  readonly lost: number[];
  readonly sent: number[];
}

export async function cycles(count: number): Promise<Pings> {
  const std = standardLab();
  try {
    await startPeerFrr(std);
    const frr = prepareRouterFrr(std);
    await frr.start();
    const hasDefault = (): boolean =>
      routes(std.router, 'inet').some((route) => route.dst === 'default' && route.protocol === 186);
    await eventually(hasDefault, { timeoutMs: 20_000, what: 'BGP brings a default route' });
    const agent = startAgent(std.lab, std.router, {
      configText: JSON.stringify({
        'management-interface': 'mgmt0',
        'backup-router': { address: inet.gateway },
        'routing-daemon': [{ frr: { daemons: ['zebra', 'bgpd'], 'socket-directory': frr.directory } }],
        withdraw: { 'hold-time': '500ms', 'convergence-timeout': '30s' },
      }),
    });
    await agent.waitForLog(/routes phase=out/, 20_000);
    // Both ways have carried a packet, so no neighbour is left to be resolved.
    for (const target of [inet.mgmt, inet.loopback]) await startPing(std.noc, target).nextReply(20_000);
    const found: Pings = { lost: [], sent: [] };
    for (let cycle = 0; cycle < count; cycle++) {
      const ping = startPing(std.noc, inet.mgmt);
      await ping.nextReply();
      const from = agent.log.length;
      await frr.kill();
      await agent.waitForLog(/routes phase=in/, 5000, from);
      await sleep(300);
      await frr.start();
      await agent.waitForLog(/routes phase=out/, 40_000, from);
      await sleep(300);
      found.lost.push(await ping.lost());
      found.sent.push((await ping.stop()).sent);
    }
    await agent.stop();
    return found;
  } finally {
    await std.close();
  }
}
