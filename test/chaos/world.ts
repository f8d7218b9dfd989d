/**
 * The network of a storm: the standard laboratory, and a twin of its router with the same links,
 * addresses, routes and rules, but without an agent. Every change of foreign state is made in
 * both, so that the kernel itself shows what the state should be.
 */

import type { Namespace } from '../../src/drill/lab/namespace.js';
import { STANDARD, type StandardLab, standardLab } from '../lab/standard.js';
import { SECOND } from './variants.js';

export interface World {
  readonly std: StandardLab;
  readonly router: Namespace;
  readonly twin: Namespace;
  /** The namespace with the other ends of the twin's links. */
  readonly void: Namespace;
  /** The ports by name, with what is needed to create them again. */
  readonly ports: Readonly<Record<'mgmt0' | 'data0', Port>>;
}

export interface Port {
  readonly name: string;
  readonly mac: string;
  readonly addresses: readonly string[];
  /** The namespace of the far end. */
  readonly far: Namespace;
  readonly farName: string;
  readonly farAddresses: readonly string[];
  /** The routes of the far end, which go with the link. */
  readonly farRoutes: readonly string[];
}

/** An input port for lookups of packets from another host. No action ever touches it. */
export const AUX = { name: 'aux0', inet: '10.9.9.1', inet6: '2001:db8:9::1' } as const;
/** The host behind it, which is the source of those lookups. */
export const STRANGER = { inet: '10.9.9.2', inet6: '2001:db8:9::2' } as const;

const { inet, inet6 } = STANDARD;

export function buildWorld(): World {
  const std = standardLab();
  const { lab, router, gw, peer } = std;
  const twin = lab.namespace('twin', { forwarding: true });
  const nowhere = lab.namespace('void', { forwarding: true });
  const world: World = {
    std,
    router,
    twin,
    void: nowhere,
    ports: {
      mgmt0: {
        name: 'mgmt0',
        mac: '02:00:00:00:00:01',
        addresses: [`${inet.mgmt}/24`, `${inet6.mgmt}/64`],
        far: gw,
        farName: 'router0',
        farAddresses: [
          `${inet.gateway}/24`,
          `${SECOND.inet}/24`,
          `${inet6.gateway}/64`,
          `${inet6.gatewayLinkLocal}/64`,
          `${SECOND.inet6}/64`,
        ],
        farRoutes: [],
      },
      data0: {
        name: 'data0',
        mac: '02:00:00:00:00:02',
        addresses: [`${inet.data}/24`, `${inet6.data}/64`],
        far: peer,
        farName: 'router0',
        farAddresses: [`${inet.peer}/24`, `${inet6.peer}/64`],
        farRoutes: [`${inet.transitPrefix} via ${inet.data}`, `${inet6.transitPrefix} via ${inet6.data}`],
      },
    },
  };
  // Otherwise interfaces would lose their IPv6 addresses with the carrier, the far ends, too.
  for (const host of [router, twin, gw, peer])
    host.sysctls({ 'net.ipv6.conf.all.keep_addr_on_down': 1, 'net.ipv6.conf.default.keep_addr_on_down': 1 });
  for (const host of [router, twin]) {
    lab.link(host, AUX.name, nowhere, `${host.label}-aux`, { up: false });
    host.ip(`link set ${AUX.name} address 02:00:00:00:00:09 up`);
    nowhere.ip(`link set ${host.label}-aux up`);
    host.ip(`addr add ${AUX.inet}/24 dev ${AUX.name}`);
    host.ip(`addr add ${AUX.inet6}/64 dev ${AUX.name} nodad`);
  }
  twin.ipBatch([`addr add ${inet.loopback}/32 dev lo`, `addr add ${inet6.loopback}/128 dev lo nodad`]);
  for (const port of [world.ports.mgmt0, world.ports.data0]) recreate(world, port);
  return world;
}

/** Deletes the port in both routers and creates it again, with its addresses and routes. */
export function recreate(world: World, port: Port): void {
  for (const [host, far, farName] of [
    [world.router, port.far, port.farName],
    [world.twin, world.void, port.name],
  ] as const) {
    for (const name of [port.name, awayOf(port)]) host.tryRun(['ip', 'link', 'del', name]);
    world.std.lab.link(host, port.name, far, farName, { up: false });
    host.ip(`link set ${port.name} address ${port.mac}`);
    host.ipBatch([
      ...port.addresses.map((address) => `addr add ${address} dev ${port.name}${nodad(address)}`),
      `link set ${port.name} up`,
    ]);
    far.ipBatch([
      ...(far === world.void
        ? []
        : port.farAddresses.map((address) => `addr add ${address} dev ${farName}${nodad(address)}`)),
      `link set ${farName} up`,
      ...(far === world.void ? [] : port.farRoutes.map((route) => `route replace ${route}`)),
    ]);
  }
}

/** The name of the port while it is renamed. */
export function awayOf(port: Port): string {
  return `${port.name}x`;
}

export function nodad(address: string): string {
  return address.includes(':') ? ' nodad' : '';
}

/** Runs ip commands in both routers. A failed command does not end the batch. */
export function both(world: World, lines: readonly string[]): void {
  for (const host of [world.router, world.twin]) batch(host, lines);
}

/** Like {@link Namespace.ipBatch}, but failed commands are ignored. */
export function batch(host: Namespace, lines: readonly string[]): void {
  host.tryRun(['ip', '-force', '-batch', '-'], { input: `${lines.join('\n')}\n` });
}
