/**
 * What several checks need from the configuration and the kernel together: each management
 * interface with its link, each gateway with its backup router, whether the backup routes share a
 * table with the routing daemon, which daemons are watched. Pure.
 */

import { imagine, phaseIn } from '../core/explain/scenes.js';
import { linkOf, realmOf } from '../core/management.js';
import type { SeenWorld } from '../core/state.js';
import type { Address } from '../model/address.js';
import type { BackupRouter, FrrDaemons, ManagementInterface } from '../model/config.js';
import { selectorText } from '../model/config.js';
import type { Link } from '../model/link.js';
import type { Nexthop, Route } from '../model/route.js';
import { namesOf, routeText } from '../model/route-text.js';
import { gatewaysOf } from './gateways.js';
import type { Host, KernelEvidence } from './host.js';

export interface Managed {
  readonly management: ManagementInterface;
  /** As configured. */
  readonly name: string;
  readonly link: Link | undefined;
}

export function managed(host: Host, kernel: KernelEvidence): readonly Managed[] {
  return host.config.managementInterfaces.map((management) => ({
    management,
    name: selectorText(management.selector),
    link: linkOf(management.selector, kernel.snapshot),
  }));
}

export interface ManagedGateway {
  readonly link: Link;
  readonly router: BackupRouter;
  readonly gateway: Address;
}

/** Every gateway on an interface that exists. */
export function managedGateways(host: Host, kernel: KernelEvidence): readonly ManagedGateway[] {
  return managed(host, kernel).flatMap(({ management, link }) =>
    link === undefined
      ? []
      : management.backupRouters.flatMap((router) =>
          gatewaysOf(router, link, kernel.snapshot).map((gateway) => ({ link, router, gateway })),
        ),
  );
}

/**
 * Whether backup routes are in a table that the routing daemon reads: the main table or a VRF's.
 */
export function sharesTable(host: Host, kernel: KernelEvidence): boolean {
  return (
    host.config.placement !== 'local' ||
    managed(host, kernel).some(({ link }) => realmOf(link, kernel.snapshot).vrf !== undefined)
  );
}

export function frrDaemons(host: Host): readonly FrrDaemons[] {
  return host.config.routingDaemons.filter((daemon): daemon is FrrDaemons => daemon.kind === 'frr');
}

export function nameOf(kernel: KernelEvidence): (index: number) => string | undefined {
  return namesOf(kernel.snapshot.links);
}

/**
 * The world as it would be if every routing daemon died now. The agent's own functions then
 * compute what the agent would do.
 */
export function allDead({ config, watched }: Host, { snapshot }: KernelEvidence): SeenWorld {
  return imagine({ config, watched, former: undefined, adopted: [], snapshot }, snapshot, 'down', phaseIn('down'))
    .world;
}

/** The route as `ip route` prints it, with interface names. */
export function shown(kernel: KernelEvidence, route: Route): string {
  return `${route.family === 'inet6' ? '-6 ' : ''}${routeText(route, nameOf(kernel))}`;
}

export function leavesBy(route: Route, link: Link | undefined): boolean {
  return link !== undefined && route.nexthops.some((hop: Nexthop) => hop.interfaceIndex === link.index);
}

/** `ip` or `ip -6`. */
export function ip(family: 'inet' | 'inet6'): string {
  return family === 'inet' ? 'ip' : 'ip -6';
}
