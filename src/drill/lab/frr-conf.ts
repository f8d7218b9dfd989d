/**
 * The configuration text for the FRR daemons of a laboratory. Timers are as short as FRR allows,
 * because a test waits for them. There is no policy, because a laboratory filters nothing.
 */

import type { Address, Family } from '../../model/address.js';
import { familyOf } from '../../model/address.js';

interface BgpNeighbour {
  readonly address: Address;
  readonly asn: number;
  /** Announce a default route to this neighbour; false by default. */
  readonly defaultOriginate?: boolean;
}

interface BgpOptions {
  readonly asn: number;
  readonly routerId: Address;
  readonly neighbours: readonly BgpNeighbour[];
  /** The prefixes to announce, whether they are in the FIB or not. */
  readonly networks?: readonly string[];
  /** `redistribute WHAT` in both address families. */
  readonly redistribute?: readonly string[];
}

/** zebra's default configuration with more lines. */
export function zebraConfig(lines: readonly string[] = []): string {
  return ['hostname lab', ...lines].join('\n');
}

/**
 * bgpd's configuration for one speaker. Each neighbour is activated for the family of its address.
 */
export function bgpConfig(options: BgpOptions): string {
  return [
    `router bgp ${options.asn}`,
    ` bgp router-id ${options.routerId}`,
    ' no bgp default ipv4-unicast',
    ' no bgp ebgp-requires-policy',
    ' no bgp network import-check',
    ' timers bgp 1 3',
    ...options.neighbours.flatMap(bgpNeighbour),
    ...addressFamily('inet', options),
    ...addressFamily('inet6', options),
    'exit',
  ].join('\n');
}

/** The lines of one neighbour outside of its address family. */
function bgpNeighbour(neighbour: BgpNeighbour): readonly string[] {
  const name = ` neighbor ${neighbour.address}`;
  return [`${name} remote-as ${neighbour.asn}`, `${name} timers connect 1`, `${name} advertisement-interval 0`];
}

function addressFamily(family: Family, options: BgpOptions): readonly string[] {
  const networks = (options.networks ?? []).filter((network) => (network.includes(':') ? 'inet6' : 'inet') === family);
  const neighbours = options.neighbours.filter((neighbour) => familyOf(neighbour.address) === family);
  return [
    ` address-family ${family === 'inet' ? 'ipv4' : 'ipv6'} unicast`,
    ...networks.map((network) => `  network ${network}`),
    ...(options.redistribute ?? []).map((what) => `  redistribute ${what}`),
    ...neighbours.flatMap(({ address, defaultOriginate }) => [
      `  neighbor ${address} activate`,
      ...(defaultOriginate === true ? [`  neighbor ${address} default-originate`] : []),
    ]),
    ' exit-address-family',
  ];
}
