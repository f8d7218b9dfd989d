/**
 * Routes of the routing daemons in the FIB: stale routes of dead daemons, and metrics that a
 * daemon and the agent both use.
 */

import { isOwnMetric } from '../../core/placement.js';
import { BIRD_PROTOCOL, FRR_PROTOCOLS, isDaemonProtocol } from '../../model/daemon-protocols.js';
import type { Route } from '../../model/route.js';
import { type Check, found, look, unknown } from '../finding.js';
import type { Host, KernelEvidence } from '../host.js';
import { sharesTable, shown } from '../management.js';

const LISTED = 6;

function dead(host: Host, id: string): boolean {
  const socket = host.sockets.find((one) => one.id === id);
  return (
    socket !== undefined &&
    (socket.elsewhere ?? []).length === 0 &&
    ['absent', 'no-directory', 'stale'].includes(socket.outcome)
  );
}

function listed(kernel: KernelEvidence, routes: readonly Route[]): readonly string[] {
  return [
    ...routes.slice(0, LISTED).map((route) => shown(kernel, route)),
    ...(routes.length > LISTED ? [`... and ${routes.length - LISTED} more`] : []),
  ];
}

export const staleRoutes: Check = {
  code: 'stale-routes',
  title: 'no dead routing daemon has left routes behind',
  facts: 'F5, B2, K13',
  run: (host) => {
    if (!host.sockets.some(({ id }) => id === 'frr/zebra' || id === 'bird')) return 'not-applicable';
    return look(host.kernel, (kernel) => {
      const stale = kernel.snapshot.foreignRoutes.filter(
        ({ protocol }) =>
          (dead(host, 'frr/zebra') && FRR_PROTOCOLS.has(protocol)) ||
          (dead(host, 'bird') && protocol === BIRD_PROTOCOL),
      );
      if (stale.length === 0) {
        const closed = host.sockets.find(
          ({ id, outcome }) => (id === 'frr/zebra' || id === 'bird') && outcome === 'denied',
        );
        return closed === undefined
          ? []
          : unknown(
              `${closed.where}: ${closed.detail} for this user, so whether it runs is not known`,
              'sudo backup-router doctor',
            );
      }
      return found(
        'note',
        `The FIB has routes of a routing daemon that does not run. They go on forwarding, to next hops
          that nothing watches: a backup route of the same prefix takes over after
          stale.preempt-after, a more specific leftover keeps winning.`,
        listed(kernel, stale),
        `${FRR_PROTOCOLS.has(stale[0]!.protocol) ? 'systemctl restart frr' : 'systemctl restart bird'}      # sweeps them`,
      );
    });
  },
};

export const metricCollision: Check = {
  code: 'metric-collision',
  title: 'no routing daemon uses a metric of the backup routes',
  facts: 'F3, K4',
  run: (host) =>
    look(host.kernel, (kernel) => {
      if (!sharesTable(host, kernel)) return 'not-applicable';
      const same = kernel.snapshot.foreignRoutes.filter(
        ({ protocol, metric, family }) => isDaemonProtocol(protocol) && family === 'inet' && isOwnMetric(metric),
      );
      if (same.length === 0) return [];
      return found(
        'warning',
        `The routing daemon installs routes with a metric that a backup route has in the same table:
          of two routes with the same prefix and metric the kernel keeps only one.`,
        listed(kernel, same),
        [
          `# in ${host.configuration.file}:`,
          'placement: local',
          '# or another metric in the daemon (BIRD: protocol kernel { metric 32; })',
        ],
      );
    }),
};
