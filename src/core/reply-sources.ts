/** The addresses of management interfaces whose packets symmetric replies are about. Pure. */

import { remembered } from '../fib/remembered.js';
import { type Address, type Family, familyBits, isLinkLocal } from '../model/address.js';
import { type Config, replying } from '../model/config.js';
import type { InterfaceAddress, Link } from '../model/link.js';
import { type Prefix, prefix } from '../model/prefix.js';
import type { Snapshot } from '../model/snapshot.js';
import { linkOf, realmOf } from './management.js';

/** The addresses of the link that packets can leave it from. */
export function sourcesOn({ addresses }: Snapshot, { index }: Link, family: Family): readonly Address[] {
  const own = addresses.filter(
    (one) => one.interfaceIndex === index && one.family === family && !one.tentative && !isLinkLocal(one.address),
  );
  return [...new Set(own.map(({ address }) => address))].sort();
}

/**
 * All of them, as prefixes of full length. Foreign rules for these may take the replies, so their
 * tables are read (views.ts). Of an interface in a VRF: none.
 */
export const replySources = remembered((config: Config) =>
  remembered((snapshot: Snapshot): readonly Prefix[] =>
    config.managementInterfaces.flatMap(({ selector, backupRouters }) => {
      const families = replying(backupRouters);
      const link = families.length === 0 ? undefined : linkOf(selector, snapshot);
      if (link === undefined || realmOf(link, snapshot).vrf !== undefined) return [];
      return families.flatMap((family) =>
        sourcesOn(snapshot, link, family).map((address) => prefix(address, familyBits(family))),
      );
    }),
  ),
);

/**
 * Addresses without a prefix, as DHCPv6 assigns them. Only a route of main tells which prefix of
 * the interface they are in, so the routes that contain them are read whatever their length.
 */
export function loneAddresses({ managementInterfaces }: Config, snapshot: Snapshot): readonly Address[] {
  return managementInterfaces.flatMap(({ selector, backupRouters }) => {
    const index = linkOf(selector, snapshot)?.index;
    const families = replying(backupRouters);
    const alone = ({ peer, length, family }: InterfaceAddress): boolean =>
      peer === undefined && length === familyBits(family);
    return snapshot.addresses
      .filter((one) => one.interfaceIndex === index && families.includes(one.family) && alone(one))
      .map(({ address }) => address);
  });
}
