/**
 * The agent as the VRF tests run it, and waiting for what it should make of the kernel. An emulated processor is slow: the
 * waits are long, and no test measures how fast anything is.
 */

import assert from 'node:assert/strict';
import { type Agent, startAgent } from '../../src/drill/lab/agent.js';
import { eventually } from '../../src/drill/lab/wait.js';
import type { Placement } from '../../src/model/config.js';
import { GATEWAY, owned, type VrfNetwork } from './network.js';

/** Of ours beside others in a VRF's table: administrative distance 255 for zebra, below that of the unreachable default. */
export const METRIC = 4278194176;
/** Of ours while they take the tie from stale routes. */
export const METRIC_PREEMPTING = 1;
export const PREEMPT_S = 6;
export const PATIENCE = { timeoutMs: 45_000, intervalMs: 200 } as const;
/** For a test, as node:test takes it. */
export const LIMIT = { timeout: 300_000 } as const;

/** Starts the agent, with FRR as its daemon whether it runs or not. */
export function startIn({ lab, router, frrDirectory }: VrfNetwork, placement: Placement): Agent {
  // No convergence timeout: only zebra's own word ends the backup routes, and a question about the wrong VRF gets no yes.
  const configText = `management-interface: mgmt0
backup-router: {address: ${GATEWAY.inet}}
inet6-backup-router: {address: "${GATEWAY.inet6}"}
routing-daemon: [{frr: {daemons: [zebra, staticd], socket-directory: ${frrDirectory}}}]
withdraw: {hold-time: 2s, convergence-timeout: never}
detect: {probe-interval: 1s, probe-timeout: 30s}
stale: {preempt-after: ${PREEMPT_S}s}
placement: ${placement}
`;
  return startAgent(lab, router, { configText });
}

/** Resolves when the agent's routes and rules are exactly those; shows the difference when they do not become so. */
export async function become(network: VrfNetwork, wanted: readonly string[], what: string): Promise<void> {
  await eventually(
    () => {
      assert.deepEqual(owned(network), wanted);
      return true;
    },
    { ...PATIENCE, what },
  );
}
