/**
 * Foreign default routes that outrank those of the routing daemon. zebra reads metric >> 24 of a
 * kernel route as its administrative distance (fact F1). So a route with an ordinary metric has
 * distance 0, beats BGP and keeps the daemon's own default route out. The judge (fib/) decides
 * which of these routes a table uses.
 */

import { realmOf } from '../../core/management.js';
import { foreignView } from '../../core/views.js';
import { inTable } from '../../fib/destination.js';
import type { View } from '../../fib/view.js';
import { FAMILIES, type Family } from '../../model/address.js';
import { isDaemonProtocol } from '../../model/daemon-protocols.js';
import { defaultPrefix } from '../../model/prefix.js';
import { type Route, TABLE_MAIN } from '../../model/route.js';
import { exists } from '../files.js';
import { type Check, type Finding, finding, look } from '../finding.js';
import type { Host, KernelEvidence } from '../host.js';
import { allDead, leavesBy, type Managed, managed, nameOf, shown } from '../management.js';

/** From this metric on, zebra assigns distance 255. */
const HARMLESS_METRIC = 0xff000000;
/** RTPROT_* numbers: what installs such routes, other than routing daemons. */
const PUT_BY: Readonly<Record<number, string>> = {
  2: 'the kernel',
  3: '`ip route add`, ifupdown or a container runtime',
  4: 'an operator or a network manager',
  9: 'a router advertisement',
  16: 'a DHCP client',
};
export const defaultDistanceZero: Check = {
  code: 'default-distance-zero',
  title: 'no foreign default route outranks the routing daemon',
  facts: 'F1, F3, S6',
  run: (host) =>
    look(host.kernel, (kernel) => {
      const tables = new Set([
        TABLE_MAIN,
        ...managed(host, kernel).map(({ link }) => realmOf(link, kernel.snapshot).table),
      ]);
      const rivals = [...tables].flatMap((table) =>
        FAMILIES.flatMap((family) => outranking(foreignView(allDead(host, kernel)), table, family)),
      );
      return rivals.map((route, i) => judge(host, kernel, { route, metric: HARMLESS_METRIC + i }));
    }),
};

/**
 * The default routes that packets would use in the table, best first, without those of routing
 * daemons. Each one is found by removing those before it.
 */
function outranking({ without: _, ...view }: View, table: number, family: Family): readonly Route[] {
  const found: Route[] = [];
  const taken = (route: Route): boolean => isDaemonProtocol(route.protocol) || found.includes(route);
  for (;;) {
    const next = inTable({ ...view, without: taken }, table, defaultPrefix(family));
    if (next === undefined || next.metric >= HARMLESS_METRIC || found.includes(next)) break;
    found.push(next);
  }
  return found.filter(({ type }) => type === 'unicast');
}

/**
 * `metric`: the metric for the remedy. Each rival gets its own, since the kernel keeps one default
 * route per metric.
 */
interface Rival {
  readonly route: Route;
  readonly metric: number;
}

function judge(host: Host, kernel: KernelEvidence, rival: Rival): Finding {
  const { route } = rival;
  const on = managed(host, kernel).find(({ link }) => leavesBy(route, link));
  const router = on?.management.backupRouters.find(({ family }) => family === route.family);
  const adopting = router?.auto?.adopt === true && route.nexthops.length === 1;
  const who = PUT_BY[route.protocol] ?? `protocol ${route.protocol}`;
  const container = [
    ...['/.dockerenv', '/run/.containerenv']
      .filter((path) => exists(host.files, path))
      .map((path) => `${path} exists: this is a container`),
  ];
  const daemon = host.config.routingDaemons.some(({ kind }) => kind === 'frr')
    ? `zebra takes it for administrative distance ${route.metric >>> 24}, so that no BGP or static default of FRR is ever installed`
    : "at this metric it hides the routing daemon's own default (BIRD installs at 32)";
  const where = on?.link === undefined ? '' : ` on ${on.link.name}`;
  if (adopting)
    return finding(
      'note',
      `A default route${where} by ${who}; adopt: true takes it over while the agent
        runs.${route.protocol === 9 ? ' Each advertisement brings it back for a moment; the better cure is its metric.' : ''}`,
      [shown(kernel, route), ...container],
      route.protocol === 9 ? remedy(host, kernel, rival, on) : undefined,
    );
  return finding(
    'warning',
    `A default route${where} by ${who}: ${daemon}. An agent that waits for that route withdraws at
      its convergence-timeout.`,
    [shown(kernel, route), ...container],
    remedy(host, kernel, rival, on),
  );
}

function remedy(host: Host, kernel: KernelEvidence, { route, metric }: Rival, on: Managed | undefined): string {
  const device = on?.link?.name ?? nameOf(kernel)(route.nexthops[0]?.interfaceIndex ?? 0) ?? 'DEV';
  const lines: string[] = [];
  // Each router advertisement renews such a route (protocol 9), so the only remedy is at its
  // source.
  if (on !== undefined && route.protocol !== 9) {
    lines.push(
      `# in ${host.configuration.file}, if there is no other use for it:`,
      `${route.family === 'inet' ? 'backup-router' : 'inet6-backup-router'}:`,
      '  address: auto',
      '  adopt: true',
      '# or at its source:',
    );
  }
  if (route.protocol === 16)
    lines.push(
      `# /etc/systemd/network/NAME.network of ${device}`,
      route.family === 'inet' ? '[DHCPv4]' : '[DHCPv6]',
      `RouteMetric=${metric}      # or UseGateway=no`,
    );
  else if (route.protocol === 9)
    lines.push(
      `sysctl -w net.ipv6.conf.${device}.ra_defrtr_metric=${metric}`,
      `# or, where systemd-networkd does it, [IPv6AcceptRA] RouteMetric=${metric}`,
    );
  else {
    const [hop] = route.nexthops;
    const via = hop?.gateway === undefined ? '' : ` via ${hop.gateway}`;
    const ip = route.family === 'inet' ? 'ip' : 'ip -6';
    lines.push(
      `${ip} route add default${via} dev ${device} metric ${metric}`,
      `${ip} route del default${via} dev ${device} metric ${route.metric}`,
    );
  }
  return lines.join('\n');
}
