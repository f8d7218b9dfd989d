/**
 * The network of the VRF tests, in namespaces of the virtual machine: a router whose management and data ports are (or come to be)
 * in a VRF, and the two ways from there to the NOC.
 *
 *   NOC 198.51.100.9 --+-- gateway 10.77.0.1 --- mgmt0 10.77.0.2 [router]
 *                      +-- peer    10.78.0.1 --- data0 10.78.0.2 [router]
 *
 * IPv6 likewise: 2001:db8:77::/64, 2001:db8:78::/64, and the NOC is 2001:db8:9::9. Who owns which route is asked of iproute2.
 */

import { join } from 'node:path';
import { createLab, type Lab } from '../../src/drill/lab/lab.js';
import type { Namespace } from '../../src/drill/lab/namespace.js';
import { type Family, familyBits } from '../../src/model/address.js';
import { ownRoutes, ownRules, routeGet } from '../lab/inspect.js';

export const FAMILIES = ['inet', 'inet6'] as const;
export const NOC: Readonly<Record<Family, string>> = { inet: '198.51.100.9', inet6: '2001:db8:9::9' };
export const ROUTER: Readonly<Record<Family, string>> = { inet: '10.77.0.2', inet6: '2001:db8:77::2' };
export const GATEWAY: Readonly<Record<Family, string>> = { inet: '10.77.0.1', inet6: '2001:db8:77::1' };
export const PEER: Readonly<Record<Family, string>> = { inet: '10.78.0.1', inet6: '2001:db8:78::1' };
/** Of `unreachable default` in a VRF's table, as the kernel's documentation has it (networking/vrf.rst). */
export const UNREACHABLE_METRIC = 4278198272;

export interface VrfNetwork {
  readonly lab: Lab;
  readonly router: Namespace;
  readonly noc: Namespace;
  readonly frrDirectory: string;
}

/** Builds all but the VRF and the daemons. */
export function createNetwork(): VrfNetwork {
  const lab = createLab();
  try {
    const [router, gateway, peer] = [
      lab.namespace('router', { forwarding: true }),
      lab.namespace('gateway', { forwarding: true }),
      lab.namespace('peer', { forwarding: true }),
    ];
    const noc = lab.namespace('noc');
    lab.link(router, 'mgmt0', gateway, 'router0');
    lab.link(router, 'data0', peer, 'router0');
    lab.link(gateway, 'noc0', noc, 'gateway0');
    lab.link(peer, 'noc0', noc, 'peer0');
    // A link that joins or leaves a VRF is taken down and up (vrf.rst); without this its IPv6 addresses would not come back.
    router.sysctls({ 'net.ipv6.conf.all.keep_addr_on_down': 1 });
    address(router, 'mgmt0', 77, 2);
    address(router, 'data0', 78, 2);
    address(gateway, 'router0', 77, 1);
    address(gateway, 'noc0', 79, 1);
    address(peer, 'router0', 78, 1);
    address(peer, 'noc0', 80, 1);
    address(noc, 'gateway0', 79, 9);
    address(noc, 'peer0', 80, 9);
    for (const family of FAMILIES) {
      noc.ip(`address add ${NOC[family]}/${familyBits(family)} dev lo`);
      gateway.ip(`route add ${NOC[family]} via ${at(family, 79, 9)}`);
      peer.ip(`route add ${NOC[family]} via ${at(family, 80, 9)}`);
      noc.ip(`route add ${net(family, 77)} via ${at(family, 79, 1)} src ${NOC[family]}`);
      noc.ip(`route add ${net(family, 78)} via ${at(family, 80, 1)} src ${NOC[family]}`);
    }
    return { lab, router, noc, frrDirectory: join(lab.directory, 'frr') };
  } catch (error) {
    lab.closeNow();
    throw error;
  }
}

function at(family: Family, subnet: number, host: number): string {
  return family === 'inet' ? `10.${subnet}.0.${host}` : `2001:db8:${subnet}::${host}`;
}

function net(family: Family, subnet: number): string {
  return family === 'inet' ? `10.${subnet}.0.0/24` : `2001:db8:${subnet}::/64`;
}

function address(host: Namespace, link: string, subnet: number, number: number): void {
  host.ip(`address add ${at('inet', subnet, number)}/24 dev ${link}`);
  host.ip(`address add ${at('inet6', subnet, number)}/64 dev ${link} nodad`);
}

/** A VRF device, up, whose table ends in `unreachable default`. */
export function addVrf({ router }: VrfNetwork, name: string, table: number): void {
  router.ipBatch([
    `link add ${name} type vrf table ${table}`,
    `link set ${name} up`,
    `route add table ${table} unreachable 0.0.0.0/0 metric ${UNREACHABLE_METRIC}`,
    `route add table ${table} unreachable ::/0 metric ${UNREACHABLE_METRIC}`,
  ]);
}

/** The agent's routes and rules of both families, one line each, sorted. */
export function owned({ router }: VrfNetwork): readonly string[] {
  return FAMILIES.flatMap((family) => [
    ...ownRoutes(router, family).map(
      (route) => `${route.dst} via ${route.gateway} dev ${route.dev} table ${route.table} metric ${route.metric}`,
    ),
    ...ownRules(router, family).map((rule) => `${family} rule ${rule.priority} table ${rule.table}`),
  ]).sort();
}

/** {@link owned} with the default routes of both families in one table, and no rule. */
export function defaultsIn(table: number, metric: number): readonly string[] {
  return FAMILIES.map((family) => `default via ${GATEWAY[family]} dev mgmt0 table ${table} metric ${metric}`).sort();
}

/** ENETUNREACH: no route at all. EHOSTUNREACH: a route of type unreachable. */
const NO_ROUTE = /unreachable|No route to host/;

/** The next hop of what is sent to the NOC in the VRF (or, without one, in main), or `none`. */
export function wayToNoc({ router }: VrfNetwork, family: Family, vrf?: string): string {
  const answer = routeGet(router, NOC[family], ...(vrf === undefined ? [] : ['vrf', vrf]));
  return / via (\S+) /.exec(answer)?.[1] ?? (NO_ROUTE.test(answer) ? 'none' : answer);
}

/** Both directions, one packet that is answered each: the NOC to the router's management address, the router to the NOC. */
export function reaches(
  { router, noc }: VrfNetwork,
  family: Family,
  how: 'main' | 'bound to mgmt' | 'ip vrf exec mgmt',
): { readonly fromNoc: boolean; readonly toNoc: boolean } {
  const ping = (host: Namespace, before: readonly string[], after: readonly string[]): boolean =>
    host.tryRun([...before, 'ping', '-n', '-c', '1', '-W', '5', ...after]).status === 0;
  return {
    fromNoc: ping(noc, [], [ROUTER[family]]),
    toNoc: ping(router, how === 'ip vrf exec mgmt' ? how.split(' ') : [], [
      ...(how === 'bound to mgmt' ? ['-I', 'mgmt'] : []),
      NOC[family],
    ]),
  };
}
