/**
 * What a configuration means where it says nothing. docs/CONFIGURATION.md repeats these; a test compares them.
 */

import type { BirdDaemon, Config, ExecDaemon, FrrDaemons } from '../model/config.js';

/** FRR with zebra alone: every FRR runs it, and it is the one that owns the kernel's routes. */
export const DEFAULT_FRR: FrrDaemons = { kind: 'frr', daemons: ['zebra'], socketDirectory: '/run/frr' };

/** The control socket of Debian's and the project's own packages (fact B1). */
export const DEFAULT_BIRD: BirdDaemon = { kind: 'bird', socket: '/run/bird/bird.ctl' };

/** Of a routing daemon and of a role. The timeout is never longer than an interval that is set shorter. */
export const DEFAULT_EXEC: Pick<ExecDaemon, 'intervalMs' | 'timeoutMs'> = {
  intervalMs: 5_000,
  timeoutMs: 2_000,
};

/** Everything but the interfaces and the backup routers, which nobody can guess. */
export const DEFAULTS: Omit<Config, 'managementInterfaces'> = {
  routingDaemons: [DEFAULT_FRR],
  holdMs: 5_000,
  convergenceTimeoutMs: 30_000,
  probeIntervalMs: 1_000,
  // An FRR under a full table was silent for 5.2 s and healthy (fact F13).
  probeTimeoutMs: 10_000,
  preemptAfterMs: 10_000,
  placement: 'local',
  role: { kind: 'fixed', role: 'primary' },
  routeProtocol: 157,
  tableBase: 25_500,
  rulePriorityBase: 31_000,
  onStop: 'keep',
};
