/**
 * Plans the network of a drill from the user's management interfaces: ports with the same names,
 * gateways with the same addresses, and a far side that sends requests from an address inside each
 * destination. Pure.
 *
 *        far ---- gw0 ---- eth0   router   data0 ---- peer ---- far
 *          \----- gw1 ---- eth1  /
 *
 * The router's own addresses are not in a configuration, so they are chosen beside the gateways.
 * Requests arrive through the gateway of the probed port. The answers follow the router's FIB:
 * back by a gateway, or by the data port and the peer.
 */

import { type Address, FAMILIES, type Family, familyBits, isLinkLocal } from '../model/address.js';
import type { BackupRouter, Config, ManagementInterface } from '../model/config.js';
import { containsAddress, containsPrefix, type Prefix, prefixText, samePrefix } from '../model/prefix.js';
import { candidates, choosePool, freeHost, gatewaySubnets, infrastructure, nth, spacious } from './address-space.js';
import type { NetworkPlan, PortPlan, ProbePlan } from './protocol.js';

/** IFNAMSIZ without its terminating zero (linux/if.h). */
const DEVICE_BYTES = 15;

/**
 * The numbers of the subnets of a pool. UPLINK and LEASED are the numbers for port 0; the others
 * follow.
 */
const UPLINK = 0;
const LEASED = 100;
const DATA = 50;
const PEER_UPLINK = 51;
const FAR = 200;

interface PlannedNetwork {
  readonly network: NetworkPlan;
  /** Destinations without a free address for the far side. */
  readonly unprobed: readonly string[];
}

/** Plans the network. The destinations of the configuration must have been sampled (adapt.ts). */
export function planNetwork(config: Config): PlannedNetwork {
  const destinations = config.managementInterfaces.flatMap(({ backupRouters }) =>
    backupRouters.flatMap((router) => router.destinations),
  );
  const subnets = config.managementInterfaces.flatMap(({ backupRouters }) =>
    gatewaySubnets(backupRouters.flatMap((router) => router.gateways.filter((gateway) => !isLinkLocal(gateway)))),
  );
  const pools: Readonly<Record<Family, Prefix>> = {
    inet: choosePool('inet', [...destinations, ...subnets]),
    inet6: choosePool('inet6', [...destinations, ...subnets]),
  };
  const used = config.managementInterfaces.flatMap(({ backupRouters }) =>
    backupRouters.flatMap((router) => router.gateways),
  );
  const ports = config.managementInterfaces.map((management, i) => planPort(management, i, pools, used));
  const linkSubnets = [
    ...subnets,
    ...FAMILIES.flatMap((family) =>
      Array.from({ length: PEER_UPLINK + 1 }, (_, i) => infrastructure(pools[family], UPLINK + i)).concat(
        config.managementInterfaces.map((_, i) => spacious(pools[family], LEASED + i)),
      ),
    ),
  ];
  const probes: ProbePlan[] = [];
  const unprobed: string[] = [];
  config.managementInterfaces.forEach(({ backupRouters }, port) => {
    for (const { family, destinations: mine } of backupRouters) {
      const target = ports[port]!.own.map(withoutLength).find(
        (address) => (address.includes(':') ? 'inet6' : 'inet') === family,
      )!;
      for (const destination of mine) {
        const known = probes.find((probe) => probe.destination === prefixText(destination));
        const source =
          known?.source ??
          farAddress(destination, destinations, linkSubnets, pools[family], [
            ...used,
            ...probes.map((probe) => probe.source),
          ]);
        if (source === undefined) unprobed.push(prefixText(destination));
        else probes.push({ port, family, destination: prefixText(destination), source, target });
      }
    }
  });
  const names = new Set(ports.map((port) => port.device));
  return {
    network: {
      ports,
      dataDevice: ['data0', 'data1', 'data2', 'data3', 'data4'].find((name) => !names.has(name))!,
      data: FAMILIES.map((family) => ({
        router: host(pools[family], DATA, 2n),
        peer: host(pools[family], DATA, 1n),
      })),
      peerUplink: FAMILIES.map((family) => ({
        peer: host(pools[family], PEER_UPLINK, 1n),
        far: host(pools[family], PEER_UPLINK, 2n),
      })),
      announced: [...new Set(destinations.map(prefixText))],
      probes,
    },
    unprobed,
  };
}

function planPort(
  { selector, backupRouters }: ManagementInterface,
  i: number,
  pools: Readonly<Record<Family, Prefix>>,
  used: Address[],
): PortPlan {
  const own: string[] = [];
  const gateways: string[] = [];
  const leased: Address[] = [];
  for (const router of backupRouters) {
    for (const gateway of router.gateways.filter(isLinkLocal)) gateways.push(`${gateway}/64`);
    for (const subnet of subnetsOf(router, i, pools)) {
      const inside = router.gateways.filter((gateway) => !isLinkLocal(gateway) && containsAddress(subnet, gateway));
      // The subnet has no configured gateway: the gateway is leased, or has only a link-local
      // address and needs one that can be routed.
      const gatewayAddresses = inside.length > 0 ? inside : [nth(subnet, 1n)];
      if (router.auto !== undefined) leased.push(...gatewayAddresses);
      used.push(...gatewayAddresses);
      const address = freeHost(subnet, used)!;
      used.push(address);
      own.push(`${address}/${subnet.length}`);
      gateways.push(...gatewayAddresses.map((gateway) => `${gateway}/${subnet.length}`));
    }
  }
  const name = selector.kind === 'name' ? selector.name : `mgmt${i}`;
  const fits = Buffer.byteLength(name) <= DEVICE_BYTES;
  return {
    device: fits ? name : `mgmt${i}`,
    altName: fits ? undefined : name,
    mac: selector.kind === 'mac' ? selector.mac : undefined,
    own,
    gateways,
    leased,
    uplink: FAMILIES.map((family) => ({
      gateway: host(pools[family], UPLINK + i, 1n),
      far: host(pools[family], UPLINK + i, 2n),
    })),
  };
}

/**
 * The on-link subnets of a backup router: those of its gateways, or one of the pool if it has
 * none.
 */
function subnetsOf(router: BackupRouter, i: number, pools: Readonly<Record<Family, Prefix>>): readonly Prefix[] {
  const subnets = gatewaySubnets(router.gateways.filter((gateway) => !isLinkLocal(gateway)));
  return subnets.length > 0 ? subnets : [spacious(pools[router.family], LEASED + i)];
}

/**
 * An address of the destination that is in no longer destination, in no link's subnet and unused.
 */
function farAddress(
  destination: Prefix,
  all: readonly Prefix[],
  links: readonly Prefix[],
  pool: Prefix,
  used: readonly Address[],
): Address | undefined {
  const longer = all.filter((other) => !samePrefix(other, destination) && containsPrefix(destination, other));
  const first = destination.length === 0 ? candidates(spacious(pool, FAR)) : [];
  // An address on a link is reached directly, whatever the destination.
  return [...first, ...candidates(destination)].find(
    (address) => !used.includes(address) && ![...longer, ...links].some((p) => containsAddress(p, address)),
  );
}

function host(pool: Prefix, index: number, offset: bigint): string {
  const subnet = infrastructure(pool, index);
  return `${nth(subnet, offset)}/${subnet.length}`;
}

/** `10.0.0.2` of `10.0.0.2/29`. */
export function withoutLength(text: string): Address {
  return text.slice(0, text.indexOf('/'));
}

/** `10.0.0.2/32`, `2001:db8::1/128`. */
export function hostRoute(address: Address): string {
  return `${address}/${familyBits(address.includes(':') ? 'inet6' : 'inet')}`;
}
