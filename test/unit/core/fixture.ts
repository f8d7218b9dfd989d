/**
 * What the tests of the core share: configurations, a small world of two interfaces in the fake kernel, and random
 * values from small pools, so that prefixes nest, collide and tie.
 */

import fc from 'fast-check';
import { DEFAULTS } from '../../../src/config/settings.js';
import { type Address, addressBytes, addressFromBytes, type Family, familyBits } from '../../../src/model/address.js';
import type { BackupRouter, Config, ManagementInterface, RoleSource } from '../../../src/model/config.js';
import type { Link } from '../../../src/model/link.js';
import { type Prefix, prefix } from '../../../src/model/prefix.js';
import { type Route, type Rule, TABLE_MAIN } from '../../../src/model/route.js';
import { FakeKernel } from '../../fake/kernel.js';

export const GATEWAYS: Readonly<Record<Family, readonly [Address, Address]>> = {
  inet: ['10.255.0.1', '10.255.0.3'],
  inet6: ['2001:db8:255::1', '2001:db8:255::3'],
};
/** Next hops on mgmt0 and data0 that belong to others. */
export const STRANGERS: Readonly<Record<Family, { readonly mgmt0: Address; readonly data0: Address }>> = {
  inet: { mgmt0: '10.255.0.9', data0: '198.51.100.1' },
  inet6: { mgmt0: '2001:db8:255::9', data0: '2001:db8:100::1' },
};

export const PRIMARY: RoleSource = { kind: 'fixed', role: 'primary' };
/** What the role source says of it. */
export const PRIMARY_STATE = { role: 'primary', reason: 'configured' } as const;

export function config(change: Partial<Config> = {}): Config {
  return {
    ...DEFAULTS,
    role: PRIMARY,
    managementInterfaces: [management('mgmt0', router('inet', [prefix('0.0.0.0', 0)]))],
    ...change,
  };
}

export function management(name: string, ...backupRouters: readonly BackupRouter[]): ManagementInterface {
  return { selector: { kind: 'name', name }, backupRouters };
}

export function router(family: Family, destinations: readonly Prefix[]): BackupRouter {
  return { family, gateways: GATEWAYS[family], auto: undefined, destinations };
}

/** A link that is up. */
export function linkOf(index: number, name: string, change: Partial<Link> = {}): Link {
  return {
    index,
    name,
    altNames: [],
    mac: undefined,
    up: true,
    carrier: true,
    master: undefined,
    kind: undefined,
    vrfTable: undefined,
    ...change,
  };
}

/** A static default route in main, through link 3. */
export const STATIC_DEFAULT: Route = {
  family: 'inet',
  table: TABLE_MAIN,
  destination: prefix('0.0.0.0', 0),
  metric: 20,
  tos: 0,
  protocol: 4,
  type: 'unicast',
  nexthops: [{ gateway: STRANGERS.inet.data0, interfaceIndex: 3, dead: false }],
};

/** The rules that every network namespace begins with. */
export const FIRST_RULES: readonly Rule[] = new FakeKernel().fib.rules;

/** mgmt0 and data0, up, with an address of each family. */
export function twoInterfaces(): FakeKernel {
  const kernel = new FakeKernel();
  for (const [name, inet, inet6] of [
    ['mgmt0', '10.255.0.2/24', '2001:db8:255::2/64'],
    ['data0', '198.51.100.2/24', '2001:db8:100::2/64'],
  ] as const) {
    kernel.linkAdd(name, { up: true });
    kernel.addressAdd(name, inet);
    kernel.addressAdd(name, inet6);
  }
  return kernel;
}

const LENGTHS: Readonly<Record<Family, readonly number[]>> = {
  inet: [0, 1, 7, 8, 9, 16, 24, 31, 32],
  inet6: [0, 1, 32, 33, 40, 64, 127, 128],
};
const ADDRESSES: Readonly<Record<Family, readonly Address[]>> = {
  inet: ['10.0.0.0', '10.1.0.0', '10.1.2.0', '10.1.2.3', '11.0.0.0', '172.16.0.0', '203.0.113.255'],
  inet6: ['2001:db8::', '2001:db8:4000::', '2001:db8:4000:1::', '2001:db8:4000:1::7', '2001:db9::', '3fff::1'],
};

export function prefixes(family: Family): fc.Arbitrary<Prefix> {
  return fc
    .tuple(fc.constantFrom(...ADDRESSES[family]), fc.constantFrom(...LENGTHS[family]))
    .map(([address, length]) => prefix(address, length));
}

export const families: fc.Arbitrary<Family> = fc.constantFrom('inet', 'inet6');

/** Addresses that tell prefixes apart: the first and last of each, and their neighbours outside. */
export function edges(all: readonly Prefix[]): readonly Address[] {
  const found = new Set<Address>();
  for (const { family, address, length } of all) {
    const bits = familyBits(family);
    const first = toInteger(address);
    const last = first + (1n << BigInt(bits - length)) - 1n;
    for (const value of [first - 1n, first, first + 1n, (first + last) / 2n, last, last + 1n]) {
      if (value >= 0n && value < 1n << BigInt(bits)) found.add(toAddress(value, family));
    }
  }
  return [...found];
}

function toInteger(address: Address): bigint {
  return addressBytes(address).reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
}

function toAddress(value: bigint, family: Family): Address {
  const bytes = new Uint8Array(familyBits(family) / 8);
  for (let i = bytes.length - 1, rest = value; i >= 0; i--, rest >>= 8n) bytes[i] = Number(rest & 0xffn);
  return addressFromBytes(bytes);
}
