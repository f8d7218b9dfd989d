/**
 * What a configuration means where it says nothing. docs/CONFIGURATION.md repeats these; a test compares them.
 */

import type { Config, FrrDaemons } from '../model/config.js';

/** FRR with zebra alone: every FRR runs it, and it is the one that owns the kernel's routes. */
export const DEFAULT_FRR: FrrDaemons = { kind: 'frr', daemons: ['zebra'], socketDirectory: '/run/frr' };

/** Everything but the interface and the backup routers, which nobody can guess. */
export const DEFAULTS: Omit<Config, 'managementInterface' | 'backupRouters'> = {
  routingDaemons: [DEFAULT_FRR],
  holdMs: 5_000,
  convergenceTimeoutMs: 30_000,
  probeIntervalMs: 1_000,
  // An FRR under a full table was silent for 5.2 s and healthy (fact F13).
  probeTimeoutMs: 10_000,
  preemptAfterMs: 10_000,
  placement: 'local',
  role: 'primary',
  routeProtocol: 157,
  tableBase: 25_500,
  rulePriorityBase: 31_000,
  onStop: 'keep',
};
