/**
 * The network of a storm: the standard laboratory, and a twin of its router that has the same links, addresses, routes and rules and
 * no agent. Whatever is done to foreign state is done to both, so that the kernel itself says what it should be.
 */

import type { Namespace } from '../../src/drill/lab/namespace.js';
import { STANDARD, type StandardLab, standardLab } from '../lab/standard.js';
import { SECOND } from './variants.js';

export interface World {
  readonly std: StandardLab;
  readonly router: Namespace;
  readonly twin: Namespace;
  /** Where the other ends of the twin's links are. */
  readonly void: Namespace;
  /** Ports by name, with what is needed to make them again. */
  readonly ports: Readonly<Record<'mgmt0' | 'data0', Port>>;
}

export interface Port {
  readonly name: string;
  readonly mac: string;
  readonly addresses: readonly string[];
  /** The far end, and its addresses. */
  readonly far: Namespace;
  readonly farName: string;
  readonly farAddresses: readonly string[];
  /** Routes of the far end that go with the link. */
  readonly farRoutes: readonly string[];
}

/** A way in for lookups as a stranger's packets have them: nothing is ever done to it. */
export const AUX = { name: 'aux0', inet: '10.9.9.1', inet6: '2001:db8:9::1' } as const;
/** Who asks there. */
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
  // Without it, what is addressed would lose its IPv6 addresses with its carrier, far ends too.
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

/** Both routers' port is deleted and made again, with everything that went with it. */
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

/** Its name while it is renamed. */
export function awayOf(port: Port): string {
  return `${port.name}x`;
}

export function nodad(address: string): string {
  return address.includes(':') ? ' nodad' : '';
}

/** Runs ip's commands in both routers, each whatever became of the one before. */
export function both(world: World, lines: readonly string[]): void {
  for (const host of [world.router, world.twin]) batch(host, lines);
}

/** As {@link Namespace.ipBatch}; what fails is passed over. */
export function batch(host: Namespace, lines: readonly string[]): void {
  host.tryRun(['ip', '-force', '-batch', '-'], { input: `${lines.join('\n')}\n` });
}
