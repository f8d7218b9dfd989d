/**
 * Where the rules of placement local do not do what they say: refusals that no rule suppresses
 * (fact K18), IPv6 routes that share a cache (K19).
 */

import { type Hidden, hiddenDestinations } from '../../core/hidden.js';
import { realmOf } from '../../core/management.js';
import { type Family, familyOf } from '../../model/address.js';
import { destinationText, prefixText } from '../../model/prefix.js';
import type { Route } from '../../model/route.js';
import { type Check, type Finding, found, look } from '../finding.js';
import type { Host, KernelEvidence } from '../host.js';
import { ip, managed, shown } from '../management.js';

/** RTPROT_ZSTATIC (fact F4). */
const FRR_STATIC = 196;
/** Destinations told by name. */
const NAMED = 4;

export const refusalHides: Check = {
  code: 'refusal-hides',
  title: 'no refusal of the main table hides a backup route',
  facts: 'K18',
  run: (host) =>
    look(host.kernel, (kernel) => {
      if (host.config.placement !== 'local') return 'not-applicable';
      const all = hiddenDestinations(host.config, kernel.snapshot, true);
      const taken = tiesTaken(host);
      const hidden = all.filter(
        ({ destination, by }) =>
          by.destination.length < destination.length ||
          taken.has(tieKey(destination.family, destinationText(destination))),
      );
      return [
        ...told(
          host,
          kernel,
          'error',
          hidden,
          'cannot be reached: a refusal of the main table ends the lookup before, however much shorter it is.',
          'which has no such limit',
        ),
        ...told(
          host,
          kernel,
          'warning',
          all.filter((one) => !hidden.includes(one)),
          'cannot be reached while the main table refuses the very same prefix, even when that route is stale: no rule suppresses it.',
          'which takes the tie once that route is stale',
        ),
      ];
    }),
};

/** Destinations whose tie the backup route is to take by now, and cannot: the agent's to know. */
function tiesTaken({ agent }: Host): ReadonlySet<string> {
  const routes = agent.status.kind === 'seen' ? (agent.status.value?.backupRoutes ?? []) : [];
  return new Set(
    routes
      .filter(({ hiddenBy }) => hiddenBy !== undefined)
      .map(({ gateway, destination }) => tieKey(familyOf(gateway), destination)),
  );
}

/** Both families have a `default`. */
function tieKey(family: Family, destination: string): string {
  return `${family} ${destination}`;
}

function told(
  host: Host,
  kernel: KernelEvidence,
  severity: 'error' | 'warning',
  hidden: readonly Hidden[],
  what: string,
  why: string,
): readonly Finding[] {
  if (hidden.length === 0) return [];
  const names = [...new Set(hidden.map(({ destination }) => destinationText(destination)))];
  const routes = [...new Set(hidden.map(({ by }) => by))];
  const more = names.length > NAMED ? ` and ${names.length - NAMED} more` : '';
  const subject = `The backup route${names.length === 1 ? '' : 's'} for ${names.slice(0, NAMED).join(', ')}${more}`;
  return found(
    severity,
    `${subject} ${what}`,
    routes.map((route) => shown(kernel, route)),
    [
      `${routes.map((route) => `${removal(route)}\n`).join('')}# or, ${why}, in ${host.configuration.file}:`,
      'placement: main',
    ],
  );
}

function removal(route: Route): string {
  if (route.protocol === FRR_STATIC) {
    const kind = route.type === 'blackhole' ? 'blackhole' : 'reject';
    const statement = `${route.family === 'inet6' ? 'ipv6' : 'ip'} route ${prefixText(route.destination)} ${kind}`;
    return `vtysh -c 'configure terminal' -c 'no ${statement}'      # Null0 as well, at any distance; write memory makes it last`;
  }
  const metric = route.metric === 0 ? '' : ` metric ${route.metric}`;
  const command = `${ip(route.family)} route del ${route.type} ${destinationText(route.destination)}${metric}`;
  return `${command}      # and in what put it there, protocol ${route.protocol}`;
}

export const nexthopObjectsInet6: Check = {
  code: 'nexthop-objects-inet6',
  title: 'IPv6 routes of the main table do not hang on nexthop objects',
  facts: 'K19',
  run: (host) =>
    look(host.kernel, (kernel) => {
      if (!inet6Local(host, kernel)) return 'not-applicable';
      const { total, first } = kernel.nexthopObjects;
      if (total === 0) return [];
      const evidence = [
        ...first.map(({ route, id }) => `${shown(kernel, route)} nhid ${id}`),
        ...(total > first.length ? [`... and ${total - first.length} more`] : []),
      ];
      return found(
        'warning',
        `IPv6 routes of the main table hang on nexthop objects. Where several prefixes share one,
          the kernel takes one prefix length for another: while backup routes are in, one may lose
          to a shorter route of main, or win over a longer one.`,
        evidence,
        [
          `# in FRR's configuration (/etc/frr/frr.conf), then restart it:`,
          'no zebra nexthop kernel enable',
          `# or, in ${host.configuration.file}:`,
          'placement: main',
        ],
      );
    }),
};

/**
 * Whether IPv6 backup routes go by rules that compare prefix lengths: all do that may have to take
 * a tie, the default's among them.
 */
function inet6Local(host: Host, kernel: KernelEvidence): boolean {
  if (host.config.placement !== 'local') return false;
  const here = managed(host, kernel).filter(({ link }) => realmOf(link, kernel.snapshot).vrf === undefined);
  const lengths = here.flatMap(({ management }) =>
    management.backupRouters
      .filter(({ family }) => family === 'inet6')
      .flatMap(({ destinations }) => destinations.map(({ length }) => length)),
  );
  // With `never`, too, a tie is taken from a stale route whose next hop is known to be broken; but
  // only where owners are known.
  const preempts = host.config.routingDaemons.some(
    (daemon) => daemon.kind === 'frr' || daemon.kind === 'bird' || daemon.routeProtocols.length > 0,
  );
  return lengths.some((length) => length > 0 || preempts);
}
