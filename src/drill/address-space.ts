/**
 * Chooses addresses for the laboratory of a drill that do not collide with the user's
 * configuration. Pure.
 *
 * It has the arithmetic inside prefixes, the pools, and the subnets of the gateways. What the
 * addresses are used for is in network-plan.ts.
 */

import { type Address, addressBytes, addressFromBytes, type Family, familyBits, familyOf } from '../model/address.js';
import { containsAddress, containsPrefix, type Prefix, parsePrefix, prefix } from '../model/prefix.js';

/**
 * Ranges for benchmarks (RFC 2544, RFC 5180) first, then others that are seldom routed; a /16 or
 * /48 each.
 */
const POOLS: Readonly<Record<Family, readonly string[]>> = {
  inet: ['198.18.0.0/16', '198.19.0.0/16', '100.127.0.0/16', '10.254.0.0/16', '172.31.0.0/16'],
  inet6: ['2001:2::/48', '2001:db8:ffff::/48', 'fdb0:c4a9:d811::/48', 'fdd1:77e0:5a02::/48'],
};

/** The longest and the shortest prefix length of a subnet for a group of gateways. */
const SUBNET: Readonly<Record<Family, readonly [longest: number, shortest: number]>> = {
  inet: [29, 24],
  inet6: [64, 64],
};

/** The address at an offset from the first address of the prefix. */
export function nth(p: Prefix, offset: bigint): Address {
  const bytes = addressBytes(p.address);
  let value = bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n) + offset;
  for (let i = bytes.length - 1; i >= 0; i--, value >>= 8n) bytes[i] = Number(value & 0xffn);
  return addressFromBytes(bytes);
}

/** The number of addresses in the prefix. */
function sizeOf(p: Prefix): bigint {
  return 1n << BigInt(familyBits(p.family) - p.length);
}

function overlaps(a: Prefix, b: Prefix): boolean {
  return containsPrefix(a, b) || containsPrefix(b, a);
}

/**
 * A pool that overlaps no prefix except default routes. If there is none, a pool that overlaps
 * only shorter prefixes, which longest-prefix match makes harmless.
 */
export function choosePool(family: Family, taken: readonly Prefix[]): Prefix {
  const pools = POOLS[family].map((text) => parsePrefix(text)!);
  const free = (least: number): Prefix | undefined =>
    pools.find((pool) => !taken.some((p) => p.length >= least && overlaps(pool, p)));
  return free(1) ?? free(pools[0]!.length) ?? pools[0]!;
}

/**
 * Subnet `index` of a pool, for the laboratory's own links: a /30 in a /24 of its own (inet), or a
 * /64.
 */
export function infrastructure(pool: Prefix, index: number): Prefix {
  return pool.family === 'inet'
    ? prefix(nth(pool, BigInt(index) << 8n), 30)
    : prefix(nth(pool, BigInt(index) << 64n), 64);
}

/** Like {@link infrastructure}, with room for more hosts: a /24 (inet) or a /64. */
export function spacious(pool: Prefix, index: number): Prefix {
  return pool.family === 'inet' ? prefix(nth(pool, BigInt(index) << 8n), 24) : infrastructure(pool, index);
}

/** The smallest subnets that contain the gateways and have room for one more host each. */
export function gatewaySubnets(gateways: readonly Address[]): readonly Prefix[] {
  const subnets: Prefix[] = [];
  for (const gateway of gateways) {
    const [longest, shortest] = SUBNET[familyOf(gateway)];
    if (subnets.some((subnet) => containsAddress(subnet, gateway))) continue;
    const near = gateways.filter(
      (other) => familyOf(other) === familyOf(gateway) && containsAddress(prefix(gateway, shortest), other),
    );
    let length = longest;
    while (
      length > shortest &&
      !(
        near.every((other) => containsAddress(prefix(gateway, length), other)) &&
        freeHost(prefix(gateway, length), near) !== undefined
      )
    )
      length--;
    subnets.push(prefix(gateway, length));
  }
  return subnets;
}

/**
 * A free host address of the subnet, neither network nor broadcast address; undefined if there is
 * none.
 */
export function freeHost(subnet: Prefix, taken: readonly Address[]): Address | undefined {
  const hosts = sizeOf(subnet) - 2n;
  for (let i = 0n; i < hosts && i < 512n; i++) {
    const address = nth(subnet, (subnet.family === 'inet' ? 1n : 2n) + i);
    if (!taken.includes(address)) return address;
  }
  return undefined;
}

/**
 * Addresses in a destination that the far side could use, likely ones first. Addresses that no
 * host may have are left out.
 */
export function candidates(destination: Prefix): readonly Address[] {
  const size = sizeOf(destination);
  const offsets =
    size === 1n
      ? [0n]
      : size === 2n
        ? [0n, 1n]
        : [10n, 1n, size - 2n, ...Array.from({ length: 63 }, (_, i) => (size * BigInt(i + 1)) / 64n + 10n)];
  return offsets
    .filter((offset) => offset < size)
    .map((offset) => nth(destination, offset))
    .filter(isHost);
}

/** Whether a host may have this as a global address. */
function isHost(address: Address): boolean {
  const [first = 0, second = 0] = addressBytes(address);
  if (familyOf(address) === 'inet6') return (first & 0xe0) === 0x20 || (first & 0xfe) === 0xfc;
  return first !== 0 && first !== 127 && first < 224 && !(first === 169 && second === 254);
}
