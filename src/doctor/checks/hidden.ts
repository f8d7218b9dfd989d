/** Where the rules of placement local do not do what they say: refusals that no rule suppresses (fact K18), IPv6 routes that share a cache (K19). */

import { hiddenDestinations, refusalText } from '../../core/hidden.js';
import { realmOf } from '../../core/management.js';
import { destinationText, prefixText } from '../../model/prefix.js';
import type { Route } from '../../model/route.js';
import { finding, type Check } from '../finding.js';
import type { Host } from '../host.js';
import { managed, shown } from '../management.js';
import { look } from '../seen.js';

/** RTPROT_ZSTATIC (fact F4). */
const FRR_STATIC = 196;

export const refusalHides: Check = {
  code: 'refusal-hides',
  title: 'no refusal of the main table hides a backup route',
  facts: 'K18',
  run: (host) =>
    look(host.kernel, (kernel) => {
      if (host.config.placement !== 'local') return 'not-applicable';
      const found = hiddenDestinations(host.config, kernel.snapshot);
      const told = new Set(found.map(({ destination }) => destinationText(destination)));
      // A tie that the backup route is to take by now is the agent's to know.
      const more = host.agent.status.kind === 'seen' ? (host.agent.status.value?.backupRoutes ?? []).filter((route) => route.hiddenBy !== undefined && !told.has(route.destination)) : [];
      if (found.length + more.length === 0) return [];
      const routes = [...new Map(found.map(({ by }) => [refusalText(by), by])).values()];
      const names = [...told, ...more.map(({ destination }) => destination)];
      const evidence = [...routes.map((route) => shown(kernel, route)), ...more.map(({ destination, hiddenBy }) => `${destination}: hidden by ${hiddenBy}`)];
      const message = `The backup route${names.length === 1 ? '' : 's'} for ${names.slice(0, 4).join(', ')}${names.length > 4 ? ` and ${names.length - 4} more` : ''} cannot be reached: a refusal of the main table ends the lookup before, however much shorter it is.`;
      return [finding('error', message, evidence, `${routes.map((route) => `${removal(route)}\n`).join('')}# or, which has no such limit, in ${host.configuration.file}:\nplacement: main`)];
    }),
};

function removal(route: Route): string {
  const ip = route.family === 'inet6' ? 'ipv6' : 'ip';
  if (route.protocol === FRR_STATIC) return `vtysh -c 'configure terminal' -c 'no ${ip} route ${prefixText(route.destination)} ${route.type === 'blackhole' ? 'blackhole' : 'reject'}'      # or Null0, as it is written there`;
  const metric = route.metric === 0 ? '' : ` metric ${route.metric}`;
  return `${ip === 'ip' ? 'ip' : 'ip -6'} route del ${route.type} ${destinationText(route.destination)}${metric}      # and in what put it there, protocol ${route.protocol}`;
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
      const evidence = [...first.map(({ route, id }) => `${shown(kernel, route)} nhid ${id}`), ...(total > first.length ? [`... and ${total - first.length} more`] : [])];
      return [
        finding(
          'warning',
          'IPv6 routes of the main table hang on nexthop objects. Where several prefixes share one, the kernel takes one prefix length for another: while backup routes are in, one may lose to a shorter route of main, or win over a longer one.',
          evidence,
          `# in FRR's configuration (/etc/frr/frr.conf), then restart it:\nno zebra nexthop kernel enable\n# or, in ${host.configuration.file}:\nplacement: main`,
        ),
      ];
    }),
};

/** Whether IPv6 backup routes go by rules that compare prefix lengths: all do that may have to take a tie, the default's among them. */
function inet6Local(host: Host, kernel: Parameters<typeof managed>[1]): boolean {
  if (host.config.placement !== 'local') return false;
  const here = managed(host, kernel).filter(({ link }) => realmOf(link, kernel.snapshot).vrf === undefined);
  const lengths = here.flatMap(({ management }) => management.backupRouters.filter(({ family }) => family === 'inet6').flatMap(({ destinations }) => destinations.map(({ length }) => length)));
  // With `never`, too, a tie is taken from a stale route whose next hop is known to be broken; but only where owners are known.
  const preempts = host.config.routingDaemons.some((daemon) => daemon.kind === 'frr' || daemon.kind === 'bird' || daemon.routeProtocols.length > 0);
  return lengths.some((length) => length > 0 || preempts);
}
